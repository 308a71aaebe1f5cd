/**
 * Between the fifth stage of a scan and the last: a pair for which the database made no trigger has one already, or its strategy
 * is not in the database. Of the latter nothing is remembered: it fires when its strategy is there, as where a backup
 * was restored and the strategies of files are saved again.
 *
 * Guarantees: a strategy that stays away, as one of a program of one's own that nobody saved, is told of once. Of the
 * strategies of owners nothing is asked: the database may have its reasons, such as one that was deleted and written again.
 */
import { Array as Arr, Effect, Option } from "effect"
import { TriggerStore } from "../database/TriggerStore.ts"
import type { Pair } from "../domain/Trigger.ts"
import { steadyMillis } from "../health/steady.ts"
import type { Batch } from "./create.ts"
import type { Holding } from "./recall.ts"

/** How long a strategy is away before it is told, in milliseconds: one that was deleted is no longer watched by then. */
const tellAfter = 10_000

/**
 * After so many milliseconds, twice the time in which the strategies of files are saved again, its pairs are no longer tried at
 * every scan, but as those that the database refuses: when DEDUP_TTL has passed.
 */
const tryFor = 600_000

/** Strategies that are remembered as away. */
const mostAway = 10_000

/** Matches in one call of the database. */
const matchesPerCall = 50

export const makeConfirm = Effect.map(TriggerStore, ({ triggered }) => {
  /** The strategies that are away, since when, and whether that was told. */
  const away = new Map<string, { readonly since: number; isTold: boolean }>()

  const note = Effect.fnUntraced(function* (batch: ReadonlyArray<Holding>, ids: ReadonlySet<string>, now: number) {
    for (const { strategy } of batch) {
      if (!ids.has(strategy.id)) continue
      const known = away.get(strategy.id) ?? { since: now, isTold: false }
      if (away.size >= mostAway && !away.has(strategy.id)) away.clear()
      away.set(strategy.id, known)
      if (known.isTold || now - known.since < tellAfter) continue
      known.isTold = true
      yield* Effect.logError("a strategy is watched and is not in the database: it fires when it is there").pipe(
        Effect.annotateLogs({ strategy: strategy.name, id: strategy.id })
      )
    }
  })

  return Effect.fn("Scanner.confirm")(function* <Made extends Batch>(batch: ReadonlyArray<Holding>, made: Made) {
    for (const { strategyId } of made.triggers) away.delete(strategyId)
    const isOwners = new Set<string>(
      batch.flatMap(({ strategy }) => (strategy.owner === undefined ? [] : [strategy.id]))
    )
    const others = made.known.filter(({ strategyId }) => !isOwners.has(strategyId))
    if (others.length === 0) return made
    const ids = Arr.dedupe(others.map(({ matchId }) => matchId))
    // Without an answer what got no trigger counts as having one.
    const answer = yield* Effect.option(Effect.forEach(Arr.chunksOf(ids, matchesPerCall), (page) => triggered(page)))
    if (Option.isNone(answer)) return made
    const strategies = new Map(
      answer.value.flatMap((page) => Array.from(page, ([id, all]) => [id, new Set<string>(all)] as const))
    )
    const isAway = ({ matchId, strategyId }: Pair) =>
      !isOwners.has(strategyId) && strategies.get(matchId)?.has(strategyId) !== true
    const now = yield* steadyMillis
    const lacking = made.known.filter(isAway)
    yield* note(batch, new Set(lacking.map(({ strategyId }) => strategyId)), now)
    const isLeft = ({ strategyId }: Pair) => now - (away.get(strategyId)?.since ?? now) >= tryFor
    return {
      ...made,
      known: made.known.filter((pair) => !isAway(pair)),
      refused: [...made.refused, ...lacking.filter(isLeft)]
    }
  })
})
