/**
 * Tells the outage of a channel from the failure of an alert.
 *
 * Guarantees: while the channel takes nothing, alerts wait without using up attempts. One of them is tried every now and
 * then, after pauses that grow to a quarter of a minute; when it gets through the others follow. An alert has failed for
 * good only when the channel refuses it, or took one that was sent after this one's first failure while all attempts at this
 * one failed. What other processes see of the channel is not known here: each of them finds out for itself.
 */
import { type Cause, Duration, Effect, Exit, Schedule, type Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import type { Receipt } from "../domain/Alert.ts"
import type { TriggerId } from "../domain/Trigger.ts"
import { makeOutage } from "../health/Outage.ts"
import { aroundBySteadyClock, bySteadyClock, steadyMillis } from "../health/steady.ts"
import { JobFailure } from "../queue/JobFailure.ts"
import type { ChannelError } from "./AlertChannel.ts"

/** After how many failures in a row, of one alert or another, the channel counts as out. */
const trippedBy = 3

/** The pauses between two probes: 2, 4, 8 and 16 s, and 16 s from then on. */
const pauses = Schedule.exponential("2 seconds").pipe(Schedule.upTo({ times: 4 }))

/** The longest pause before an alert is tried again that alone has failed. */
const longestPause = Duration.seconds(16)

/** How long alerts rest that meet a probe under way. */
const whileProbing = Duration.millis(500)

/** How soon an alert is tried again that has failed as a probe twice in a row: another one goes first. */
const afterAnother = Duration.seconds(1)

/** Failing alerts that are remembered. */
const mostFailing = 10_000

/** A failing alert. */
interface Failing {
  /** How many sends had begun when it first failed. */
  readonly since: number
  /** Failures that were not counted although the channel was not known to be out. */
  uncounted: number
}

/** One attempt at an alert. */
export interface BreakerAttempt {
  readonly triggerId: TriggerId
  /** Whether a failure that counts is the alert's last. */
  readonly isLast: boolean
}

export interface ChannelBreaker {
  /**
   * Sends, unless the channel is known to be out. Its failure says what becomes of the alert: `retry` for an attempt that
   * counts, `give-up` when it has failed for good, and otherwise when to try again.
   */
  readonly send: (
    attempt: BreakerAttempt,
    send: Effect.Effect<Receipt, ChannelError>
  ) => Effect.Effect<Receipt, JobFailure>
  /** Since when the channel takes nothing, by the clock of the program in milliseconds; undefined while it takes alerts. */
  readonly outSince: () => number | undefined
  /** Nothing more is asked of this alert. */
  readonly forget: (id: TriggerId) => void
}

const failureOf = <A>(exit: Exit.Exit<A, ChannelError>): ChannelError | undefined =>
  Exit.isFailure(exit)
    ? exit.cause.reasons.find((reason): reason is Cause.Fail<ChannelError> => reason._tag === "Fail")?.error
    : undefined

/** Whether the channel has answered for good, which tells that it works. */
const isFinal = ({ reason }: ChannelError): boolean => reason === "refused" || reason === "blocked"

export const makeChannelBreaker = Effect.fnUntraced(function* (
  channel: string
): Effect.fn.Return<ChannelBreaker, never, Scope.Scope> {
  const breaker = yield* CircuitBreaker.make({
    tripPolicy: CircuitBreaker.consecutive(trippedBy),
    openDuration: pauses
  }).pipe(Effect.provide(CircuitBreaker.layerStoreMemory()))
  const fields = { channel }
  const outage = makeOutage({
    part: "alerts",
    begins: "the channel takes no alerts: they wait until it does",
    ends: "the channel takes alerts again",
    fields
  })
  const barred = makeOutage({
    part: "alerts",
    level: "Error",
    begins: "the channel takes nothing from us: alerts wait until this is put right",
    ends: "the channel takes alerts again",
    fields
  })
  const failing = new Map<TriggerId, Failing>()
  /** How many sends have begun, and which of those that the channel took began last. */
  let [begun, lastTaken] = [0, 0]
  /** The alert that failed last: when it fails again, that says nothing new of the channel. */
  let lastFailed: TriggerId | undefined

  const remember = (id: TriggerId): Failing => {
    const known = failing.get(id) ?? { since: begun, uncounted: 0 }
    const [oldest] = failing.keys()
    if (!failing.has(id) && failing.size >= mostFailing && oldest !== undefined) failing.delete(oldest)
    failing.set(id, known)
    return known
  }

  const outcomeOf = (id: TriggerId, error: ChannelError | undefined): CircuitBreaker.Outcome => {
    if (error === undefined || isFinal(error)) return CircuitBreaker.success
    if (error.reason === "congested" || error.reason === "rate-limited") return CircuitBreaker.ignored
    const isNews = error.reason === "barred" || id !== lastFailed
    lastFailed = id
    return isNews ? CircuitBreaker.failure() : CircuitBreaker.ignored
  }

  let outSince: number | undefined
  const tell = Effect.fnUntraced(function* ({ message, reason }: ChannelError) {
    outSince ??= yield* steadyMillis
    yield* reason === "barred" ? barred.met(message) : outage.met(message)
  })

  /** Nothing is said of this alert: it waits with the others, or until another one was tried. */
  const whileOut = Effect.fnUntraced(function* (error: ChannelError) {
    const { message, reason } = error
    const state = yield* bySteadyClock(Effect.orDie(breaker.state(channel)))
    if (state._tag === "Closed" && reason !== "barred") return undefined
    yield* tell(error)
    return state._tag === "Open"
      ? new JobFailure({ reason: "rest", message, delay: state.retryAfter })
      : new JobFailure({ reason: "postpone", message, delay: afterAnother })
  })

  const afterFailure = Effect.fnUntraced(function* (error: ChannelError, { isLast, triggerId }: BreakerAttempt) {
    const { message, reason, retryAfter } = error
    const delay = retryAfter === undefined ? {} : { delay: retryAfter }
    if (reason === "congested") return new JobFailure({ reason: "postpone", message, ...delay })
    if (reason === "rate-limited") return new JobFailure({ reason: "wait", message, ...delay })
    if (isFinal(error)) {
      failing.delete(triggerId)
      return new JobFailure({ reason: "give-up", message })
    }
    const known = remember(triggerId)
    const out = yield* whileOut(error)
    if (out !== undefined) return out
    if (!isLast) return new JobFailure({ reason: "retry", message })
    if (lastTaken > known.since) {
      failing.delete(triggerId)
      return new JobFailure({ reason: "give-up", message })
    }
    known.uncounted += 1
    yield* tell(error)
    const pause = Duration.min(Duration.seconds(2 ** (known.uncounted + 1)), longestPause)
    return new JobFailure({ reason: "postpone", message, delay: pause })
  })

  const rejected = ({ reason }: CircuitBreaker.CircuitBreakerError) =>
    new JobFailure({
      reason: "rest",
      message: "the channel takes no alerts",
      delay: reason._tag === "CircuitOpen" ? reason.retryAfter : whileProbing
    })

  return {
    send: (attempt, send) =>
      Effect.suspend(() => {
        begun += 1
        const number = begun
        return send.pipe(
          Effect.tap(() => {
            lastTaken = Math.max(lastTaken, number)
            lastFailed = undefined
            outSince = undefined
            failing.delete(attempt.triggerId)
            return Effect.andThen(outage.over, barred.over)
          })
        )
      }).pipe(
        aroundBySteadyClock(
          breaker.execute({
            key: channel,
            classify: (exit) => outcomeOf(attempt.triggerId, failureOf(exit))
          })
        ),
        Effect.catch((error) =>
          Effect.flatMap(
            error._tag === "ChannelError" ? afterFailure(error, attempt) : Effect.succeed(rejected(error)),
            Effect.fail
          )
        )
      ),
    outSince: () => outSince,
    forget: (id) => void failing.delete(id)
  }
})
