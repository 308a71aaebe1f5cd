/**
 * Conditions as people write and read them: `total corners last 15 minutes >= 4`. Evidence, alerts and listings show
 * this text.
 *
 * The text is unambiguous: two different conditions never print alike, with one deliberate exception, that a metric
 * with a value for each team prints its scope `total` whether it is written out or left out. The grammar:
 *
 * ```
 * condition  = comparison | "any:" comparison { "|" comparison }
 * comparison = expression (">=" | "<=" | ">" | "<" | "=" | "!=") expression
 * expression = term { ("+" | "-") term }                    left to right
 * term       = factor { ("*" | "/") factor }                left to right
 * factor     = number | "minute" | [scope] metric [window] | "(" expression ")"
 * ```
 *
 * A number is what JavaScript prints (`-3`, `0.25`, `1e-7`); a negative one stands in parentheses to the right of an
 * operator.
 */
import { metric } from "../domain/Metric.ts"
import {
  type Arithmetic,
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  type MetricValue,
  type Operator,
  type Window
} from "../domain/Strategy.ts"

/** The window as it follows a metric: `last 15 minutes`, `since minute 60`, `at half-time`. */
export const printWindow = (window: Window): string => {
  if (typeof window === "string") {
    switch (window) {
      case "first half":
        return "in first half"
      case "second half":
        return "in second half"
      case "half-time":
        return "at half-time"
      case "since trigger":
        return "since trigger"
    }
  }
  if ("last" in window) return `last ${window.last} minutes`
  if ("since" in window) return `since minute ${window.since}`
  if ("at" in window) return `at minute ${window.at}`
  if ("ago" in window) return `${window.ago} minutes ago`
  return `between minutes ${window.between[0]} and ${window.between[1]}`
}

const printMetric = ({ metric: name, scope = metric(name).sided ? "total" : undefined, window }: MetricValue): string =>
  [scope, name, window === undefined ? undefined : printWindow(window)].filter((part) => part !== undefined).join(" ")

// String(-0) is "0", which would be read back as another number.
const printNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value))

const strength = (op: Operator): 1 | 2 => (op === "+" || op === "-" ? 1 : 2)

const isArithmetic = (expression: Expression): expression is Arithmetic =>
  typeof expression === "object" && "op" in expression

const printArithmetic = ({ left, op, right }: Arithmetic): string => {
  const weakLeft = isArithmetic(left) && strength(left.op) < strength(op)
  // Operators read from the left, so an equally strong one on the right needs its parentheses, even a sum in a sum.
  const weakRight = isArithmetic(right)
    ? strength(right.op) <= strength(op)
    : typeof right === "number" && printNumber(right).startsWith("-")
  const bracket = (expression: Expression, needed: boolean): string =>
    needed ? `(${printExpression(expression)})` : printExpression(expression)
  return `${bracket(left, weakLeft)} ${op} ${bracket(right, weakRight)}`
}

/** `home shots_on_target - away shots_on_target`, with no more parentheses than are needed to read it back as it is. */
export const printExpression = (expression: Expression): string => {
  if (typeof expression === "number") return printNumber(expression)
  if (expression === "minute") return expression
  return isArithmetic(expression) ? printArithmetic(expression) : printMetric(expression)
}

/** `minute >= 70`. */
export const printComparison = ({ comparator, left, right }: Comparison): string =>
  `${printExpression(left)} ${comparator} ${printExpression(right)}`

/** A condition on one line; a group of alternatives as `any: minute >= 70 | total goals >= 2`. */
export const printCondition = (condition: Condition): string =>
  isAnyOf(condition) ? `any: ${condition.any.map(printComparison).join(" | ")}` : printComparison(condition)
