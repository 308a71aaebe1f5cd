import { isAnyOf } from "../../src/domain/Strategy.ts"
import { seeded } from "../../src/feed/SimulatedMatch.ts"
import { makeConditions } from "../../src/rules/engine/conditions.ts"
import { viewOrder } from "../../src/rules/engine/viewOrder.ts"
import { printExpression } from "../../src/rules/print.ts"
import { makeStrategies } from "./strategies.ts"
import { drawViews, loadMatches } from "./views.ts"

const next = seeded("bench")
const views = drawViews(loadMatches(), 1000, next)
const make = makeStrategies(views, [...new Set(views.map((v) => v.snapshot.match.competition.id))])
const N = 100000,
  strategies = make(N, next)
const order = viewOrder(views)
const block = [...order].map((i) => views[i])
for (const sorted of [false, true]) {
  const c = makeConditions()
  if (sorted) {
    const all = strategies
      .flatMap((s) => s.when.flatMap((w) => (isAnyOf(w) ? [...w.any] : [w])))
      .map((w) => ({ w, k: printExpression(w.left) }))
      .sort((a, b) => (a.k < b.k ? -1 : 1))
    for (const { w } of all) c.acquire(w)
  }
  for (const s of strategies) {
    s.when.forEach(c.acquire)
    if (s.competitions) c.acquireCompetitions(s.competitions)
  }
  let best = 1e9
  for (let i = 0; i < 60; i++) {
    const t = performance.now()
    c.evaluate(block)
    best = Math.min(best, performance.now() - t)
  }
  console.log(sorted,(globalThis as any).Q);
  globalThis.T = {}
}
