/**
 * Conditions as people write and read them: `total corners last 15 minutes >= 4`. Evidence, alerts and listings show
 * this text, and `language/parse.ts`, which has the grammar, reads it.
 *
 * The text is unambiguous: two different conditions never print alike, with one deliberate exception, that a metric
 * with a value for each team prints its scope `total` whether it is written out or left out. So what is printed reads
 * back as the condition in its normal form.
 *
 * A number is what JavaScript prints (`-3`, `0.25`, `1e-7`); a negative one stands in parentheses to the right of an
 * operator.
 */
import { metric } from "../domain/Metric.ts"
import {
  type Arithmetic,
  type Comparator,
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
  const minutes = (count: number): string => (count === 1 ? "1 minute" : `${count} minutes`)
  if ("last" in window) return `last ${minutes(window.last)}`
  if ("since" in window) return `since minute ${window.since}`
  if ("at" in window) return `at minute ${window.at}`
  if ("ago" in window) return `${minutes(window.ago)} ago`
  return `between minutes ${window.between[0]} and ${window.between[1]}`
}

const printMetric = ({ metric: name, scope = metric(name).sided ? "total" : undefined, window }: MetricValue): string =>
  [scope, name, window === undefined ? undefined : printWindow(window)].filter((part) => part !== undefined).join(" ")

// String(-0) is "0", which would be read back as another number.
const printNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value))

const strength = (op: Operator): 1 | 2 => (op === "+" || op === "-" ? 1 : 2)

const isArithmetic = (expression: Expression): expression is Arithmetic =>
  typeof expression === "object" && "op" in expression

/** The words of a condition's text: how a metric, the minute and a comparator are written. */
export interface Vocabulary {
  readonly metric: (value: MetricValue) => string
  readonly minute: string
  readonly comparator: (comparator: Comparator) => string
}

/** Prints arithmetic in a vocabulary. */
export const expressionPrinter = ({ metric, minute }: Vocabulary): ((expression: Expression) => string) => {
  const arithmetic = ({ left, op, right }: Arithmetic): string => {
    const weakLeft = isArithmetic(left) && strength(left.op) < strength(op)
    // Operators read from the left, so an equally strong one on the right needs its parentheses, even a sum in a sum.
    const weakRight = isArithmetic(right)
      ? strength(right.op) <= strength(op)
      : typeof right === "number" && printNumber(right).startsWith("-")
    const bracket = (expression: Expression, needed: boolean): string =>
      needed ? `(${print(expression)})` : print(expression)
    return `${bracket(left, weakLeft)} ${op} ${bracket(right, weakRight)}`
  }
  const print = (expression: Expression): string => {
    if (typeof expression === "number") return printNumber(expression)
    if (expression === "minute") return minute
    return isArithmetic(expression) ? arithmetic(expression) : metric(expression)
  }
  return print
}

/** Prints comparisons in a vocabulary. */
export const comparisonPrinter = (vocabulary: Vocabulary): ((comparison: Comparison) => string) => {
  const print = expressionPrinter(vocabulary)
  return ({ comparator, left, right }) => `${print(left)} ${vocabulary.comparator(comparator)} ${print(right)}`
}

const written: Vocabulary = { metric: printMetric, minute: "minute", comparator: (comparator) => comparator }

/** `home shots_on_target - away shots_on_target`, with no more parentheses than are needed to read it back as it is. */
export const printExpression = expressionPrinter(written)

const asWritten = comparisonPrinter(written)

/** Texts of comparisons that are held: pages print the same ones with every scan. */
const texts = new WeakMap<Comparison, string>()

/** `minute >= 70`. */
export const printComparison = (comparison: Comparison): string => {
  const known = texts.get(comparison)
  if (known !== undefined) return known
  const text = asWritten(comparison)
  texts.set(comparison, text)
  return text
}

/** A condition on one line; a group of alternatives as `any: minute >= 70 | total goals >= 2`. */
export const printCondition = (condition: Condition): string =>
  isAnyOf(condition) ? `any: ${condition.any.map(printComparison).join(" | ")}` : printComparison(condition)
