/**
 * Every watched strategy, ready to be evaluated on all matches of a tick in one call. Pure: what holds depends on the
 * views alone.
 */
import type { Strategy } from "../domain/Strategy.ts"
import type { Evidence } from "../domain/Trigger.ts"
import { evaluate, type View } from "./evaluate.ts"

/** A strategy that holds on a match. */
export interface Verdict {
  readonly strategy: Strategy
  readonly view: View
  readonly evidence: ReadonlyArray<Evidence>
}

export interface RuleSet {
  /** The strategies that hold, match by match in the order of the views. */
  readonly evaluate: (views: ReadonlyArray<View>) => ReadonlyArray<Verdict>
}

/** A rule set of these strategies. */
export const make = (strategies: ReadonlyArray<Strategy>): RuleSet => ({
  evaluate: (views) =>
    views.flatMap((view) =>
      strategies.flatMap((strategy) => {
        const evidence = evaluate(strategy, view)
        return evidence === undefined ? [] : [{ strategy, view, evidence }]
      })
    )
})
