/** What the matches of a backtest come to, strategy by strategy. Pure. */
import type { Strategy } from "../domain/Strategy.ts"
import { wilson } from "../outcome/wilson.ts"
import type { BacktestTrigger, MatchResult } from "./backtestMatch.ts"

/** How a strategy would have done. Rates are fractions from 0 to 1, and absent where there is nothing to divide by. */
export interface StrategySummary {
  readonly name: string
  /** In the order of the matches. */
  readonly triggers: ReadonlyArray<BacktestTrigger & { readonly matchId: string; readonly label: string }>
  readonly hits: number
  readonly misses: number
  readonly undecided: number
  /** Hits of what was decided. */
  readonly hitRate: number | undefined
  /** The 95 % Wilson interval of the hit rate. */
  readonly interval: readonly [low: number, high: number] | undefined
  /** See `baseRate.ts`. */
  readonly baseRate: number | undefined
  /** Misses for want of a value at the end, by the reason why there was none. */
  readonly missing: ReadonlyMap<string, number>
  /** Whether it expects anything. A strategy that does not has nothing but undecided triggers. */
  readonly expects: boolean
  /** The median of the triggers' scoreboard minutes, added ones left out. */
  readonly medianMinute: number | undefined
}

const median = (values: ReadonlyArray<number>): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

const countBy = (texts: ReadonlyArray<string>): ReadonlyMap<string, number> =>
  new Map([...Map.groupBy(texts, (text) => text)].map(([text, all]) => [text, all.length]))

/** Sums up the matches for each of the strategies, in their order. */
export const summarize = (
  strategies: ReadonlyArray<Pick<Strategy, "id" | "name" | "expect">>,
  matches: ReadonlyArray<MatchResult>
): ReadonlyArray<StrategySummary> => {
  const all = matches.flatMap(({ label, matchId, triggers }) => triggers.map((each) => ({ ...each, matchId, label })))
  const byStrategy = Map.groupBy(all, ({ strategyId }) => strategyId)
  return strategies.map(({ expect, id, name }) => {
    const triggers = byStrategy.get(id) ?? []
    const count = (result: BacktestTrigger["result"]): number =>
      triggers.filter((trigger) => trigger.result === result).length
    const [hits, misses] = [count("hit"), count("miss")]
    const base = matches.flatMap((match) => match.base.get(id) ?? [])
    const minutes = base.reduce((sum, each) => sum + each.minutes, 0)
    const held = base.reduce((sum, each) => sum + each.held, 0)
    return {
      name,
      triggers,
      hits,
      misses,
      undecided: count("undecided"),
      hitRate: hits + misses === 0 ? undefined : hits / (hits + misses),
      interval: wilson(hits, hits + misses),
      baseRate: minutes === 0 ? undefined : held / minutes,
      missing: countBy(triggers.flatMap(({ missing }) => (missing.length === 0 ? [] : [missing.join("; ")]))),
      expects: expect !== undefined,
      medianMinute: median(triggers.map(({ at }) => at.minute))
    }
  })
}
