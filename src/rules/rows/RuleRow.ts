/**
 * A rule of an older deployment, one row of the table `rules`: one comparison of its strategy, in upper-case words.
 *
 * Such tables fill every column, whether it means something there or not: a team scope on a figure that has none is
 * dropped, a null is as good as an absent column, and numbers may come as text.
 */
import { Predicate, Result, Schema, SchemaGetter } from "effect"
import { TextOrNumber } from "../../domain/Match.ts"
import { isMetricName, metric, metrics } from "../../domain/Metric.ts"
import { didYouMean } from "../../domain/nearest.ts"
import { type Comparison, type Expression, MetricValue, Operator } from "../../domain/Strategy.ts"
import { both, type Checked, checker, isPresent, joined, nullable, problem } from "../language/Checked.ts"
import { comparatorWords, prefixes, teamScopes } from "../language/words.ts"

/** A number, or the text of one: `15`, `"2.50"`. */
const Numeric = Schema.Union([
  Schema.Finite,
  Schema.String.pipe(
    Schema.check(Schema.isPattern(/^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/, { expected: "a number" })),
    Schema.decodeTo(Schema.Finite, { decode: SchemaGetter.Number(), encode: SchemaGetter.String() })
  )
])

const keys = <K extends string>(table: Readonly<Record<K, unknown>>) =>
  Schema.Literals(Object.keys(table).filter((key): key is K => key in table))

const TimeFilter = Schema.Struct({
  mode: Schema.Literals([
    "off",
    "as_of_minute",
    "x_minutes_ago",
    "between",
    "past_x",
    "since_minute",
    "during_1st_half",
    "during_2nd_half",
    "as_of_halftime",
    "since_trigger"
  ]),
  x: nullable(Numeric),
  y: nullable(Numeric)
})

/** The columns that together name a value: those of a rule, and of an operand of `lhs_json` and `rhs_json`. */
const valueColumns = {
  value_type: nullable(keys(prefixes)),
  metric: nullable(Schema.NonEmptyString),
  team_scope: nullable(keys(teamScopes)),
  time_filter: nullable(TimeFilter)
}
const ValueColumns = Schema.Struct(valueColumns)
type ValueColumns = typeof ValueColumns.Type

const Operand = Schema.Struct({
  kind: Schema.Literals(["metric", "number"]),
  value: nullable(Numeric),
  /** The same as `value`, as older builders of rules write it. */
  number: nullable(Numeric),
  ...valueColumns
})

/** `{left, op?, right?}`: an operand alone, or two of them joined. An operand may itself be such an object. */
const Side = Schema.Struct({ left: Schema.Unknown, op: nullable(Operator), right: Schema.optional(Schema.Unknown) })

const RuleRow = Schema.Struct({
  ...valueColumns,
  id: TextOrNumber,
  comparator: keys(comparatorWords),
  value: nullable(Numeric),
  lhs_json: Schema.optional(Schema.Unknown),
  rhs_json: Schema.optional(Schema.Unknown)
})

const checkOperand = checker(Operand)
const checkSide = checker(Side)
const checkRule = checker(RuleRow)
const checkMetricValue = checker(MetricValue)

/** The domain's window of a time filter, not yet checked against the ranges of the domain; undefined for `off`. */
const windowOf = ({ mode, x, y }: typeof TimeFilter.Type, path: string): Checked<unknown> => {
  const withX = (window: (x: number) => unknown): Checked<unknown> =>
    isPresent(x) ? Result.succeed(window(x)) : problem(joined(path, "x"), `is missing: ${mode} needs it`)
  switch (mode) {
    case "off":
      return Result.succeed(undefined)
    case "as_of_minute":
      return withX((at) => ({ at }))
    case "x_minutes_ago":
      return withX((ago) => ({ ago }))
    case "past_x":
      return withX((last) => ({ last }))
    case "since_minute":
      return withX((since) => ({ since }))
    case "between":
      return isPresent(y)
        ? withX((from) => ({ between: [from, y] }))
        : problem(joined(path, "y"), `is missing: ${mode} needs it`)
    case "during_1st_half":
      return Result.succeed("first half")
    case "during_2nd_half":
      return Result.succeed("second half")
    case "as_of_halftime":
      return Result.succeed("half-time")
    case "since_trigger":
      return Result.succeed("since trigger")
  }
}

/** The metric that the columns `value_type` and `metric` name: in any case of letters, with its prefix or without. */
const expressionOf = (columns: ValueColumns, path: string): Checked<Expression> => {
  if (!isPresent(columns.metric)) return problem(joined(path, "metric"), "is missing")
  const written = columns.metric.trim().toLowerCase()
  const prefix = prefixes[columns.value_type ?? "IN_PLAY"]
  if (written === "minute" && prefix === "") return Result.succeed("minute")
  const name = written.startsWith(prefix) ? written : `${prefix}${written}`
  if (!isMetricName(name)) {
    const near = didYouMean(name, [...metrics.keys(), "minute"])
    return problem(joined(path, "metric"), `no metric is called ${name}${near}`)
  }
  const scope =
    isPresent(columns.team_scope) && metric(name).sided ? { scope: teamScopes[columns.team_scope] } : undefined
  const filter = joined(path, "time_filter")
  return Result.flatMap(
    isPresent(columns.time_filter) ? windowOf(columns.time_filter, filter) : Result.succeed(undefined),
    (window) =>
      checkMetricValue({ metric: name, ...scope, ...(window === undefined ? undefined : { window }) }).pipe(
        // The metric is of the domain by now: what remains to be wrong is its scope or its window, which the row calls otherwise.
        Result.mapError((problems) =>
          problems.map(({ message, path: key }) => ({
            path: key.startsWith("scope") ? joined(path, "team_scope") : filter,
            message
          }))
        )
      )
  )
}

const numberOf = (value: number | null | undefined, path: string): Checked<number> =>
  isPresent(value) ? Result.succeed(value) : problem(path, "is missing")

const operandOf = (input: unknown, path: string): Checked<Expression> => {
  if (Predicate.hasProperty(input, "left")) return sideOf(input, path)
  return Result.flatMap(checkOperand(input, path), (operand): Checked<Expression> => {
    return operand.kind === "metric"
      ? expressionOf(operand, path)
      : numberOf(operand.value ?? operand.number, joined(path, "value"))
  })
}

const sideOf = (input: unknown, path: string): Checked<Expression> =>
  Result.flatMap(checkSide(input, path), ({ left, op, right }): Checked<Expression> => {
    const first = operandOf(left, joined(path, "left"))
    if (isPresent(op) && isPresent(right)) {
      return both(first, operandOf(right, joined(path, "right")), (left, right) => ({ op, left, right }))
    }
    if (isPresent(op)) return problem(joined(path, "right"), `is missing: the operator ${op} needs it`)
    return isPresent(right) ? problem(joined(path, "op"), "is missing: there is an operand to its right") : first
  })

/**
 * The comparison that a row of `rules` makes. `lhs_json` counts instead of the columns of the metric, `rhs_json` instead
 * of `value`. The problems name the columns of the row.
 */
export const decodeRule = (input: unknown): Checked<Comparison> =>
  Result.flatMap(checkRule(input), (row) =>
    both(
      isPresent(row.lhs_json) ? sideOf(row.lhs_json, "lhs_json") : expressionOf(row, ""),
      isPresent(row.rhs_json) ? sideOf(row.rhs_json, "rhs_json") : numberOf(row.value, "value"),
      (left, right) => ({ left, comparator: comparatorWords[row.comparator], right })
    )
  )
