/**
 * The fourth stage of a scan: of the pairs that this process does not know, those that have a trigger all the same are dropped.
 * Other instances made them, or this one did before it was started again.
 *
 * Up to ten thousand pairs are asked of Dedup, which takes Redis about a microsecond each; what is left, match by match, of
 * the database, once a match (beside a tick, if none waits for it). More pairs are asked of the database at once: a restart meets every pair that holds, and a
 * million keys are seconds of Redis and of this process, where a thousand matches are twenty calls of some ten milliseconds.
 *
 * What is known is asked again beside the ticks, by match and without evidence, each match within Dedup's time to live: an
 * operator who deletes a trigger's row and its key in Redis sees the pair fire again within DEDUP_TTL. While the database
 * does not answer, what is known stays known. Whatever is wrong here, the database lets no pair have two triggers.
 */
import { Array as Arr, Effect, Semaphore } from "effect"
import { TriggerStore } from "../database/TriggerStore.ts"
import type { Dedup } from "../dedup/Dedup.ts"
import type { Strategy } from "../domain/Strategy.ts"
import { dedupKey, type Pair } from "../domain/Trigger.ts"
import { makeOutage } from "../health/Outage.ts"
import { steadyMillis } from "../health/steady.ts"
import type { View } from "../rules/evaluate.ts"
import type { Fired } from "../rules/RuleSet.ts"
import { type Judgement, stillUnknown } from "./judge.ts"
import type { KnownPairs } from "./KnownPairs.ts"

/** So many pairs at most are asked of Dedup in a scan. */
const mostOfDedup = 10_000

/** Matches in one call of the database: some thousands of strategies each make an answer of megabytes. */
const matchesPerCall = 50

/** A strategy that holds on a match, and no trigger tells of it. */
export interface Holding {
  readonly strategy: Strategy
  readonly view: View
}

/** The pairs match by match, for each match in the order in which the strategies were added. */
export const holdingsOf = ({ rules, views: on }: Judgement, { strategies, views }: Fired): ReadonlyArray<Holding> => {
  const order = Uint32Array.from(views, (_, index) => index)
  order.sort((a, b) => (views[a] ?? 0) - (views[b] ?? 0) || (strategies[a] ?? 0) - (strategies[b] ?? 0))
  const holdings: Array<Holding> = []
  for (const index of order) {
    const strategy = rules.strategy(strategies[index] ?? -1)
    const view = on[views[index] ?? -1]
    if (strategy !== undefined && view !== undefined) holdings.push({ strategy, view })
  }
  return holdings
}

const pairOf = ({ strategy, view }: Holding): Pair => ({ strategyId: strategy.id, matchId: view.snapshot.match.id })

const matchesOf = ({ matchIds }: Judgement, { views }: Fired): ReadonlyArray<string> =>
  Array.from(new Set(views), (view) => matchIds[view] ?? "")

/** Asks the database for all pairs of these matches. */
const makeAsk = (known: KnownPairs) =>
  Effect.map(TriggerStore, ({ triggered }) =>
    Effect.fn("Scanner.ask")(function* (matchIds: ReadonlyArray<string>) {
      yield* Effect.forEach(
        Arr.chunksOf(matchIds, matchesPerCall),
        Effect.fnUntraced(function* (page) {
          const now = yield* steadyMillis
          known.asking(page, now)
          const strategies = yield* Effect.onError(triggered(page), () => Effect.sync(() => known.unanswered(page)))
          for (const id of page) known.answered(id, strategies.get(id) ?? [], now)
        }),
        { concurrency: 2, discard: true }
      )
    })
  )

export const makeRecall = (known: KnownPairs, dedup: Dedup["Service"]) =>
  Effect.map(makeAsk(known), (ask) => {
    const askDedup = Effect.fnUntraced(function* (judgement: Judgement) {
      const pairs = holdingsOf(judgement, judgement.unknown).map(pairOf)
      const forgotten = new Set((yield* dedup.unknown(pairs)).map(dedupKey))
      const now = yield* steadyMillis
      for (const pair of pairs) if (!forgotten.has(dedupKey(pair))) known.add(pair, now)
      return stillUnknown(known, judgement, judgement.unknown)
    })

    return Effect.fn("Scanner.recall")(function* (judgement: Judgement) {
      if (judgement.unknown.views.length === 0) return { fresh: [], duplicates: 0 }
      const few = judgement.unknown.views.length <= mostOfDedup
      const unknown = few ? yield* askDedup(judgement) : judgement.unknown
      // A match that was asked about before is not asked about again: what is new on it is for the database to create.
      const isMet = matchesOf(judgement, unknown).some((id) => !known.isAsked(id))
      if (isMet) yield* ask(judgement.matchIds.filter((id) => !known.isAsked(id)))
      const left = stillUnknown(known, judgement, unknown)
      return { fresh: holdingsOf(judgement, left), duplicates: unknown.views.length - left.views.length }
    })
  })

/** The same for a scan that fires nothing: the database alone is asked, about every match. */
export const makeLookUp = (known: KnownPairs) =>
  Effect.map(makeAsk(known), (ask) =>
    Effect.fn("Scanner.lookUp")(function* (judgement: Judgement) {
      yield* ask(matchesOf(judgement, judgement.unknown))
      return holdingsOf(judgement, stillUnknown(known, judgement, judgement.unknown))
    })
  )

/**
 * Asks about the matches that are due and those of the judgement that were never asked about, so that the first pair that holds
 * on them need not wait for it. Beside whatever else is done; one round at a time.
 */
export const makeAskAgain = (known: KnownPairs) =>
  Effect.map(Effect.all([makeAsk(known), Effect.scope, Semaphore.make(1)]), ([ask, scope, round]) => {
    const outage = makeOutage({
      part: "database",
      begins: "the database does not tell which pairs have a trigger still; what is known stays known",
      ends: "the database tells again which pairs have a trigger"
    })
    const askOf = Effect.fnUntraced(function* ({ matchIds }: Judgement) {
      const due = known.due(yield* steadyMillis)
      const asked = new Set([...due, ...matchIds.filter((id) => !known.isAsked(id))])
      if (asked.size === 0) return
      yield* Effect.matchEffect(ask([...asked]), {
        onSuccess: () => outage.over,
        onFailure: ({ message }) => outage.met(message)
      })
    })
    return (judgement: Judgement) =>
      askOf(judgement).pipe(
        round.withPermitsIfAvailable(1),
        Effect.forkIn(scope, { startImmediately: true }),
        Effect.asVoid
      )
  })
