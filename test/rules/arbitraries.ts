/** What property tests of conditions and strategies are run on: anything that the domain takes. */
import { Arbitrary, Schema } from "effect"
import { hasNoTotal, metric } from "../../src/domain/Metric.ts"
import {
  Comparator,
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  MetricValue,
  Operator,
  StrategyDefinition
} from "../../src/domain/Strategy.ts"

// Drawn without what the domain asks of a value, most of which would be refused, and then made to fulfil it.
const AnyValue = Schema.Struct(MetricValue.fields)
const AnyExpression: Schema.Codec<Expression> = Schema.Union([
  Schema.Finite,
  Schema.Literal("minute"),
  AnyValue,
  Schema.Struct({
    op: Operator,
    left: Schema.suspend((): Schema.Codec<Expression> => AnyExpression),
    right: Schema.suspend((): Schema.Codec<Expression> => AnyExpression)
  })
])
const AnyComparison = Schema.Struct({ left: AnyExpression, comparator: Comparator, right: AnyExpression })
const AnyCondition = Schema.Union([AnyComparison, Schema.Struct({ any: Schema.NonEmptyArray(AnyComparison) })])

/** `window` is left out where the domain takes none. */
const fulfilled = ({ metric: name, scope, window }: MetricValue, sinceTrigger: boolean): MetricValue => {
  const row = metric(name)
  const takesWindow =
    row.group !== "prematch" && name !== "minutes_since_last_goal" && (sinceTrigger || window !== "since trigger")
  const needsScope = hasNoTotal(row) && (scope ?? "total") === "total"
  const whose = needsScope ? "home" : row.sided ? scope : undefined
  return {
    metric: name,
    ...(whose === undefined ? undefined : { scope: whose }),
    ...(window === undefined || !takesWindow ? undefined : { window })
  }
}

const expression = (each: Expression, sinceTrigger: boolean): Expression => {
  if (typeof each !== "object") return each
  return "op" in each
    ? { op: each.op, left: expression(each.left, sinceTrigger), right: expression(each.right, sinceTrigger) }
    : fulfilled(each, sinceTrigger)
}

const comparison = ({ comparator, left, right }: Comparison, sinceTrigger: boolean): Comparison => ({
  left: expression(left, sinceTrigger),
  comparator,
  right: expression(right, sinceTrigger)
})

const condition = (each: Condition, sinceTrigger = true): Condition => {
  if (!isAnyOf(each)) return comparison(each, sinceTrigger)
  const [first, ...rest] = each.any
  return { any: [comparison(first, sinceTrigger), ...rest.map((other) => comparison(other, sinceTrigger))] }
}

export const comparisons = Arbitrary.schema(AnyComparison).pipe(Arbitrary.map((each) => comparison(each, true)))
export const conditions = Arbitrary.schema(AnyCondition).pipe(Arbitrary.map((each) => condition(each)))

/** Whether every id is one that a file can hold: ids are checked where they come in. */
const hasIdsOfText = ({ competitions }: Pick<StrategyDefinition, "competitions">): boolean =>
  competitions?.every((id) => id.isWellFormed() && !id.includes("\0")) ?? true

/** Strategies whose texts are of any kind. */
export const strategies = Arbitrary.schema(
  Schema.toType(
    Schema.Struct({
      ...StrategyDefinition.fields,
      when: Schema.NonEmptyArray(AnyCondition),
      expect: Schema.optionalKey(AnyCondition)
    })
  )
).pipe(
  Arbitrary.filter(hasIdsOfText),
  Arbitrary.map(
    ({ expect, when: [first, ...rest], ...strategy }): StrategyDefinition => ({
      ...strategy,
      when: [condition(first, false), ...rest.map((each) => condition(each, false))],
      ...(expect === undefined ? undefined : { expect: condition(expect) })
    })
  )
)
