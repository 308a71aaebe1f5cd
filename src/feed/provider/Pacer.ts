/**
 * When a provider may be polled: as often as its limits allow, over all instances.
 *
 * Guarantees: before the time that was planned a poll asks nothing and is `paused`, which fails no tick. A limit that is
 * reached is waited for until its reset. Both are told once, with the time, and once more when they are over. What is planned
 * is kept in FeedMemory, so that whichever instance has the next tick keeps to it.
 */
import { Clock, DateTime, Duration, Effect, Option, Schema } from "effect"
import { makeOutage } from "../../health/Outage.ts"
import { FeedMemory } from "../FeedMemory.ts"
import { FeedError } from "../MatchFeed.ts"
import type { LimitReached } from "./LimitReached.ts"

/** Why the next poll waits: for the reset of a limit, to make the quota last, or because no match is on. */
const Kind = Schema.Literals(["limit", "spread", "idle"])

/** When the next poll is due. */
const Plan = Schema.Struct({ kind: Kind, until: Schema.Finite, reason: Schema.String })
export interface Plan extends Schema.Schema.Type<typeof Plan> {}

const decodePlan = Schema.decodeUnknownOption(Plan)

const note = "plan"

/** No plan is kept for longer: then the provider says anew what is left. */
const longest = Duration.days(1)

export interface PacerOptions {
  readonly feed: string
  /** POLL_INTERVAL. */
  readonly interval: Duration.Duration
}

export interface Pacer {
  /** What is planned, if the next poll waits. */
  readonly plan: Effect.Effect<Option.Option<Plan>>
  /**
   * Polls, unless it is too early. `next` says after a poll when the next one is due: none for the next tick.
   * Fails as `paused` when it is too early, and when the poll meets a limit.
   */
  readonly poll: <A, E>(
    ask: Effect.Effect<A, E | LimitReached>,
    next: Effect.Effect<Option.Option<Plan>>
  ) => Effect.Effect<A, E | FeedError>
  /** The same for a question that is no poll and must only wait for limits. */
  readonly ask: <A, E>(ask: Effect.Effect<A, E | LimitReached>) => Effect.Effect<A, E | FeedError>
}

/** `2026-11-26 18:00:05 UTC`. */
export const timeText = (millis: number): string =>
  Number.isFinite(millis)
    ? `${DateTime.formatIso(DateTime.makeUnsafe(millis)).slice(0, 19).replace("T", " ")} UTC`
    : "a time that is not known"

const isLimit = (error: unknown): error is LimitReached =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "LimitReached"

export const makePacer = Effect.fnUntraced(function* ({ feed, interval }: PacerOptions) {
  const memory = yield* FeedMemory
  const told = {
    limit: makeOutage({
      part: "feed",
      begins: "the provider's limit is reached: polls wait",
      ends: "polls go on",
      fields: { feed }
    }),
    spread: makeOutage({
      begins: "polls are further apart than POLL_INTERVAL, so that the plan's requests last",
      ends: "polls are as frequent as POLL_INTERVAL again",
      fields: { feed }
    }),
    idle: makeOutage({ begins: "no match is on: polls wait", ends: "matches are on again", fields: { feed } })
  }
  const tell = Effect.fnUntraced(function* (plan: Option.Option<Plan>) {
    for (const kind of Kind.literals) {
      if (Option.isSome(plan) && plan.value.kind === kind) yield* told[kind].met(plan.value.reason)
      else yield* told[kind].over
    }
  })
  /** Whether a plan is kept that is not the one that nothing is planned. */
  let isPlanned = true
  const plan = Effect.map(memory.recall(feed, [note]), (notes) => {
    const found = decodePlan(notes[note])
    isPlanned = Option.isSome(found)
    return found
  })
  const keep = Effect.fnUntraced(function* (next: Option.Option<Plan>) {
    if (Option.isNone(next) && !isPlanned) return
    isPlanned = Option.isSome(next)
    yield* memory.keep(feed, { [note]: Option.getOrNull(next) }, longest)
  })
  const paused = ({ reason, until }: Plan) =>
    new FeedError({ feed, reason: "paused", message: `${reason}; the next poll is at ${timeText(until)}` })

  const metLimit = Effect.fnUntraced(function* ({ message, until }: LimitReached) {
    const limit = { kind: "limit", until, reason: `${message}; they go on at ${timeText(until)}` } as const
    yield* keep(Option.some(limit))
    yield* tell(Option.some(limit))
    return yield* paused({ ...limit, reason: message })
  })
  const waitFor = Effect.fnUntraced(function* (isWaited: (plan: Plan) => boolean) {
    const now = yield* Clock.currentTimeMillis
    const planned = yield* plan
    if (Option.isSome(planned) && isWaited(planned.value) && now < planned.value.until) {
      return yield* paused(planned.value)
    }
  })
  const limited = <A, E>(ask: Effect.Effect<A, E | LimitReached>): Effect.Effect<A, E | FeedError> =>
    Effect.catchIf(ask, isLimit, metLimit)

  return {
    plan,
    poll: Effect.fnUntraced(function* (ask, next) {
      yield* waitFor(() => true)
      const started = yield* Clock.currentTimeMillis
      const answer = yield* limited(ask)
      const planned = Option.filter(yield* next, ({ until }) => until - started > Duration.toMillis(interval) * 1.05)
      // A plan is met at the tick that is nearest to it; a limit would still hold there.
      const kept = Option.map(planned, (each) => ({ ...each, until: each.until - Duration.toMillis(interval) / 2 }))
      yield* keep(kept)
      yield* tell(planned)
      return answer
    }),
    ask: (ask) =>
      Effect.andThen(
        waitFor(({ kind }) => kind === "limit"),
        limited(ask)
      )
  } satisfies Pacer as Pacer
})
