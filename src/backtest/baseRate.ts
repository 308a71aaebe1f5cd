/**
 * Base rates: how often an expectation comes true for no reason at all. A hit rate of 60 % is nothing where 65 % of all
 * minutes would have done as well.
 *
 * The base rate of a strategy is the share of minutes from which its expectation came true: of every minute, added ones
 * and those of extra time included, of every match that the strategy watches, as though the strategy had fired there and
 * judged as such a trigger is: a minute whose trigger would be void does not count. So it is the chance of a trigger at a minute
 * drawn at random, computed and not drawn.
 *
 * The minutes of a match, each as the trigger of what its end came to, are views like any others: the rule set judges all
 * expectations on all of them at once.
 */

import { correctedTrigger } from "../domain/Past.ts"
import { type Strategy, watches } from "../domain/Strategy.ts"
import { moment } from "../domain/Timeline.ts"
import type { View } from "../rules/evaluate.ts"
import { judgedPeriod } from "../rules/expect/decide.ts"
import { judgedView, knowing } from "../rules/expect/judge.ts"
import * as RuleSet from "../rules/RuleSet.ts"
import type { Seen } from "./Recording.ts"

/** Minutes that could have been a trigger, and those of them from which the expectation came true. */
export interface BaseCount {
  readonly minutes: number
  readonly held: number
}

/** Counts, for matches one by one, what base rates are made of: for each strategy that expects something, by its id. */
export const makeBaseCounts = (strategies: ReadonlyArray<Strategy>) => {
  const expecting = strategies.filter(({ active, expect }) => active && expect !== undefined)
  const expectations = RuleSet.make(
    expecting.flatMap((strategy) => (strategy.expect === undefined ? [] : [{ ...strategy, when: [strategy.expect] }]))
  )
  return ({ endOf, views }: Seen): ReadonlyMap<string, BaseCount> => {
    const competition = views[0]?.snapshot.match.competition
    if (competition === undefined) return new Map()
    const chances = views.flatMap(({ snapshot }): ReadonlyArray<ReadonlyArray<View>> => {
      const trigger = moment(snapshot)
      const period = judgedPeriod({ trigger })
      const ends = endOf(period)?.pasts.map(({ views: all }) => judgedView(all(), period)) ?? []
      const judged = ends.flatMap((end) =>
        end === undefined
          ? []
          : [{ ...knowing(snapshot.prematch, end), trigger: correctedTrigger(trigger, end.timeline) }]
      )
      return judged.length === 0 ? [] : [judged]
    })
    // A minute counts where all pasts that are possible come to the same: so often an expectation holds in each.
    const { strategies: numbers, views: on } = expectations.fired(chances.flat())
    const chanceOf = chances.flatMap((pasts, index) => pasts.map(() => index))
    const held = new Map<string, Map<number, number>>()
    numbers.forEach((number, index) => {
      const id = expectations.strategy(number)?.id
      const chance = chanceOf[on[index] ?? 0]
      if (id === undefined || chance === undefined) return
      const counts = held.get(id) ?? new Map<number, number>()
      held.set(id, counts.set(chance, (counts.get(chance) ?? 0) + 1))
    })
    return new Map(
      expecting
        .filter((strategy) => watches(strategy, competition.id))
        .map(({ id }) => {
          const counts = [...(held.get(id) ?? [])]
          const certain = counts.filter(([chance, count]) => count === chances[chance]?.length).length
          return [id, { minutes: chances.length - (counts.length - certain), held: certain }]
        })
    )
  }
}
