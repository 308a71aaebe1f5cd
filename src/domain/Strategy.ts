/**
 * What a strategy says. The structured form of a strategy file is this model as it stands:
 *
 * ```yaml
 * name: Late pressure, no reward
 * competitions: [364]
 * when:
 *   - { left: minute, comparator: ">=", right: 70 }
 *   - { left: { metric: corners, scope: total, window: { last: 15 } }, comparator: ">=", right: 4 }
 *   - any:
 *       - { left: { metric: goals, scope: favourite }, comparator: <, right: { metric: goals, scope: underdog } }
 *       - { left: { metric: red_cards, scope: leading, window: half-time }, comparator: ">=", right: 1 }
 * expect: { left: { metric: goals, scope: total, window: since trigger }, comparator: ">=", right: 1 }
 * ```
 */
import { Effect, Schema } from "effect"
import { isText, Text, TextOrNumber } from "./Match.ts"
import { hasNoTotal, type Metric, MetricName, metric } from "./Metric.ts"

/**
 * Which team's value, or which combination of both. `difference` is absolute, `either` the larger, `both` the smaller
 * of the two. Favourite and underdog go by the pre-match 1X2 odds (none when they are equal or absent), leading and
 * trailing by the goals so far (none at a draw). `home favourite` and its kin exist only if that team is it.
 */
export const scopes = [
  "home",
  "away",
  "total",
  "difference",
  "either",
  "both",
  "favourite",
  "underdog",
  "home favourite",
  "away favourite",
  "home underdog",
  "away underdog",
  "leading",
  "trailing"
] as const
export const Scope = Schema.Literals(scopes).annotate({
  identifier: "Scope",
  description:
    "Whose value: of a team, of both (total), the distance between them (difference), of the team with more (either) or less (both). Without a scope: total"
})
export type Scope = typeof Scope.Type

const Minute = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 120 })))
const Minutes = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 120 })))

/**
 * A part of the match. All minutes are scoreboard minutes. Each has no value before it is there: `since` and `at`
 * before their minute, `between` before its second one, `second half` and `half-time` while the first half runs.
 *
 * - `{ last: 15 }`: what came in the last 15 minutes (from kick-off on where fewer have been played)
 * - `{ since: 60 }`: what came after minute 60
 * - `{ between: [30, 60] }`: what came after minute 30, up to minute 60
 * - `{ at: 60 }`, `{ ago: 10 }`: the value at minute 60, the value ten minutes ago
 * - `first half`, `second half`: what came in that half so far, and no more once it is over; `half-time`: the value then
 * - `since trigger`: what came after the trigger (only in an expectation)
 */
export const Window = Schema.Union([
  Schema.Struct({ last: Minutes.annotate({ description: "What came in the last so many minutes" }) }),
  Schema.Struct({ since: Minute.annotate({ description: "What came after this minute" }) }),
  Schema.Struct({ at: Minute.annotate({ description: "Everything up to this minute" }) }),
  Schema.Struct({ ago: Minutes.annotate({ description: "Everything up to so many minutes ago" }) }),
  Schema.Struct({
    between: Schema.Tuple([Minute, Minute])
      .annotate({ description: "What came after the first minute, up to the second" })
      .check(Schema.makeFilter(([from, to]) => from < to || "the first minute must be less than the second"))
  }),
  Schema.Literals(["first half", "second half", "half-time", "since trigger"])
]).annotate({ identifier: "Window", description: "A part of the match, in scoreboard minutes" })
export type Window = typeof Window.Type

/** What is advised of a value that needs a scope other than `total`. */
const sayWhose = "say whose, such as home, favourite, either or both"

/** Why the values of both teams are not added up. */
const noTotal = (name: MetricName, { unit }: Metric): string => {
  switch (unit) {
    case "percent":
      return name === "possession"
        ? "possession of both teams is always 100"
        : `percentages such as ${name} do not add up`
    case "rank":
      return `places such as ${name} do not add up`
    default:
      return `prices such as ${name} do not add up`
  }
}

/**
 * The value of a metric. A metric with a value for each team takes the scope `total` where none is given, unless it is a
 * percentage, a place or a price, which need to be somebody's; one with a single value for the match (`odds.draw`) takes no
 * scope, and what was fixed before kick-off no window.
 */
export const MetricValue = Schema.Struct({
  metric: MetricName.annotate({ description: "What is counted or measured" }),
  scope: Schema.optionalKey(Scope),
  window: Schema.optionalKey(Window)
}).pipe(
  Schema.check(
    Schema.makeFilter(({ metric: name, scope, window }) => {
      const row = metric(name)
      const issues: Array<{ readonly path: ["scope" | "window"]; readonly issue: string }> = []
      if (window !== undefined && row.group === "prematch") {
        issues.push({ path: ["window"], issue: `${name} does not change during the match: leave the window out` })
      }
      if (window !== undefined && name === "minutes_since_last_goal") {
        issues.push({ path: ["window"], issue: `${name} speaks of the past itself: leave the window out` })
      }
      if (scope !== undefined && !row.sided) {
        issues.push({ path: ["scope"], issue: `${name} has one value for the match: leave the scope out` })
      }
      if (hasNoTotal(row) && (scope ?? "total") === "total") {
        issues.push({ path: ["scope"], issue: `${noTotal(name, row)}: ${sayWhose}` })
      }
      return issues
    })
  )
)
export interface MetricValue extends Schema.Schema.Type<typeof MetricValue> {}

export const Operator = Schema.Literals(["+", "-", "*", "/"]).annotate({
  description: "What is done with the two sides; a division by zero has no value"
})
export type Operator = typeof Operator.Type

/** Two expressions joined by an operator. A division by zero has no value. */
export interface Arithmetic {
  readonly op: Operator
  readonly left: Expression
  readonly right: Expression
}

/** A number, the scoreboard minute without added time (90 throughout 90+4), a metric, or arithmetic over them. */
export type Expression = number | "minute" | MetricValue | Arithmetic

/** See {@link Arithmetic}. */
export const Arithmetic = Schema.Struct({
  op: Operator,
  left: Schema.suspend((): Schema.Codec<Expression> => Expression).annotateKey({ description: "The first operand" }),
  right: Schema.suspend((): Schema.Codec<Expression> => Expression).annotateKey({ description: "The second operand" })
}).annotate({ identifier: "Arithmetic", description: "Two expressions joined by an operator" })

/** See {@link Expression}. */
export const Expression: Schema.Codec<Expression> = Schema.Union([
  Schema.Finite,
  Schema.Literal("minute"),
  MetricValue,
  Arithmetic
]).annotate({
  identifier: "Expression",
  description: "A number, minute, the value of a metric, or arithmetic over them"
})

export const comparators = [">=", "<=", ">", "<", "=", "!="] as const
export const Comparator = Schema.Literals(comparators).annotate({
  description: "How the two sides must compare; no comparator holds when either side has no value"
})
export type Comparator = typeof Comparator.Type

/** Two expressions compared. It does not hold when either side has no value, whatever the comparator. */
export const Comparison = Schema.Struct({
  left: Expression.annotateKey({ description: "What is compared" }),
  comparator: Comparator,
  right: Expression.annotateKey({ description: "What it is compared with" })
}).annotate({
  identifier: "Comparison",
  description: "Two expressions compared"
})
export interface Comparison extends Schema.Schema.Type<typeof Comparison> {}

/** Holds when at least one of its comparisons does. */
export const AnyOf = Schema.Struct({ any: Schema.NonEmptyArray(Comparison) })
export interface AnyOf extends Schema.Schema.Type<typeof AnyOf> {}

/** One thing that must be true for a strategy to fire. */
export const Condition = Schema.Union([Comparison, AnyOf])
export type Condition = typeof Condition.Type

/** Whether a condition is a group of alternatives. */
export const isAnyOf = (condition: Condition): condition is AnyOf => "any" in condition

/** Whether the window `since trigger` occurs in a condition. */
export const speaksOfTrigger = (condition: Condition): boolean => {
  const inExpression = (expression: Expression): boolean => {
    if (typeof expression !== "object") return false
    if ("op" in expression) return inExpression(expression.left) || inExpression(expression.right)
    return expression.window === "since trigger"
  }
  return isAnyOf(condition)
    ? condition.any.some(speaksOfTrigger)
    : inExpression(condition.left) || inExpression(condition.right)
}

/** What a condition of `when` must fulfil: it cannot speak of the trigger, which does not exist yet. */
export const isBeforeTrigger = Schema.makeFilter(
  (condition: Condition) => !speaksOfTrigger(condition) || "the window since trigger is for the expectation only"
)

/** A condition of `when`. */
const Requirement = Condition.pipe(Schema.check(isBeforeTrigger))

/** What a strategy is, wherever it comes from: the part that a strategy file holds. */
export const StrategyDefinition = Schema.Struct({
  name: Text.pipe(
    Schema.check(
      Schema.makeFilter((name) => name.trim() !== "" || "must not be blank", {
        toJsonSchema: () => ({ pattern: "\\S" })
      })
    )
  ).annotate({ description: "What the alert calls it" }),
  /** Why someone would use it, in a sentence or two. */
  description: Schema.optionalKey(
    Schema.String.annotate({ description: "Why someone would use it, in a sentence or two" }).check(isText)
  ),
  /** Ids of the competitions to watch. Absent: all. */
  competitions: Schema.optionalKey(
    Schema.NonEmptyArray(TextOrNumber).annotate({ description: "Ids of the competitions to watch; absent: all" })
  ),
  /** The conditions that must all hold for the strategy to fire. */
  when: Schema.NonEmptyArray(Requirement),
  /** What the strategy expects of a match it fired on, judged at the end of regulation time. */
  expect: Schema.optionalKey(Condition),
  /** Whether it is watched. */
  active: Schema.Boolean.annotate({ description: "Whether it is watched (true unless said otherwise)" }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(true))
  )
})
export interface StrategyDefinition extends Schema.Schema.Type<typeof StrategyDefinition> {}

/** The id of a strategy in the database. */
export const StrategyId = TextOrNumber.pipe(Schema.brand("StrategyId"))
export type StrategyId = typeof StrategyId.Type

/** The id of the user who owns a strategy. */
export const OwnerId = TextOrNumber.pipe(Schema.brand("OwnerId"))
export type OwnerId = typeof OwnerId.Type

/** A strategy that can fire: a definition with its id and, unless it belongs to the operator, its owner. */
export interface Strategy extends StrategyDefinition {
  readonly id: StrategyId
  readonly owner?: OwnerId
}

/** Whether a strategy watches matches of this competition. */
export const watches = (strategy: Pick<Strategy, "competitions">, competitionId: string): boolean =>
  strategy.competitions === undefined || strategy.competitions.includes(competitionId)
