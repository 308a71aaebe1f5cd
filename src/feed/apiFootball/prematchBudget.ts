/**
 * What figures from before kick-off may still take of the day's requests. What is spent on them is kept for all instances, and
 * for one that starts again.
 */
import { Clock, Duration, Effect, Option, Schema } from "effect"
import { FeedMemory } from "../FeedMemory.ts"
import { type ApiFootballApi, feedName, nextDay } from "./ApiFootballApi.ts"
import { prematchShare } from "./plans.ts"

/** Requests of a day, by its end. */
const Spent = Schema.Struct({ requests: Schema.Int, until: Schema.Finite })
const decodeSpent = Schema.decodeUnknownOption(Spent)

const note = "prematch spent"

export interface PrematchBudget {
  /** Requests that are left for it, as far as this process knows. */
  readonly left: Effect.Effect<number>
  /** Whether there are any, over all instances. */
  readonly hasLeft: Effect.Effect<boolean>
  /** Counts a request. */
  readonly spend: Effect.Effect<void>
}

export const makePrematchBudget = Effect.fnUntraced(function* (api: ApiFootballApi) {
  const memory = yield* FeedMemory
  let spent: typeof Spent.Type = { requests: 0, until: 0 }
  const ofDay = Effect.map(Clock.currentTimeMillis, (now) => {
    const until = nextDay(now)
    if (spent.until !== until) spent = { requests: 0, until }
    return spent
  })
  const left = Effect.map(ofDay, ({ requests }) => {
    const allowance = api.allowance()
    return allowance === undefined ? 0 : prematchShare(allowance, requests)
  })
  const recall = Effect.gen(function* () {
    const kept = decodeSpent((yield* memory.recall(feedName, [note]))[note])
    const { requests, until } = yield* ofDay
    if (Option.isSome(kept) && kept.value.until === until && kept.value.requests > requests) spent = kept.value
  })
  return {
    left,
    hasLeft: Effect.andThen(
      recall,
      Effect.map(left, (requests) => requests > 0)
    ),
    spend: Effect.gen(function* () {
      yield* recall
      spent = { ...spent, requests: spent.requests + 1 }
      yield* memory.keep(feedName, { [note]: spent }, Duration.days(1))
    })
  } satisfies PrematchBudget as PrematchBudget
})
