import { seeded } from "../../src/feed/SimulatedMatch.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { makeStrategies } from "./strategies.ts"
import { drawViews, loadMatches } from "./views.ts"

let t = performance.now()
const lap = (l: string) => {
  const n = performance.now()
  console.log(l, (n - t).toFixed(0), "ms")
  t = performance.now()
}
const m = loadMatches()
lap("load " + m.source)
const next = seeded("bench")
const views = drawViews(m, 1000, next)
lap("views")
const make = makeStrategies(views, [...new Set(views.map((v) => v.snapshot.match.competition.id))])
const N = Number(process.argv[2] ?? 100000)
const strategies = make(N, next)
lap("strategies")
console.log(strategies.slice(0, 4).map((s) => JSON.stringify(s.when)))
let rs = RuleSet.make(strategies)
lap("compile")
rs = RuleSet.make(strategies)
lap("compile2")
console.log("conditions", rs.conditions())
let best = 1e9,
  f
for (let i = 0; i < 40; i++) {
  const s = performance.now()
  f = rs.fired(views)
  best = Math.min(best, performance.now() - s)
}
console.log(
  "best",
  best.toFixed(2),
  "ms",
  ((N * views.length) / best / 1e6).toFixed(2),
  "G pairs/s",
  "fired",
  f.views.length,
  ((100 * f.views.length) / N / views.length).toFixed(2) + "%"
)

import { isAnyOf } from "../../src/domain/Strategy.ts"
import { printCondition, printExpression } from "../../src/rules/print.ts"

const g = new Set<string>(),
  n2 = new Map<string, number>(),
  vals = new Set<string>(),
  o = new Set<string>()
let inst = 0
for (const s of strategies)
  for (const c of s.when) {
    inst++
    if (isAnyOf(c)) g.add(printCondition(c))
    for (const d of isAnyOf(c) ? c.any : [c]) {
      if (typeof d.right === "number") {
        const k = printCondition(d)
        n2.set(k, (n2.get(k) ?? 0) + 1)
        vals.add(printExpression(d.left))
      } else o.add(printCondition(d))
    }
  }
console.log({
  instances: inst,
  groups: g.size,
  numbers: n2.size,
  used1: [...n2.values()].filter((x) => x === 1).length,
  vals: vals.size,
  others: o.size
})
