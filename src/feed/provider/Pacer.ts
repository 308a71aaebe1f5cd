/**
 * When a provider may be polled: as often as its limits allow, over all instances.
 *
 * Guarantees: before the time that was planned a poll asks nothing and is `paused`, which fails no tick. A limit that is
 * reached is waited for until its reset. Both are told once, with the time, and once more when they are over. What is planned
 * is kept in FeedMemory, so that whichever instance has the next tick keeps to it: for as long as it waits, by the clock of what
 * keeps it, for those of the instances differ. A poll that fails is planned after like any other. Nothing is planned for longer
 * than an hour: clocks are set back, and a plan may have been made in error.
 */
import { Clock, DateTime, Duration, Effect, Option, Random, Schema } from "effect"
import { makeOutage } from "../../health/Outage.ts"
import { FeedMemory } from "../FeedMemory.ts"
import { FeedError } from "../MatchFeed.ts"
import type { LimitReached } from "./LimitReached.ts"

/** Why the next poll waits: for the reset of a limit, to make the quota last, or because no match is on. */
const Kind = Schema.Literals(["limit", "spread", "idle"])

/** When the next poll is due. */
const Plan = Schema.Struct({ kind: Kind, until: Schema.Finite, reason: Schema.String })
export interface Plan extends Schema.Schema.Type<typeof Plan> {}

/**
 * A plan as it is kept, with its times by the clock of whoever has made it. One that does not say who that was is of an older
 * version, and is kept for longer than it waits.
 */
const Kept = Schema.Struct({
  ...Plan.fields,
  made: Schema.optionalKey(Schema.Finite),
  by: Schema.optionalKey(Schema.String)
})
const decodeKept = Schema.decodeUnknownOption(Kept)

const note = "plan"

/** No plan is kept for longer: then the provider says anew what is left. */
const longest = Duration.hours(1)

/** A plan that was made later than this after now is of a clock that was wrong. */
const clocksDiffer = Duration.toMillis(Duration.minutes(1))

export interface PacerOptions {
  readonly feed: string
  /** POLL_INTERVAL. */
  readonly interval: Duration.Duration
}

export interface Pacer {
  /** What is planned, if the next poll waits. */
  readonly plan: Effect.Effect<Option.Option<Plan>>
  /** A limit was met beside the polls: they wait for it too. */
  readonly met: (limit: LimitReached) => Effect.Effect<void>
  /**
   * Polls, unless it is too early. `next` says after a poll when the next one is due: none for the next tick.
   * Fails as `paused` when it is too early, and when the poll meets a limit. One that fails for the last time before a planned
   * wait says so (`isFinal`).
   */
  readonly poll: <A>(
    ask: Effect.Effect<A, FeedError | LimitReached>,
    next: Effect.Effect<Option.Option<Plan>>
  ) => Effect.Effect<A, FeedError>
  /** The same for a question that is no poll and must only wait for limits. */
  readonly ask: <A, E>(ask: Effect.Effect<A, E | LimitReached>) => Effect.Effect<A, E | FeedError>
}

/** `2026-11-26 18:00:05 UTC`. */
export const timeText = (millis: number): string =>
  Option.match(DateTime.make(millis), {
    onNone: () => "a time that is not known",
    onSome: (time) => `${DateTime.formatIso(time).slice(0, 19).replace("T", " ")} UTC`
  })

/** The plan that waits for a limit. */
export const waitFor = ({ message, until }: LimitReached): Plan => ({
  kind: "limit",
  until,
  reason: `${message}; they go on at ${timeText(until)}`
})

const isLimit = (error: unknown): error is LimitReached =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "LimitReached"

export const makePacer = Effect.fnUntraced(function* ({ feed, interval }: PacerOptions) {
  const memory = yield* FeedMemory
  const me = (yield* Random.nextIntBetween(0, 2 ** 48)).toString(36)
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
  const plan = Effect.gen(function* () {
    const found = decodeKept((yield* memory.recall(feed, [note]))[note])
    isPlanned = Option.isSome(found)
    const now = yield* Clock.currentTimeMillis
    return Option.flatMap(found, ({ by, kind, made = now, reason, until }) => {
      // Another instance's is there as long as it waits, whatever is the time there.
      if (by !== undefined && by !== me) return Option.some({ kind, reason, until: Math.max(until, now + 1) })
      return made <= now + clocksDiffer ? Option.some({ kind, reason, until }) : Option.none()
    })
  })
  const keep = Effect.fnUntraced(function* (next: Option.Option<Plan>) {
    if (Option.isNone(next) && !isPlanned) return
    isPlanned = Option.isSome(next)
    const made = yield* Clock.currentTimeMillis
    const latest = made + Duration.toMillis(longest)
    if (Option.isNone(next)) return yield* memory.keep(feed, { [note]: null }, longest)
    const kept: typeof Kept.Type = { ...next.value, made, by: me, until: Math.min(next.value.until, latest) }
    yield* memory.keep(feed, { [note]: kept }, Duration.millis(Math.max(0, kept.until - made)))
  })
  const paused = ({ reason, until }: Plan) =>
    new FeedError({ feed, reason: "paused", message: `${reason}; the next poll is at ${timeText(until)}` })

  const met = Effect.fnUntraced(function* (limit: LimitReached) {
    const plan = Option.some(waitFor(limit))
    yield* keep(plan)
    yield* tell(plan)
  })
  const metLimit = Effect.fnUntraced(function* (limit: LimitReached) {
    yield* met(limit)
    return yield* paused({ kind: "limit", until: limit.until, reason: limit.message })
  })
  const keepTo = Effect.fnUntraced(function* (isWaited: (plan: Plan) => boolean) {
    const now = yield* Clock.currentTimeMillis
    const planned = yield* plan
    if (Option.isSome(planned) && isWaited(planned.value) && now < planned.value.until) {
      return yield* paused(planned.value)
    }
  })
  /** Plans after a poll that began at this time, and tells whether the next one waits. */
  const planAfter = Effect.fnUntraced(function* (started: number, next: Effect.Effect<Option.Option<Plan>>) {
    const wanted = yield* next
    const now = yield* Clock.currentTimeMillis
    // A limit is waited for from the tick on. What is planned counts from the answer: that it took long spreads no polls.
    const from = ({ kind }: Plan) => (kind === "limit" ? started : now)
    const planned = Option.filter(wanted, (each) => each.until - from(each) > Duration.toMillis(interval) * 1.05)
    // A plan is met at the tick that is nearest to it; a limit would still hold there.
    const early = ({ kind }: Plan) => (kind === "limit" ? 0 : Duration.toMillis(interval) / 2)
    yield* keep(Option.map(planned, (each) => ({ ...each, until: each.until - early(each) })))
    yield* tell(planned)
    return Option.isSome(planned)
  })
  /** The same of a poll that failed, however long that took: it may be tried again within the tick. */
  const planFromNow = (next: Effect.Effect<Option.Option<Plan>>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => planAfter(now, next))
  const limited = <A, E>(ask: Effect.Effect<A, E | LimitReached>): Effect.Effect<A, E | FeedError> =>
    Effect.catchIf(ask, isLimit, metLimit)

  return {
    plan,
    met,
    poll: Effect.fnUntraced(function* (ask, next) {
      yield* keepTo(() => true)
      const started = yield* Clock.currentTimeMillis
      const asked = ask.pipe(
        // Whoever polls waits no longer: what was asked is spent all the same.
        Effect.onInterrupt(() => planFromNow(next)),
        Effect.catchTag("FeedError", (error) =>
          Effect.flatMap(planFromNow(next), (waits) =>
            Effect.fail(waits ? new FeedError({ ...error, message: error.message, isFinal: true }) : error)
          )
        )
      )
      const answer = yield* limited(asked)
      yield* planAfter(started, next)
      return answer
    }),
    ask: (ask) =>
      Effect.andThen(
        keepTo(({ kind }) => kind === "limit"),
        limited(ask)
      )
  } satisfies Pacer as Pacer
})
