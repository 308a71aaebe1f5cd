/** Which strategies are one condition away from holding on a match, those that have fired there left out. */
import type { Condition, Strategy } from "../domain/Strategy.ts"
import type { View } from "../rules/evaluate.ts"
import { hasLabel } from "../rules/KnownLabels.ts"
import type { RuleSet } from "../rules/RuleSet.ts"
import type { KnownPairs } from "./KnownPairs.ts"

export interface Nearby {
  /** How many there are. */
  readonly count: number
  /** The first of them, in the order in which they are held, and the condition of each that fails. */
  readonly misses: ReadonlyArray<{ readonly strategy: Strategy; readonly condition: Condition }>
}

/** Looks at all views at once, and names at most so many strategies of each. */
export const nearby = (
  rules: RuleSet,
  known: KnownPairs,
  views: ReadonlyArray<View>,
  most: number
): ReadonlyArray<Nearby> => {
  const near = rules.nearly(views)
  const labels = rules.labels()
  const fired = known.shown(views.map(({ snapshot }) => snapshot.match.id))
  const found = views.map(() => ({ count: 0, misses: [] as Array<Nearby["misses"][number]> }))
  for (let index = 0; index < near.views.length; index++) {
    const number = near.strategies[index] ?? 0
    const place = near.views[index] ?? 0
    const of = fired[place]
    const each = found[place]
    if (each === undefined || (of !== undefined && hasLabel(of, labels[number] ?? 0))) continue
    each.count += 1
    const strategy = each.misses.length < most ? rules.strategy(number) : undefined
    const condition = strategy?.when[near.failing[index] ?? 0]
    if (strategy !== undefined && condition !== undefined) each.misses.push({ strategy, condition })
  }
  return found
}
