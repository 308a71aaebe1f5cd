/**
 * Base rates: how often an expectation comes true for no reason at all. A hit rate of 60 % is nothing where 65 % of all
 * minutes would have done as well.
 *
 * The base rate of a strategy is the share of minutes from which its expectation came true: of every minute, added ones
 * and those of extra time included, of every match that the strategy watches, as though the strategy had fired there and
 * judged as such a trigger is. So it is the chance of a trigger at a minute drawn at random, computed and not drawn.
 *
 * The minutes of a match, each as the trigger of what its end came to, are views like any others: the rule set judges all
 * expectations on all of them at once.
 */

import { correctedTrigger } from "../domain/Past.ts"
import { type Strategy, watches } from "../domain/Strategy.ts"
import { moment } from "../domain/Timeline.ts"
import type { View } from "../rules/evaluate.ts"
import { judgedPeriod } from "../rules/expect/decide.ts"
import { judgedView } from "../rules/expect/judge.ts"
import * as RuleSet from "../rules/RuleSet.ts"

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
  return (views: ReadonlyArray<View>): ReadonlyMap<string, BaseCount> => {
    const competition = views[0]?.snapshot.match.competition
    if (competition === undefined) return new Map()
    const ends = { "2H": judgedView(views, "2H"), E2: judgedView(views, "E2") }
    const chances = views.flatMap(({ snapshot }): ReadonlyArray<View> => {
      const trigger = moment(snapshot)
      const end = ends[judgedPeriod({ trigger })]
      return end === undefined ? [] : [{ ...end, trigger: correctedTrigger(trigger, end.timeline) }]
    })
    const held = new Map<string, number>()
    for (const number of expectations.fired(chances).strategies) {
      const id = expectations.strategy(number)?.id
      if (id !== undefined) held.set(id, (held.get(id) ?? 0) + 1)
    }
    return new Map(
      expecting
        .filter((strategy) => watches(strategy, competition.id))
        .map(({ id }) => [id, { minutes: chances.length, held: held.get(id) ?? 0 }])
    )
  }
}
