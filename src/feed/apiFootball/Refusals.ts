/**
 * What the plan of an account does not have: told once, and not asked for again that day by any instance, for a request that is
 * refused is spent all the same.
 */
import { Clock, Duration, Effect, Option } from "effect"
import { FeedMemory } from "../FeedMemory.ts"
import { feedName, type NotInPlan, nextDay } from "./ApiFootballApi.ts"

export interface Refusals {
  /** Whether this was refused today. */
  readonly has: (what: string) => Effect.Effect<boolean>
  /** Asks, unless it was refused today. None where the plan does not have it. */
  readonly unlessRefused: <A, E>(
    what: string,
    ask: Effect.Effect<A, E | NotInPlan>
  ) => Effect.Effect<Option.Option<A>, E>
}

const noteOf = (what: string): string => `refused/${what}`

const isNotInPlan = (error: unknown): error is NotInPlan =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "NotInPlan"

export const makeRefusals = Effect.gen(function* () {
  const memory = yield* FeedMemory
  const told = new Set<string>()
  /** Whether each was refused, and the day that this is known of, by its end. */
  const known = new Map<string, { readonly isRefused: boolean; readonly day: number }>()

  const has = Effect.fnUntraced(function* (what: string) {
    const day = nextDay(yield* Clock.currentTimeMillis)
    const found = known.get(what)
    if (found?.day === day) return found.isRefused
    const notes = yield* memory.recall(feedName, [noteOf(what)])
    const isRefused = notes[noteOf(what)] === day
    known.set(what, { isRefused, day })
    return isRefused
  })

  const met = Effect.fnUntraced(function* (what: string, reason: string) {
    const now = yield* Clock.currentTimeMillis
    const day = nextDay(now)
    known.set(what, { isRefused: true, day })
    yield* memory.keep(feedName, { [noteOf(what)]: day }, Duration.millis(day - now))
    if (told.has(what)) return
    told.add(what)
    yield* Effect.logWarning("API-Football does not give this with the plan: polls go on without it").pipe(
      Effect.annotateLogs({ feed: feedName, what, reason })
    )
  })

  return {
    has,
    unlessRefused: <A, E>(what: string, ask: Effect.Effect<A, E | NotInPlan>) =>
      Effect.flatMap(has(what), (isRefused) =>
        isRefused
          ? Effect.succeedNone
          : Effect.asSome(ask).pipe(
              Effect.catchIf(isNotInPlan, ({ message }) => Effect.as(met(what, message), Option.none<A>()))
            )
      )
  } satisfies Refusals as Refusals
})
