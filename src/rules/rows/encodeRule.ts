/** Comparisons as rows of the table `rules`, and as text in the words of such rows. What they say, `decodeRule` reads. */
import { type MetricName, metric } from "../../domain/Metric.ts"
import type { Comparator, Comparison, Expression, MetricValue, Operator } from "../../domain/Strategy.ts"
import { withTotal } from "../language/normal.ts"
import {
  type comparatorWords,
  prefixes,
  type TimeFilterWords,
  teamScopes,
  timeFilterOf,
  wordFor
} from "../language/words.ts"
import { comparisonPrinter } from "../print.ts"

/** The columns that name a value. */
interface ValueColumns {
  readonly value_type: keyof typeof prefixes
  /** The name without the prefix for which `value_type` stands. */
  readonly metric: string
  readonly team_scope: keyof typeof teamScopes | null
  readonly time_filter: TimeFilterWords
}

/** What stands in `lhs_json` and `rhs_json`: an operand, or two of them joined. */
export interface RuleSide {
  readonly left: RuleOperand
  readonly op?: Operator
  readonly right?: RuleOperand
}

export type RuleOperand =
  | { readonly kind: "number"; readonly value: number }
  | ({ readonly kind: "metric" } & ValueColumns)
  | RuleSide

/** The columns of a row of `rules` that hold a comparison: all but its own id and that of its strategy. */
export interface RuleColumns extends Omit<ValueColumns, "metric"> {
  /** Null when `lhs_json` counts. */
  readonly metric: string | null
  readonly comparator: keyof typeof comparatorWords
  /** Null when `rhs_json` counts. */
  readonly value: number | null
  readonly lhs_json: RuleSide | null
  readonly rhs_json: RuleSide | null
}

const sourceOf = (name: MetricName) => {
  switch (metric(name).group) {
    case "in-play":
      return "IN_PLAY"
    case "prematch":
      return "PRE_MATCH"
    case "odds":
      return "ODDS"
  }
}

const valueColumns = (value: MetricValue): ValueColumns => {
  const { metric: name, scope, window } = withTotal(value)
  const source = sourceOf(name)
  return {
    value_type: source,
    metric: name.slice(prefixes[source].length),
    team_scope: scope === undefined ? null : (wordFor(teamScopes, scope) ?? null),
    time_filter: timeFilterOf(window)
  }
}

const minuteColumns: ValueColumns = {
  value_type: "IN_PLAY",
  metric: "minute",
  team_scope: null,
  time_filter: timeFilterOf(undefined)
}

const operandOf = (expression: Expression): RuleOperand => {
  if (typeof expression === "number") return { kind: "number", value: expression }
  if (expression === "minute") return { kind: "metric", ...minuteColumns }
  return "op" in expression ? joined(expression) : { kind: "metric", ...valueColumns(expression) }
}

const joined = ({ left, op, right }: { left: Expression; op: Operator; right: Expression }): RuleSide => ({
  left: operandOf(left),
  op,
  right: operandOf(right)
})

const sideOf = (expression: Expression): RuleSide =>
  typeof expression === "object" && "op" in expression ? joined(expression) : { left: operandOf(expression) }

const comparatorWord = (comparator: Comparator): keyof typeof comparatorWords => {
  switch (comparator) {
    case ">=":
      return "GTE"
    case "<=":
      return "LTE"
    case ">":
      return "GT"
    case "<":
      return "LT"
    case "=":
      return "EQ"
    case "!=":
      return "NEQ"
  }
}

/**
 * The row of `rules` that makes this comparison: in plain columns as far as they can say it, a metric compared with a
 * number, and in `lhs_json` and `rhs_json` otherwise. The windows `first half` and `since trigger` take the time filters
 * `during_1st_half` and `since_trigger`, which older deployments do not know.
 */
export const encodeRule = ({ comparator, left, right }: Comparison): RuleColumns => {
  const plain =
    left === "minute" ? minuteColumns : typeof left === "object" && "metric" in left ? valueColumns(left) : undefined
  return {
    ...(plain ?? { ...minuteColumns, metric: null }),
    comparator: comparatorWord(comparator),
    value: typeof right === "number" ? right : null,
    lhs_json: plain === undefined ? sideOf(left) : null,
    rhs_json: typeof right === "number" ? null : sideOf(right)
  }
}

const filterText = ({ mode, x, y }: TimeFilterWords): ReadonlyArray<string> =>
  mode === "off"
    ? []
    : [mode.toUpperCase(), ...(x === undefined ? [] : [String(x)]), ...(y === undefined ? [] : ["AND", String(y)])]

const valueText = (value: MetricValue): string => {
  const { metric: name, team_scope, time_filter, value_type } = valueColumns(value)
  return [
    ...(value_type === "IN_PLAY" ? [] : [value_type]),
    ...(team_scope === null ? [] : [team_scope]),
    name.toUpperCase(),
    ...filterText(time_filter)
  ].join(" ")
}

/**
 * A comparison in the words of the table: `TOTAL CORNERS PAST_X 15 GTE 4`, `PRE_MATCH HOME BTTS_RATE GT 60`. The written
 * language includes these words, so the text reads back as the comparison.
 */
export const printRule = comparisonPrinter({ metric: valueText, minute: "MINUTE", comparator: comparatorWord })
