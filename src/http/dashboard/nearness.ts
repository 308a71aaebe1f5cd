/** What is close to firing on a match: the strategies of which one condition fails, and by how much. */
import { type Condition, isAnyOf, type Strategy } from "../../domain/Strategy.ts"
import type { View } from "../../rules/evaluate.ts"
import { type ExplainedCondition, explainCondition, remoteness } from "../../rules/explain/explain.ts"
import type { Sight } from "../../scan/Onlooker.ts"

/** A strategy that is one condition away. */
export interface NearMiss {
  readonly strategy: Strategy
  readonly failing: ExplainedCondition
  /** See `remoteness` of explanations. */
  readonly remoteness: number
}

export interface Near {
  /** How many strategies are one condition away. */
  readonly count: number
  /** The nearest of them, at most `mostShown`. */
  readonly nearest: ReadonlyArray<NearMiss>
  /** That of the nearest; infinite where there is none. */
  readonly remoteness: number
}

/** Strategies that are named of a match. */
export const mostShown = 3

/**
 * So many strategies are weighed against each other in one picture, all matches together: of each match those that are held
 * first. So many matches are looked at: where more are in play, they take turns.
 */
const mostWeighed = 240
export const mostLookedAt = 64

/** Of a match that has not had its turn yet. */
export const notYet: Near = { count: 0, nearest: [], remoteness: Number.POSITIVE_INFINITY }

/** Whether a condition that fails says when to look, and that is over: the minute does not fall. */
const isOver = (condition: Condition): boolean =>
  !isAnyOf(condition) &&
  condition.left === "minute" &&
  typeof condition.right === "number" &&
  (condition.comparator === "<=" || condition.comparator === "<")

const nearMiss = (strategy: Strategy, condition: Condition, view: View): NearMiss => {
  const failing = explainCondition(condition, view)
  return { strategy, failing, remoteness: remoteness(failing) }
}

/** What is close to firing in each view. */
export const nearestOf = ({ nearby }: Pick<Sight, "nearby">, views: ReadonlyArray<View>): ReadonlyArray<Near> =>
  nearby(views, Math.max(1, Math.floor(mostWeighed / Math.max(1, views.length)))).map(({ count, misses }, index) => {
    const view = views[index]
    const open = misses.filter(({ condition }) => !isOver(condition))
    const nearest = open
      .flatMap(({ condition, strategy }) => (view === undefined ? [] : [nearMiss(strategy, condition, view)]))
      .sort((a, b) => a.remoteness - b.remoteness)
      .slice(0, mostShown)
    const over = misses.length - open.length
    return { count: count - over, nearest, remoteness: nearest[0]?.remoteness ?? Number.POSITIVE_INFINITY }
  })
