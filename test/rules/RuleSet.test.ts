import { describe, expect, it } from "@effect/vitest"
import { type Condition, type Strategy, StrategyId } from "../../src/domain/Strategy.ts"
import { seeded } from "../../src/feed/SimulatedMatch.ts"
import { evaluate, type View } from "../../src/rules/evaluate.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { generator } from "./generated.ts"
import { viewOf } from "./scene.ts"

const late: Condition = { left: "minute", comparator: ">=", right: 70 }
const goalless: Condition = { left: { metric: "goals" }, comparator: "=", right: 0 }

const strategy = (id: string, ...[first, ...rest]: readonly [Condition, ...ReadonlyArray<Condition>]): Strategy => ({
  id: StrategyId.make(id),
  name: id,
  when: [first, ...rest],
  active: true
})

/** What the reference evaluator says, in the order that a rule set promises. */
const reference = (strategies: ReadonlyArray<Strategy>, views: ReadonlyArray<View>): ReadonlyArray<RuleSet.Verdict> =>
  views.flatMap((view) =>
    strategies.flatMap((strategy) => {
      const evidence = evaluate(strategy, view)
      return evidence === undefined ? [] : [{ strategy, view, evidence }]
    })
  )

/** The pairs that only one of the two fires, as text. */
const disagreements = (
  ruleSet: RuleSet.RuleSet,
  strategies: ReadonlyArray<Strategy>,
  views: ReadonlyArray<View>
): ReadonlyArray<string> => {
  const { strategies: numbers, views: on } = ruleSet.fired(views)
  const places = new Map(strategies.map((each, place) => [each, place]))
  const fires = new Uint8Array(strategies.length * views.length)
  const wrong: Array<string> = []
  on.forEach((view, index) => {
    const place = places.get(ruleSet.strategy(numbers[index] ?? -1) ?? strategy("none", late)) ?? -1
    if (place < 0 || fires[place * views.length + view] === 1)
      wrong.push(`pair ${index} is of no strategy, or a second time`)
    fires[place * views.length + view] = 1
  })
  strategies.forEach((each, place) => {
    views.forEach((view, index) => {
      const holds = evaluate(each, view) !== undefined
      if (holds !== (fires[place * views.length + index] === 1)) {
        wrong.push(`${JSON.stringify(each)} on view ${index}: ${holds}`)
      }
    })
  })
  return wrong
}

describe("verdicts", () => {
  // 16 times 250 × 250, and once 100 × 1,100 (more views than a block holds): 1.1 million in all.
  it.each(Array.from({ length: 16 }, (_, index) => `seed ${index}`))(
    "are those of the reference evaluator on 62,500 generated pairs: %s",
    (seed) => {
      const { strategy, view } = generator(seeded(seed))
      const strategies = Array.from({ length: 250 }, (_, index) => strategy(`${index}`))
      const views = Array.from({ length: 250 }, view)
      expect(disagreements(RuleSet.make(strategies), strategies, views)).toEqual([])
    }
  )

  it("are those of the reference evaluator on more views than a block holds, and on fewer afterwards", () => {
    const { strategy, view } = generator(seeded("blocks"))
    const strategies = Array.from({ length: 100 }, (_, index) => strategy(`${index}`))
    const views = Array.from({ length: 1100 }, view)
    const ruleSet = RuleSet.make(strategies)
    expect(disagreements(ruleSet, strategies, views)).toEqual([])
    expect(disagreements(ruleSet, strategies, views.slice(0, 33))).toEqual([])
  })

  it("come with the evidence of the reference evaluator, match by match and strategy by strategy", () => {
    const { strategy, view } = generator(seeded("evidence"))
    const strategies = Array.from({ length: 60 }, (_, index) => strategy(`${index}`))
    const views = Array.from({ length: 60 }, view)
    const verdicts = RuleSet.make(strategies).evaluate(views)
    expect(verdicts.length).toBeGreaterThan(50)
    expect(verdicts).toEqual(reference(strategies, views))
  })

  it("are none without strategies, and none without views", () => {
    expect(RuleSet.make([]).evaluate([viewOf({ minute: 80 })])).toEqual([])
    expect(RuleSet.make([strategy("a", late)]).evaluate([])).toEqual([])
  })

  it("do not hold where a value is missing, whatever the comparator", () => {
    const missing = (comparator: "!=" | "<" | ">=") =>
      strategy(comparator, { left: { metric: "odds.draw" }, comparator, right: 3 })
    expect(RuleSet.make([missing("!="), missing("<"), missing(">=")]).evaluate([viewOf({ minute: 80 })])).toEqual([])
  })

  it("do not depend on what was evaluated before", () => {
    const { strategy, view } = generator(seeded("before"))
    const strategies = Array.from({ length: 50 }, (_, index) => strategy(`${index}`))
    const ruleSet = RuleSet.make(strategies)
    const [some, others] = [Array.from({ length: 70 }, view), Array.from({ length: 40 }, view)]
    ruleSet.evaluate(some)
    expect(ruleSet.evaluate(others)).toEqual(RuleSet.make(strategies).evaluate(others))
  })
})

describe("conditions", () => {
  it("that mean the same are evaluated once", () => {
    const ruleSet = RuleSet.make([
      strategy("a", late),
      strategy("b", { left: 70, comparator: "<=", right: "minute" }),
      strategy("c", { any: [{ left: "minute", comparator: ">=", right: 70 }] }),
      strategy("d", late, late)
    ])
    expect(ruleSet.conditions()).toBe(1)
  })

  it("of sums are the same in either order, of differences not", () => {
    const [home, away] = [
      { metric: "shots", scope: "home" },
      { metric: "shots", scope: "away" }
    ] as const
    const count = (op: "+" | "-") =>
      RuleSet.make([
        strategy("a", { left: { op, left: home, right: away }, comparator: ">", right: 3 }),
        strategy("b", { left: { op, left: away, right: home }, comparator: ">", right: 3 })
      ]).conditions()
    expect([count("+"), count("-")]).toEqual([1, 2])
  })
})

describe("adding and removing", () => {
  const view = viewOf({ minute: 80 })
  const firing = (ruleSet: RuleSet.RuleSet) => ruleSet.evaluate([view]).map(({ strategy }) => strategy.id)

  it("a strategy that was added fires after those before it", () => {
    const ruleSet = RuleSet.make([strategy("a", late)])
    ruleSet.add(strategy("b", goalless))
    expect(firing(ruleSet)).toEqual(["a", "b"])
  })

  it("a strategy that was removed does not fire, and its conditions are no longer held", () => {
    const ruleSet = RuleSet.make([strategy("a", late), strategy("b", late, goalless)])
    expect(ruleSet.remove("b")).toBe(true)
    expect([firing(ruleSet), ruleSet.size(), ruleSet.conditions()]).toEqual([["a"], 1, 1])
  })

  it("removing what is not held is no error", () => {
    expect(RuleSet.make([strategy("a", late)]).remove("b")).toBe(false)
  })

  it("a strategy takes the place of one of the same id", () => {
    const ruleSet = RuleSet.make([strategy("a", { left: "minute", comparator: ">", right: 85 })])
    ruleSet.add(strategy("a", late))
    expect([firing(ruleSet), ruleSet.size()]).toEqual([["a"], 1])
  })

  it("a strategy that became inactive is no longer held", () => {
    const ruleSet = RuleSet.make([strategy("a", late)])
    ruleSet.add({ ...strategy("a", late), active: false })
    expect([firing(ruleSet), ruleSet.size(), ruleSet.conditions()]).toEqual([[], 0, 0])
  })

  it("in any order leaves a rule set like one made of what remains", () => {
    const next = seeded("changes")
    const { chance, integer, strategy, view } = generator(next)
    const views = Array.from({ length: 40 }, view)
    const held = new Map<string, Strategy>()
    const ruleSet = RuleSet.make([])
    for (let change = 0; change < 600; change++) {
      const id = `${integer(0, 60)}`
      held.delete(id)
      if (chance(change < 400 ? 0.6 : 0.2)) {
        const added = strategy(id)
        ruleSet.add(added)
        if (added.active) held.set(id, added)
      } else ruleSet.remove(id)
      if (change % 60 === 59) {
        const fresh = RuleSet.make([...held.values()])
        expect(ruleSet.evaluate(views)).toEqual(fresh.evaluate(views))
        expect([ruleSet.size(), ruleSet.conditions()]).toEqual([fresh.size(), fresh.conditions()])
      }
    }
    for (const id of held.keys()) ruleSet.remove(id)
    expect([ruleSet.size(), ruleSet.conditions()]).toEqual([0, 0])
  })
})
