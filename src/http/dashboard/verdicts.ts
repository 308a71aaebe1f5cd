/** The strategies on one match that have not fired there, those first of which the fewest conditions fail. */
import { type Strategy, watches } from "../../domain/Strategy.ts"
import { evaluateCondition, type View } from "../../rules/evaluate.ts"
import { type Explanation, explain } from "../../rules/explain/explain.ts"

/** A strategy on a match as it stands. */
export interface Standing {
  readonly strategy: Strategy
  readonly explanation: Explanation
}

export interface Standings {
  /** Those of the page that was asked for, explained. */
  readonly shown: ReadonlyArray<Standing>
  readonly total: number
}

const failing = ({ when }: Strategy, view: View): number =>
  when.reduce((count, condition) => (evaluateCondition(condition, view) === undefined ? count + 1 : count), 0)

/** A page of so many, counted from 1. What is not shown is weighed and not explained. */
export const standingsOf = (
  strategies: Iterable<Strategy>,
  fired: ReadonlySet<string>,
  view: View,
  page: number,
  size: number
): Standings => {
  const waiting: Array<{ readonly strategy: Strategy; readonly fails: number }> = []
  for (const strategy of strategies) {
    if (fired.has(strategy.id) || !watches(strategy, view.snapshot.match.competition.id)) continue
    waiting.push({ strategy, fails: failing(strategy, view) })
  }
  waiting.sort((a, b) => a.fails - b.fails)
  return {
    shown: waiting
      .slice((page - 1) * size, page * size)
      .map(({ strategy }) => ({ strategy, explanation: explain(strategy, view) })),
    total: waiting.length
  }
}
