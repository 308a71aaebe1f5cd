/** One match of a backtest: which strategies fire on it, when, why, and what came of it. Pure. */
import type { MatchMinute, Score } from "../domain/Snapshot.ts"
import type { Strategy } from "../domain/Strategy.ts"
import type { Evidence } from "../domain/Trigger.ts"
import { evaluate, type View } from "../rules/evaluate.ts"
import type { Judgement } from "../rules/expect/judge.ts"
import * as RuleSet from "../rules/RuleSet.ts"
import { type BaseCount, makeBaseCounts } from "./baseRate.ts"
import { judgeSeen, type Recording, seenOf } from "./Recording.ts"

/** A (strategy, match) pair that fires, at the first minute at which the strategy holds. */
export interface BacktestTrigger extends Judgement {
  readonly strategyId: string
  readonly at: MatchMinute
  readonly score: Score
  /** As a trigger of the live service has it. */
  readonly evidence: ReadonlyArray<Evidence>
}

/** What a backtest finds in one match. Plain data, so that it can come from another thread. */
export interface MatchResult {
  readonly matchId: string
  readonly label: string
  /** Scoreboard minutes in play, each of which every strategy was evaluated on. */
  readonly snapshots: number
  readonly triggers: ReadonlyArray<BacktestTrigger>
  /** What the base rate is made of, by strategy id. */
  readonly base: ReadonlyMap<string, BaseCount>
}

/** The strategies that hold at any of the views, each with the number of the first. */
const firstFired = (rules: RuleSet.RuleSet, views: ReadonlyArray<View>) => {
  const first = new Map<number, number>()
  const { strategies, views: on } = rules.fired(views)
  strategies.forEach((strategy, index) => {
    const view = on[index] ?? 0
    if (view < (first.get(strategy) ?? views.length)) first.set(strategy, view)
  })
  return [...first].flatMap(([number, view]) => {
    const strategy = rules.strategy(number)
    return strategy === undefined ? [] : [{ strategy, view }]
  })
}

/** Backtests these strategies on matches one by one. Inactive ones do not fire. */
export const makeBacktest = (strategies: ReadonlyArray<Strategy>): ((recording: Recording) => MatchResult) => {
  const rules = RuleSet.make(strategies)
  const baseCounts = makeBaseCounts(strategies)
  return (recording) => {
    const seen = seenOf(recording)
    const { views } = seen
    const triggers = firstFired(rules, views).flatMap(({ strategy, view: number }): ReadonlyArray<BacktestTrigger> => {
      const view = views[number]
      if (view === undefined) return []
      const { clock, score } = view.snapshot
      return [
        {
          strategyId: strategy.id,
          at: { period: clock.period, minute: clock.minute, added: clock.added },
          score: { home: score.home, away: score.away },
          ...judgeSeen(seen, strategy.expect, number),
          evidence: evaluate(strategy, view) ?? []
        }
      ]
    })
    const { label, matchId } = recording
    return { matchId, label, snapshots: views.length, triggers, base: baseCounts(seen) }
  }
}
