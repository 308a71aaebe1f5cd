import { describe, expect, it } from "@effect/vitest"
import { type Condition, type Strategy, StrategyId, watches } from "../../src/domain/Strategy.ts"
import { moment, record } from "../../src/domain/Timeline.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import { evaluate, evaluateCondition, type View } from "../../src/rules/evaluate.ts"
import { printCondition } from "../../src/rules/print.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { generator } from "./generated.ts"
import { snapshot, viewOf } from "./scene.ts"

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

/** The pairs that only one of the two fires, as text: of all strategies in one rule set, or of so many in each. */
const disagreements = (
  strategies: ReadonlyArray<Strategy>,
  views: ReadonlyArray<View>,
  sizes: ReadonlyArray<number> = [strategies.length]
): ReadonlyArray<string> => {
  const places = new Map(strategies.map((each, place) => [each, place]))
  const expected = strategies.map((each) => views.map((view) => evaluate(each, view) !== undefined))
  return sizes.flatMap((size) => {
    const fires = strategies.map(() => new Uint8Array(views.length))
    for (let from = 0; from < strategies.length; from += size) {
      const ruleSet = RuleSet.make(strategies.slice(from, from + size))
      const pairs = ruleSet.fired(views)
      pairs.views.forEach((view, index) => {
        const fired = ruleSet.strategy(pairs.strategies[index] ?? -1)
        const row = fires[fired === undefined ? -1 : (places.get(fired) ?? -1)]
        if (row !== undefined) row[view] = (row[view] ?? 0) + 1
      })
    }
    return strategies.flatMap((each, place) =>
      views.flatMap((_, view) => {
        const holds = expected[place]?.[view] === true
        const times = fires[place]?.[view] ?? 0
        return times === Number(holds)
          ? []
          : [`${JSON.stringify(each)} on view ${view}: ${holds}, fired ${times} times`]
      })
    )
  })
}

describe("verdicts", () => {
  // 16 times 250 × 250, and once 100 × 1,100: 1.1 million pairs in all, most of them evaluated twice.
  it.each(Array.from({ length: 16 }, (_, index) => `seed ${index}`))(
    "are those of the reference evaluator on 62,500 generated pairs: %s",
    (seed) => {
      const { strategy, view } = generator(seeded(seed))
      const strategies = Array.from({ length: 250 }, (_, index) => strategy(`${index}`))
      const views = Array.from({ length: 250 }, view)
      // A few strategies are evaluated one by one, many of them together.
      expect(disagreements(strategies, views, [250, 10])).toEqual([])
    }
  )

  it("are those of the reference evaluator on more views than a block holds", () => {
    const { strategy, view } = generator(seeded("blocks"))
    const strategies = Array.from({ length: 100 }, (_, index) => strategy(`${index}`))
    expect(disagreements(strategies, Array.from({ length: 1100 }, view))).toEqual([])
  })

  it("are those of the reference evaluator from tick to tick, also where a feed corrects the past", () => {
    const { strategy, view } = generator(seeded("ticks"))
    const strategies = Array.from({ length: 40 }, (_, index) => strategy(`${index}`))
    const ruleSet = RuleSet.make(strategies)
    let views: ReadonlyArray<View> = Array.from({ length: 12 }, view)
    for (let tick = 0; tick < 60; tick++) {
      // Snapshots come in no order, so that some take the place of a moment and some go between two.
      const next = views.map(({ timeline }): View => {
        const { snapshot } = view()
        return { snapshot, timeline: record(timeline, moment(snapshot)) }
      })
      // What was seen a tick ago is asked for along with what is seen now.
      const both = [...next, ...views]
      expect(ruleSet.evaluate(both)).toEqual(reference(strategies, both))
      views = next
    }
  })

  it("know of a match no more than it had seen, where it is asked for at two moments", () => {
    const corners = (home: number) => ({ statistics: { corners: { home, away: 0 } } })
    const later = viewOf({ minute: 45, ...corners(2) }, { minute: 45, added: 3, ...corners(4) })
    const earlier = { snapshot: snapshot({ minute: 45, ...corners(2) }), timeline: later.timeline.slice(0, 1) }
    const strategies = Array.from({ length: 20 }, (_, count) =>
      strategy(`${count}`, { left: { metric: "corners", window: { at: 45 } }, comparator: "=", right: count })
    )
    const verdicts = RuleSet.make(strategies).evaluate([later, earlier])
    expect(verdicts.map((verdict) => verdict.strategy.id)).toEqual(["4", "2"])
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
    const [many, few] = [Array.from({ length: 1100 }, view), Array.from({ length: 33 }, view)]
    ruleSet.fired(many)
    expect(ruleSet.evaluate(few)).toEqual(RuleSet.make(strategies).evaluate(few))
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

  it("a strategy on a metric that no other speaks of finds it in moments that were read before", () => {
    const last15 = (id: number, metric: "corners" | "shots") =>
      strategy(`${metric} ${id}`, { left: { metric, window: { last: 15 } }, comparator: "=", right: id })
    const past = { minute: 60, statistics: { corners: { home: 1, away: 1 }, shots: { home: 4, away: 2 } } }
    const now = { minute: 80, statistics: { corners: { home: 3, away: 4 }, shots: { home: 9, away: 3 } } }
    const ruleSet = RuleSet.make(Array.from({ length: 20 }, (_, id) => last15(id, "corners")))
    const view = viewOf(past, now)
    expect(ruleSet.evaluate([view]).map(({ strategy }) => strategy.id)).toEqual(["corners 5"])
    ruleSet.add(last15(6, "shots"))
    expect(ruleSet.evaluate([view]).map(({ strategy }) => strategy.id)).toEqual(["corners 5", "shots 6"])
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

describe("near misses", () => {
  /** The pairs of which exactly one condition fails and the competition is watched, by the reference evaluator. */
  const expected = (strategies: ReadonlyArray<Strategy>, views: ReadonlyArray<View>): ReadonlyArray<string> =>
    strategies
      .flatMap((each, strategy) =>
        views.flatMap((view, place) => {
          const fails = [...each.when.keys()].filter((index) => {
            const condition = each.when[index]
            return condition !== undefined && evaluateCondition(condition, view) === undefined
          })
          const isNear = fails.length === 1 && watches(each, view.snapshot.match.competition.id)
          return isNear ? [`${strategy} on ${place} but for ${fails[0]}`] : []
        })
      )
      .sort()

  const found = (ruleSet: RuleSet.RuleSet, strategies: ReadonlyArray<Strategy>, views: ReadonlyArray<View>) => {
    const near = ruleSet.nearly(views)
    const places = new Map(strategies.map((each, place) => [each, place]))
    return Array.from(near.views, (view, index) => {
      const strategy = ruleSet.strategy(near.strategies[index] ?? -1)
      return `${strategy === undefined ? "none" : places.get(strategy)} on ${view} but for ${near.failing[index]}`
    }).sort()
  }

  it.each([3, 60])(
    "of %i strategies are those that the reference evaluator finds, evaluated before or not",
    (count) => {
      const { strategy, view } = generator(seeded(`near ${count}`))
      const all = Array.from({ length: count }, (_, index) => strategy(`${index}`))
      // One that says a condition twice has two conditions that fail together.
      const strategies = all.filter(
        ({ active, when }) => active && new Set(when.map(printCondition)).size === when.length
      )
      const ruleSet = RuleSet.make(strategies)
      for (const size of [1, 31, 32, 33, 200, 1100]) {
        const views = Array.from({ length: size }, view)
        expect(found(ruleSet, strategies, views)).toEqual(expected(strategies, views))
        ruleSet.fired(views)
        // Some of those that were evaluated, in another order, and then all of them still.
        const some = views.filter((_, place) => place % 3 === 1).reverse()
        expect(found(ruleSet, strategies, some)).toEqual(expected(strategies, some))
        expect(found(ruleSet, strategies, views)).toEqual(expected(strategies, views))
      }
      const [first, ...rest] = strategies
      if (first === undefined) throw new Error("no strategy was generated")
      const views = Array.from({ length: 100 }, view)
      ruleSet.fired(views)
      ruleSet.remove(first.id)
      expect(found(ruleSet, rest, views)).toEqual(expected(rest, views))
    }
  )
})
