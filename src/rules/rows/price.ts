/** How large a strategy is, and what it costs a scan: known from what it says, before it is ever evaluated. */
import { type Comparison, type Expression, isAnyOf, type Strategy, type Window } from "../../domain/Strategy.ts"
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

const comparisonsOf = ({ expect, when }: Pick<Strategy, "expect" | "when">): ReadonlyArray<Comparison> =>
  [...when, ...(expect === undefined ? [] : [expect])].flatMap((condition) =>
    isAnyOf(condition) ? condition.any : [condition]
  )

/** What one comparison costs: the minutes of its windows, and 1 where it has none. */
export const priceOfComparison = ({ left, right }: Comparison): number =>
  Math.max(1, sizeOf(left).minutes + sizeOf(right).minutes)

/** What each distinct comparison of a strategy that a scan evaluates costs, by the comparison as text. */
export const pricesOf = ({ when }: Pick<Strategy, "when">): ReadonlyMap<string, number> =>
  new Map(comparisonsOf({ when }).map((each) => [JSON.stringify(each), priceOfComparison(each)]))

/** What a strategy costs where none of its comparisons is another's as well: no less than it does. */
export const priceOf = ({ when }: Pick<Strategy, "when">): number =>
  comparisonsOf({ when }).reduce((sum, each) => sum + priceOfComparison(each), 0)

/** Why a strategy is more than an owner's may be, or undefined. */
export const tooLarge = (strategy: Strategy, limits: Limits): string | undefined => {
  const comparisons = comparisonsOf(strategy)
  if (strategy.name.length > limits.name) return beyond("name", limits)
  if ((strategy.description?.length ?? 0) > limits.text) return beyond("text", limits)
  if (comparisons.length > limits.conditions) return beyond("conditions", limits)
  for (const { left, right } of comparisons) {
    const [one, other] = [sizeOf(left), sizeOf(right)]
    if (Math.max(one.depth, other.depth) > limits.depth) return beyond("depth", limits)
    if (one.terms + other.terms > limits.terms) return beyond("terms", limits)
  }
  return undefined
}
