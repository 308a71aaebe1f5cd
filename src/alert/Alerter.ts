/**
 * Sends the alert of one trigger, and records what came of it in the trigger's row.
 *
 * Guarantees: an alert whose receipt is recorded is never sent again, however often its job runs; once a channel took
 * it, later attempts only record, until it is recorded. An alert is marked failed only when the channel refused it, or
 * takes others while every attempt at this one failed. Between a channel's answer and the record or the note of it lies one
 * moment in which a crash makes the alert go out twice: no channel here can be asked whether it has a message already.
 */
import { Clock, Context, DateTime, Duration, Effect, Fiber, Layer, Metric, Option } from "effect"
import { TriggerStore } from "../database/TriggerStore.ts"
import type { Receipt } from "../domain/Alert.ts"
import { alertExpiry } from "../domain/alertExpiry.ts"
import { matchLabel } from "../domain/Match.ts"
import { matchMinuteLabel } from "../domain/Snapshot.ts"
import type { Trigger, TriggerId } from "../domain/Trigger.ts"
import * as metrics from "../health/metrics.ts"
import { steadyMillis } from "../health/steady.ts"
import { JobFailure } from "../queue/JobQueue.ts"
import { AlertChannel, type ChannelError, congestedFor } from "./AlertChannel.ts"
import { AlertTimes } from "./AlertTimes.ts"
import { answered } from "./answered.ts"
import { type ChannelBreaker, makeChannelBreaker } from "./ChannelBreaker.ts"
import { makeLines } from "./Lines.ts"

/** From when on an alert says how late it is. */
const lateAfter = Duration.seconds(30)

/** How long recording a receipt may take before the receipt is noted as well. */
export const noteAfter = Duration.seconds(1)

/** How long noting a receipt may take. */
const noteTimeout = Duration.seconds(2)

/** Owners and reasons that are remembered as told. */
const mostTold = 10_000

/** When a receipt is to be recorded again that the last attempt could not record. */
const recordAgainAfter = Duration.seconds(30)

/** One attempt at an alert. */
export interface AlertAttempt {
  readonly triggerId: TriggerId
  /** Counted from 1. */
  readonly attempt: number
  readonly isLast: boolean
  /** When it is the alert's turn, in milliseconds since 1970: where its destination takes no more it waits until then. */
  readonly turn?: number | undefined
  /** The channel's receipt, if an earlier attempt got one. */
  readonly receipt: Option.Option<Receipt>
  /** Notes the receipt for later attempts, where it is not recorded at once. */
  readonly keep: (receipt: Receipt) => Effect.Effect<void, { readonly message: string }>
  /** Runs the send in its turn: only so many alerts are being sent at a time. Without it the send begins at once. */
  readonly inSlot?: <A>(send: Effect.Effect<A, JobFailure>) => Effect.Effect<A, JobFailure>
}

/** What a failure means for the job: what does not say so itself is worth another attempt. */
const jobFailure = (error: { readonly message: string }): JobFailure =>
  error instanceof JobFailure ? error : new JobFailure({ reason: "retry", message: error.message })

/** How loudly it is told that an alert was not sent yet: what happens to many at a time has a line of its own. */
const notSentYet = { retry: "Warn", wait: "Warn", postpone: "Debug", rest: "Debug" } as const

/** What a failure means for a job that holds a receipt: another attempt, even after the last. */
const untilRecorded =
  ({ isLast }: AlertAttempt) =>
  ({ message }: { readonly message: string }): JobFailure =>
    isLast
      ? new JobFailure({ reason: "postpone", message, delay: recordAgainAfter })
      : new JobFailure({ reason: "retry", message })

/** The receipt of an alert that tells what has become of its trigger so far. */
const telling = ({ outcome }: Trigger, receipt: Receipt): Receipt =>
  outcome === undefined || outcome.revision === 0 ? receipt : { ...receipt, revision: outcome.revision }

const fields = (trigger: Trigger) => ({
  trigger: trigger.id,
  strategy: trigger.strategyName,
  match: matchLabel(trigger.snapshot.match),
  minute: matchMinuteLabel(trigger.snapshot.clock)
})

export class Alerter extends Context.Service<
  Alerter,
  {
    /** Makes one attempt. Its failure says whether and when to make another. */
    readonly alert: (attempt: AlertAttempt) => Effect.Effect<void, JobFailure>
    /** What else goes through the channel asks here, too, whether the channel takes anything. */
    readonly breaker: ChannelBreaker
    /** For how long the channel has taken nothing; zero while it takes alerts. */
    readonly outage: Effect.Effect<Duration.Duration>
  }
>()("touchline/alert/Alerter") {
  /** Through the AlertChannel, recording in the TriggerStore. */
  static readonly layer = Layer.effect(
    Alerter,
    Effect.gen(function* () {
      const channel = yield* AlertChannel
      const triggers = yield* TriggerStore
      const times = yield* AlertTimes
      const breaker = yield* makeChannelBreaker(channel.name)
      const lines = makeLines()
      const asked = answered(channel, times.send)
      /** Before this an alert cannot expire while it is sent, whatever it waits for first. */
      const atRisk = Duration.times(times.send, 4)

      const came = (outcome: (typeof metrics.alertOutcomes)[number]) =>
        Metric.update(metrics.of(metrics.alerts, { channel: channel.name, outcome }), 1)

      /** Gives an alert whose destination takes no more a place in its line. */
      const putOff = Effect.fnUntraced(function* (trigger: Trigger, turn: number | undefined, error: ChannelError) {
        const alertTurn = turn ?? DateTime.toEpochMillis(trigger.triggeredAt)
        const delay = lines.putOff(
          {
            id: trigger.id,
            destination: error.destination ?? trigger.owner ?? "",
            after: Duration.toMillis(error.retryAfter ?? Duration.zero),
            every: error.every && Duration.toMillis(error.every),
            turn: alertTurn,
            due: alertTurn - (yield* Clock.currentTimeMillis)
          },
          yield* steadyMillis
        )
        return yield* congestedFor(error, Duration.millis(delay))
      })

      /** A destination that wants nothing from us gets nothing until it is linked again. It is told once. */
      const mute = Effect.fnUntraced(
        function* ({ destination, message }: ChannelError) {
          if (destination === undefined) return
          const owners = yield* triggers.mute(destination, message)
          if (owners.length === 0) return
          yield* Effect.logWarning("a chat takes no alerts any more: it gets none until its owner links it again").pipe(
            Effect.annotateLogs({
              channel: channel.name,
              chat: destination,
              owners: owners.join(", "),
              reason: message
            })
          )
        },
        Effect.catch(({ message }) =>
          Effect.logWarning("a chat that takes no alerts could not be muted").pipe(
            Effect.annotateLogs({ reason: message })
          )
        )
      )

      /** What has been told of owners whose alerts fail: each is told once, not for every alert of theirs. */
      const told = new Set<string>()

      /** How loudly it is told that an alert has failed: what an owner can put right is told once. */
      const loudness = ({ owner }: Trigger, reason: string) => {
        if (owner === null) return "Error"
        const key = `${owner} ${reason}`
        if (told.has(key)) return "Debug"
        if (told.size >= mostTold) told.clear()
        told.add(key)
        return "Error"
      }

      /** Sends through the channel, whatever it does: what it throws is a failure like any other. */
      const send = (trigger: Trigger, { attempt, turn }: AlertAttempt) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const late = Duration.millis(now - DateTime.toEpochMillis(trigger.triggeredAt))
          const isLate = Duration.isGreaterThanOrEqualTo(late, lateAfter)
          const sending = asked(() =>
            channel.send({ trigger, idempotencyKey: trigger.id, attempt, ...(isLate ? { late } : {}) })
          )
          return Effect.andThen(Metric.update(metrics.of(metrics.alertAttempts, { channel: channel.name }), 1), sending)
        }).pipe(
          Effect.catchIf(
            ({ reason }) => reason === "congested",
            (error) => putOff(trigger, turn, error)
          ),
          Effect.tapError((error) => (error.reason === "blocked" ? mute(error) : Effect.void))
        )

      const giveUp = Effect.fnUntraced(function* (trigger: Trigger, attempts: number, error: JobFailure) {
        yield* Effect.logWithLevel(loudness(trigger, error.message))("alert failed for good").pipe(
          Effect.annotateLogs({ ...fields(trigger), channel: channel.name, attempts, reason: error.message })
        )
        yield* came("failed")
        yield* triggers.failed(trigger.id, attempts, error.message)
      })

      /** Closes an alert that is too late to be of use, and answers whether it is closed. */
      const expire = Effect.fnUntraced(function* (trigger: Trigger) {
        const left = DateTime.distance(yield* DateTime.now, alertExpiry(trigger, times.expires))
        if (Duration.isPositive(left)) return false
        if ((yield* triggers.expire([trigger.id], times.expires)).length > 0) {
          yield* Effect.logWarning("an alert has expired: it was too late to be of use").pipe(
            Effect.annotateLogs({ ...fields(trigger), channel: channel.name })
          )
          yield* came("expired")
          return true
        }
        return yield* new JobFailure({ reason: "postpone", message: "a send of it is under way", delay: times.send })
      })

      /** Begins a send: one that might end when the alert has expired keeps it from expiring. */
      const begin = Effect.fnUntraced(function* (trigger: Trigger) {
        const left = DateTime.distance(yield* DateTime.now, alertExpiry(trigger, times.expires))
        if (Duration.isGreaterThan(left, atRisk)) return
        const mayBegin = yield* Effect.mapError(
          triggers.beginSend(trigger.id, Duration.times(times.send, 2)),
          jobFailure
        )
        if (!mayBegin) return yield* new JobFailure({ reason: "postpone", message: "it was closed meanwhile" })
      })

      const taken = (trigger: Trigger) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Metric.update(metrics.alertLatency, (now - DateTime.toEpochMillis(trigger.triggeredAt)) / 1000)
        ).pipe(Effect.andThen(came("sent")))

      const deliver = Effect.fnUntraced(function* (trigger: Trigger, each: AlertAttempt) {
        const { attempt, inSlot = (sending) => sending } = each
        return yield* inSlot(Effect.andThen(begin(trigger), breaker.send(each, send(trigger, each)))).pipe(
          Effect.tap(() => taken(trigger)),
          Effect.tapError((failure) =>
            failure.reason === "give-up"
              ? giveUp(trigger, attempt, failure)
              : Effect.logWithLevel(notSentYet[failure.reason])("alert not sent yet").pipe(
                  Effect.annotateLogs({ ...fields(trigger), channel: channel.name, attempt, reason: failure.message })
                )
          )
        )
      })

      /**
       * Records a receipt. Where that takes long, fails or is interrupted the receipt is noted for later attempts, which
       * go on until it is recorded: a job that holds one does not fail.
       */
      const record = Effect.fnUntraced(function* (trigger: Trigger, receipt: Receipt, each: AlertAttempt) {
        const { attempt, keep } = each
        let isNoted = Option.isSome(each.receipt)
        const note = Effect.suspend(() => {
          if (isNoted) return Effect.void
          return keep(receipt).pipe(
            Effect.andThen(
              Effect.sync(() => {
                isNoted = true
              })
            ),
            Effect.timeoutOrElse({
              duration: noteTimeout,
              orElse: () => Effect.fail({ message: `not noted within ${Duration.format(noteTimeout)}` })
            }),
            Effect.catch(({ message }) =>
              Effect.logWarning("the receipt of an alert could not be kept").pipe(
                Effect.annotateLogs({ ...fields(trigger), channel: channel.name, attempt, reason: message })
              )
            )
          )
        })
        const noting = yield* Effect.forkChild(Effect.delay(note, noteAfter))
        yield* triggers.sent(trigger.id, attempt, receipt).pipe(
          Effect.ensuring(Fiber.interrupt(noting)),
          Effect.onError(() => note),
          Effect.mapError(untilRecorded(each)),
          Effect.tapError(({ message }) =>
            Effect.logWarning("an alert was sent, but that is not recorded yet").pipe(
              Effect.annotateLogs({ ...fields(trigger), channel: channel.name, attempt, reason: message })
            )
          )
        )
      })

      return Alerter.of({
        breaker,
        outage: Effect.map(steadyMillis, (now) => Duration.millis(now - (breaker.outSince() ?? now))),
        alert: Effect.fn("Alerter.alert")(function* (attempt) {
          lines.leave(attempt.triggerId)
          const found = yield* Effect.mapError(
            triggers.find(attempt.triggerId),
            Option.isSome(attempt.receipt) ? untilRecorded(attempt) : jobFailure
          )
          if (Option.isNone(found)) {
            return yield* new JobFailure({ reason: "give-up", message: `there is no trigger ${attempt.triggerId}` })
          }
          const trigger = found.value
          if (trigger.alertState === "sent" || trigger.alertState === "expired") return
          if (Option.isNone(attempt.receipt) && (yield* expire(trigger))) return breaker.forget(trigger.id)
          const receipt = Option.isSome(attempt.receipt)
            ? attempt.receipt.value
            : telling(trigger, yield* deliver(trigger, attempt))
          yield* record(trigger, receipt, attempt)
          const isQuiet = channel.isInLog === true || receipt.digest !== undefined
          if (receipt.digest !== undefined)
            yield* Metric.update(metrics.of(metrics.alertsGathered, { channel: channel.name }), 1)
          yield* Effect.logWithLevel(isQuiet ? "Debug" : "Info")(
            receipt.digest === undefined ? "alert sent" : "alert gathered: its chat has had its alerts of the hour"
          ).pipe(Effect.annotateLogs({ ...fields(trigger), channel: channel.name, attempt: attempt.attempt }))
        }, Effect.mapError(jobFailure))
      })
    })
  )
}
