/**
 * The normal form of conditions: a metric with a value for each team names its scope, `total` where none was given. Two
 * conditions that mean the same value then look the same, and what is printed reads back as it was.
 */
import { metric } from "../../domain/Metric.ts"
import {
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  type MetricValue,
  type StrategyDefinition
} from "../../domain/Strategy.ts"

/** The value with the scope that it takes where it names none. */
export const withTotal = (value: MetricValue): MetricValue =>
  value.scope === undefined && metric(value.metric).sided ? { ...value, scope: "total" } : value

const normalExpression = (expression: Expression): Expression => {
  if (typeof expression !== "object") return expression
  return "op" in expression
    ? { ...expression, left: normalExpression(expression.left), right: normalExpression(expression.right) }
    : withTotal(expression)
}

/** The comparison in normal form. */
export const normalComparison = ({ comparator, left, right }: Comparison): Comparison => ({
  left: normalExpression(left),
  comparator,
  right: normalExpression(right)
})

/** The condition in normal form. */
export const normalCondition = (condition: Condition): Condition => {
  if (!isAnyOf(condition)) return normalComparison(condition)
  const [first, ...rest] = condition.any
  return { any: [normalComparison(first), ...rest.map(normalComparison)] }
}

/** The strategy with every condition in normal form. Strategies that were decoded are in it already. */
export const normalStrategy = <S extends StrategyDefinition>(strategy: S): S => {
  const [first, ...rest] = strategy.when
  return {
    ...strategy,
    when: [normalCondition(first), ...rest.map(normalCondition)],
    ...(strategy.expect === undefined ? undefined : { expect: normalCondition(strategy.expect) })
  }
}
