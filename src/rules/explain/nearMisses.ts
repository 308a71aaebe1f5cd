/** When in a match a strategy held, or came closest to holding. */
import { type Condition, type Expression, isAnyOf, type StrategyDefinition } from "../../domain/Strategy.ts"
import type { View } from "../evaluate.ts"
import { type Explanation, explain, remoteness } from "./explain.ts"

/** A minute of a match, explained. */
export interface ExplainedView {
  readonly view: View
  readonly explanation: Explanation
}

/** Whether a condition says when to look, and nothing of what there is to see. */
const isAboutMinute = (condition: Condition): boolean => {
  const isClock = (expression: Expression): boolean =>
    typeof expression !== "object" || ("op" in expression && isClock(expression.left) && isClock(expression.right))
  return (isAnyOf(condition) ? condition.any : [condition]).every(({ left, right }) => isClock(left) && isClock(right))
}

/** How far a strategy is from holding, what weighs most first. */
type Farness = readonly [outside: number, failing: number, missing: number, distance: number]

const farness = ({ when }: StrategyDefinition, { conditions }: Explanation): Farness => {
  const failing = conditions.filter(({ holds }) => !holds)
  const outside = conditions.filter(({ holds }, index) => {
    const condition = when[index]
    return !holds && condition !== undefined && isAboutMinute(condition)
  })
  const known = failing.map(remoteness).filter(Number.isFinite)
  const distance = known.reduce((sum, each) => sum + each, 0)
  return [outside.length, failing.length, failing.length - known.length, distance]
}

const compareFarness = (a: Farness, b: Farness): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]

/** All minutes of a match, explained, and those of them to look at. */
export interface ExplainedMatch {
  readonly minutes: ReadonlyArray<ExplainedView>
  /** The minutes at which all conditions hold, in order; without any, those that come closest (equally close ones all). */
  readonly best: ReadonlyArray<ExplainedView>
}

/**
 * Explains every view of a match. Closest are minutes that the strategy looks at, if there are any, for a strategy that
 * looks from minute 70 on is not nearly met at minute 46; of those, the ones at which the fewest conditions fail; of
 * those, the ones with the fewest values missing; of those, the ones that are short by the least, in shares of what the
 * conditions ask for.
 */
export const explainMatch = (strategy: StrategyDefinition, views: ReadonlyArray<View>): ExplainedMatch => {
  const minutes = views.map((view) => ({ view, explanation: explain(strategy, view) }))
  const far = minutes.map(({ explanation }) => farness(strategy, explanation))
  const nearest = far.toSorted(compareFarness)[0]
  if (nearest === undefined) return { minutes, best: [] }
  return {
    minutes,
    best: minutes.filter((_, index) => {
      const each = far[index]
      return each !== undefined && compareFarness(each, nearest) === 0
    })
  }
}
