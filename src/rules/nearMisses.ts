/** When in a match a strategy held, or came closest to holding. */
import type { StrategyDefinition } from "../domain/Strategy.ts"
import type { View } from "./evaluate.ts"
import { type Explanation, explain, remoteness } from "./explain.ts"

/** A minute of a match, explained. */
export interface ExplainedView {
  readonly view: View
  readonly explanation: Explanation
}

/** How far a strategy is from holding: how many conditions fail, then how many of them for want of a value, then how far. */
const farness = ({ conditions }: Explanation): readonly [failing: number, missing: number, distance: number] => {
  const failing = conditions.filter(({ holds }) => !holds)
  const known = failing.map(remoteness).filter(Number.isFinite)
  return [failing.length, failing.length - known.length, known.reduce((sum, each) => sum + each, 0)]
}

const compareFarness = (a: Explanation, b: Explanation): number => {
  const [x, y] = [farness(a), farness(b)]
  return x[0] - y[0] || x[1] - y[1] || x[2] - y[2]
}

/** All minutes of a match, explained, and those of them to look at. */
export interface ExplainedMatch {
  readonly minutes: ReadonlyArray<ExplainedView>
  /** The minutes at which all conditions hold, in order; without any, those that come closest (equally close ones all). */
  readonly best: ReadonlyArray<ExplainedView>
}

/**
 * Explains every view of a match. Closest are the minutes at which the fewest conditions fail; of those, the ones with
 * the fewest values missing; of those, the ones that are short by the least, in shares of what the conditions ask for.
 */
export const explainMatch = (strategy: StrategyDefinition, views: ReadonlyArray<View>): ExplainedMatch => {
  const minutes = views.map((view) => ({ view, explanation: explain(strategy, view) }))
  const [first] = minutes
  if (first === undefined) return { minutes, best: [] }
  const nearest = minutes.reduce(
    (best, { explanation }) => (compareFarness(explanation, best) < 0 ? explanation : best),
    first.explanation
  )
  return { minutes, best: minutes.filter(({ explanation }) => compareFarness(explanation, nearest) === 0) }
}
