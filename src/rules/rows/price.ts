/** How large a strategy is, and what it costs a scan: known from what it says, before it is ever evaluated. */
import {
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  type Strategy,
  type Window
} from "../../domain/Strategy.ts"
import { beyond, type Limits } from "./limits.ts"

/** The minutes of a half, and of a match with its extra time. */
const [half, whole] = [45, 120]

/** How many minutes of the past a window looks at. */
const minutesOf = (window: Window | undefined): number => {
  if (window === undefined) return 0
  if (typeof window === "string") return window === "since trigger" ? whole : half
  if ("last" in window) return window.last
  if ("between" in window) return window.between[1] - window.between[0]
  if ("since" in window) return whole - window.since
  return "ago" in window ? window.ago : 1
}

interface Size {
  readonly depth: number
  readonly terms: number
  readonly minutes: number
}

const sizeOf = (expression: Expression): Size => {
  if (typeof expression !== "object") return { depth: 1, terms: 1, minutes: 0 }
  if ("metric" in expression) return { depth: 1, terms: 1, minutes: minutesOf(expression.window) }
  const [left, right] = [sizeOf(expression.left), sizeOf(expression.right)]
  return {
    // A sum of many is one beside the other.
    depth: Math.max(left.depth, right.depth + 1),
    terms: left.terms + right.terms,
    minutes: left.minutes + right.minutes
  }
}

const comparisonsIn = (conditions: ReadonlyArray<Condition>): ReadonlyArray<Comparison> =>
  conditions.flatMap((condition) => (isAnyOf(condition) ? condition.any : [condition]))

const expectationOf = ({ expect }: Pick<Strategy, "expect">): ReadonlyArray<Comparison> =>
  expect === undefined ? [] : comparisonsIn([expect])

/** How many times as much a comparison of an expectation costs: it is judged of every open trigger, and of pasts that may be. */
const judging = 5

/** How many values and numbers of a comparison cost as much as a minute of a window: most have no more. */
const termsOfOne = 4

/** What one comparison costs: the minutes of its windows, or 1 for every four of its values and numbers, whichever is more. */
export const priceOfComparison = ({ left, right }: Comparison): number => {
  const [one, other] = [sizeOf(left), sizeOf(right)]
  return Math.max(one.minutes + other.minutes, Math.ceil((one.terms + other.terms) / termsOfOne))
}

/** What each distinct comparison of a strategy costs, those that its triggers are judged by among them, by the comparison as text. */
export const pricesOf = (strategy: Pick<Strategy, "expect" | "when">): ReadonlyMap<string, number> =>
  new Map([
    ...comparisonsIn(strategy.when).map((each) => [JSON.stringify(each), priceOfComparison(each)] as const),
    ...expectationOf(strategy).map(
      (each) => [`expected ${JSON.stringify(each)}`, judging * priceOfComparison(each)] as const
    )
  ])

/** What a strategy costs where none of its comparisons is another's as well: no less than it does. */
export const priceOf = (strategy: Pick<Strategy, "expect" | "when">): number =>
  comparisonsIn(strategy.when).reduce((sum, each) => sum + priceOfComparison(each), 0) +
  expectationOf(strategy).reduce((sum, each) => sum + judging * priceOfComparison(each), 0)

const termsOf = ({ left, right }: Comparison): number => sizeOf(left).terms + sizeOf(right).terms

/** Why a strategy is more than an owner's may be, or undefined. */
export const tooLarge = (strategy: Strategy, limits: Limits): string | undefined => {
  const expected = expectationOf(strategy)
  const comparisons = [...comparisonsIn(strategy.when), ...expected]
  if (strategy.name.length > limits.name) return beyond("name", limits)
  if ((strategy.description?.length ?? 0) > limits.text) return beyond("text", limits)
  if (comparisons.length > limits.conditions) return beyond("conditions", limits)
  for (const { left, right } of comparisons) {
    if (Math.max(sizeOf(left).depth, sizeOf(right).depth) > limits.depth) return beyond("depth", limits)
  }
  // All of an expectation is read for every trigger.
  const terms = expected.reduce((sum, each) => sum + termsOf(each), 0)
  return Math.max(terms, ...comparisons.map(termsOf)) > limits.terms ? beyond("terms", limits) : undefined
}
