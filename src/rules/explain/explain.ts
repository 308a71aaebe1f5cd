/**
 * Explanations: why a strategy holds on a match or does not, condition by condition, and how far it is from holding.
 *
 * Guarantees: an explanation says that a condition or a strategy holds exactly when the evaluator does, and has a reason
 * for each value that does not exist.
 */
import { type MetricName, metric } from "../../domain/Metric.ts"
import {
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  type Strategy,
  watches
} from "../../domain/Strategy.ts"
import { compare } from "../compare.ts"
import { type View, valueOf } from "../evaluate.ts"
import { printCondition } from "../print.ts"
import { missingIn } from "./missing.ts"

/** A comparison in a view. */
export interface ExplainedComparison {
  /** Its text: `total goals <= 1`. */
  readonly condition: string
  /** Its two values. Undefined is a value that does not exist. */
  readonly left: number | undefined
  readonly right: number | undefined
  readonly holds: boolean
  /**
   * How much the difference of both values would have to change for it to hold: 0 when it does. Counts change by whole
   * numbers, so `goals > 1` is 1 short at one goal. Where fractions can be, `>`, `<` and `!=` need more than this.
   * Undefined without both values.
   */
  readonly distance: number | undefined
  /** Why values do not exist; empty when both do. */
  readonly missing: ReadonlyArray<string>
}

/** A condition in a view. Of a group, the values are those of the alternative that holds, or is nearest to holding. */
export interface ExplainedCondition extends ExplainedComparison {
  /** Every alternative of a group. */
  readonly alternatives?: ReadonlyArray<ExplainedComparison>
}

/** A strategy in a view. */
export interface Explanation {
  readonly conditions: ReadonlyArray<ExplainedCondition>
  /** Why the strategy cannot fire on this match whatever its conditions: it is inactive, or watches other competitions. */
  readonly excluded: string | undefined
  /** Whether it fires: all conditions hold, and nothing excludes it. */
  readonly holds: boolean
}

const isCount = (name: MetricName): boolean => metric(name).unit === "count"

/** Whether the value of an expression is a whole number, whatever the match. */
const isWhole = (expression: Expression): boolean => {
  if (typeof expression === "number") return Number.isInteger(expression)
  if (expression === "minute") return true
  if (!("op" in expression)) return isCount(expression.metric)
  return expression.op !== "/" && isWhole(expression.left) && isWhole(expression.right)
}

/** How far from holding a comparison is that does not hold. */
const distanceOf = ({ comparator, left, right }: Comparison, a: number, b: number): number => {
  const least = isWhole(left) && isWhole(right) ? 1 : 0
  switch (comparator) {
    case ">=":
    case "<=":
    case "=":
      return Math.abs(a - b)
    case ">":
    case "<":
    case "!=":
      return Math.abs(a - b) + least
  }
}

const texts = new WeakMap<Condition, string>()

/** The text of a condition, printed once: open pages show the same ones with every scan. */
const textOf = (condition: Condition): string => {
  const text = texts.get(condition) ?? printCondition(condition)
  texts.set(condition, text)
  return text
}

/** A comparison, explained. */
export const explainComparison = (comparison: Comparison, view: View): ExplainedComparison => {
  const condition = textOf(comparison)
  const left = valueOf(comparison.left, view)
  const right = valueOf(comparison.right, view)
  if (left === undefined || right === undefined) {
    const missing = [...new Set([...missingIn(comparison.left, view), ...missingIn(comparison.right, view)])]
    return { condition, left, right, holds: false, distance: undefined, missing }
  }
  const holds = compare(left, comparison.comparator, right)
  return { condition, left, right, holds, distance: holds ? 0 : distanceOf(comparison, left, right), missing: [] }
}

/**
 * How far a comparison is from holding, in shares of what it asks for, so that conditions on passes and on goals can be
 * weighed against each other: 1 shot of 4 missing is nearer than 1 goal of 1. Infinite without both values.
 */
export const remoteness = ({ distance, holds, right }: ExplainedComparison): number => {
  if (holds) return 0
  if (distance === undefined) return Number.POSITIVE_INFINITY
  // A strict comparison of fractions at equality is as near as can be and still does not hold.
  return Math.max(distance / Math.max(1, Math.abs(right ?? 1)), Number.MIN_VALUE)
}

/** A condition, explained. */
export const explainCondition = (condition: Condition, view: View): ExplainedCondition => {
  if (!isAnyOf(condition)) return explainComparison(condition, view)
  const alternatives = condition.any.map((each) => explainComparison(each, view))
  const nearest = alternatives.reduce((best, each) => (remoteness(each) < remoteness(best) ? each : best))
  const missing = nearest.distance === undefined ? [...new Set(alternatives.flatMap((each) => each.missing))] : []
  return { ...nearest, condition: textOf(condition), missing, alternatives }
}

const excluded = (strategy: Pick<Strategy, "active" | "competitions">, { snapshot }: View): string | undefined => {
  if (!strategy.active) return "the strategy is not active"
  const { id, name } = snapshot.match.competition
  if (watches(strategy, id)) return undefined
  const watched = strategy.competitions ?? []
  const which = watched.length === 1 ? `competition ${watched.join()}` : `competitions ${watched.join(", ")}`
  return `the strategy watches ${which}; this is ${id} (${name})`
}

/** Why a strategy fires in a view, or does not. */
export const explain = (strategy: Pick<Strategy, "when" | "active" | "competitions">, view: View): Explanation => {
  const conditions = strategy.when.map((condition) => explainCondition(condition, view))
  const reason = excluded(strategy, view)
  return { conditions, excluded: reason, holds: reason === undefined && conditions.every(({ holds }) => holds) }
}
