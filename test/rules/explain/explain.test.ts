import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type Condition, type Strategy, StrategyId } from "../../../src/domain/Strategy.ts"
import { seeded } from "../../../src/feed/simulated/SimulatedMatch.ts"
import { evaluate, evaluateCondition, type View, valueOf } from "../../../src/rules/evaluate.ts"
import { explain, explainComparison, explainCondition } from "../../../src/rules/explain/explain.ts"
import { missingIn } from "../../../src/rules/explain/missing.ts"
import { explainMatch } from "../../../src/rules/explain/nearMisses.ts"
import { parseCondition } from "../../../src/rules/language/parse.ts"
import { generator } from "../generated.ts"
import { steady, viewOf } from "../scene.ts"

const condition = (text: string): Condition => Result.getOrThrow(parseCondition(text))
const sides = (home: number, away: number) => ({ home, away })

const strategy = (...texts: readonly [string, ...ReadonlyArray<string>]): Strategy => {
  const [first, ...rest] = texts
  const when = [condition(first), ...rest.map(condition)] as const
  return { id: StrategyId.make("1"), name: "A strategy", when, active: true }
}

describe("A condition is explained", () => {
  const view = viewOf({
    minute: 60,
    score: sides(2, 1),
    statistics: { shots: sides(7, 4), possession: sides(61.5, 38.5) }
  })

  it.each<[string, boolean, number]>([
    ["minute >= 70", false, 10],
    ["minute >= 60", true, 0],
    ["total goals <= 1", false, 2],
    ["total goals = 5", false, 2],
    ["home goals > 2", false, 1],
    ["home goals < 2", false, 1],
    ["home shots - away shots > 4", false, 2],
    ["total goals != 3", false, 1],
    ["home possession >= 62", false, 0.5],
    ["home possession > 61.5", false, 0],
    ["total goals + 0.5 > 3.5", false, 0]
  ])("%s: whether it holds, and how far it is from holding", (text, holds, distance) => {
    const explained = explainCondition(condition(text), view)
    assert.deepInclude(explained, { condition: text, holds, distance, missing: [] })
  })

  const reasons: ReadonlyArray<readonly [string, View, ReadonlyArray<string>]> = [
    ["favourite goals >= 1", view, ["no pre-match odds, so no favourite"]],
    [
      "favourite goals >= 1",
      viewOf({ prematch: { win_odds: sides(2, 2) } }),
      ["equal pre-match odds, so no favourite"]
    ],
    [
      "home favourite goals >= 0",
      viewOf({ prematch: { win_odds: sides(3, 2) } }),
      ["the home team is not the favourite"]
    ],
    [
      "away underdog goals >= 0",
      viewOf({ prematch: { win_odds: sides(3, 2) } }),
      ["the away team is not the underdog"]
    ],
    ["leading shots >= 1", viewOf({ statistics: { shots: sides(3, 3) } }), ["level: nobody leads"]],
    ["total corners >= 1", view, ["no corners: the feed has not given it"]],
    ["odds.draw >= 2", view, ["no odds.draw: the feed gives no such odds"]],
    ["home prematch.position >= 2", view, ["no prematch.position: not known before this match"]],
    ["total goals since minute 70 >= 1", view, ["not before minute 70"]],
    ["total goals at minute 70 >= 1", view, ["not before minute 70"]],
    ["total goals between minutes 40 and 61 >= 1", view, ["not before minute 61"]],
    ["total goals in second half >= 1", viewOf({ minute: 30 }), ["not before the second half"]],
    ["total goals at half-time >= 1", viewOf({ minute: 30 }), ["not before half-time"]],
    ["total shots last 15 minutes >= 1", view, ["shots is not known for that part of the match"]],
    ["total goals / (home goals - 2) >= 1", view, ["division by zero: home goals - 2 is 0"]],
    [
      "minute >= total corners + favourite goals",
      view,
      ["no corners: the feed has not given it", "no pre-match odds, so no favourite"]
    ]
  ]

  it.each(reasons)("%s: what is missing", (text, of, missing) => {
    assert.deepInclude(explainCondition(condition(text), of), { holds: false, distance: undefined, missing })
  })

  it("that is a group: with each alternative, and the values of the one nearest to holding", () => {
    const group = {
      any: [
        { left: "minute", comparator: ">=", right: 90 },
        { left: { metric: "goals", scope: "total" }, comparator: ">=", right: 4 },
        { left: { metric: "goals", scope: "favourite" }, comparator: ">=", right: 1 }
      ]
    } as const
    const { alternatives, ...explained } = explainCondition(group, view)
    assert.deepStrictEqual(explained, {
      condition: "any: minute >= 90 | total goals >= 4 | favourite goals >= 1",
      left: 3,
      right: 4,
      holds: false,
      distance: 1,
      missing: []
    })
    assert.deepStrictEqual(
      alternatives?.map(({ distance }) => distance),
      [30, 1, undefined]
    )
  })
})

describe("A strategy is explained", () => {
  it("as excluded when it is not active or watches other competitions, whatever its conditions", () => {
    const view = viewOf({ minute: 60 })
    const holds = strategy("minute >= 1")
    assert.deepInclude(explain(holds, view), { holds: true, excluded: undefined })
    assert.deepInclude(explain({ ...holds, active: false }, view), {
      holds: false,
      excluded: "the strategy is not active"
    })
    assert.deepInclude(explain({ ...holds, competitions: ["364", "9"] }, view), {
      holds: false,
      excluded: "the strategy watches competitions 364, 9; this is 28 (World Cup)"
    })
  })

  it("as the evaluator judges it, with a reason for each missing value and a distance for each other failure", () => {
    const generate = generator(seeded("explained"))
    for (let number = 0; number < 8_000; number++) {
      const [each, view] = [generate.strategy(`${number}`), generate.view()]
      const { conditions, holds } = explain(each, view)
      assert.strictEqual(holds, evaluate(each, view) !== undefined)
      each.when.forEach((one, index) => {
        const explained = conditions[index]
        assert.strictEqual(explained?.holds, evaluateCondition(one, view) !== undefined)
        for (const comparison of "any" in one ? one.any : [one]) {
          const { distance, holds, missing } = explainComparison(comparison, view)
          for (const side of [comparison.left, comparison.right]) {
            assert.strictEqual(missingIn(side, view).length > 0, valueOf(side, view) === undefined)
          }
          assert.strictEqual(missing.length > 0, distance === undefined)
          if (holds) assert.strictEqual(distance, 0)
          else assert.isTrue(distance === undefined || distance >= 0)
        }
      })
    }
  })
})

describe("A match is explained", () => {
  const views = Array.from({ length: 90 }, (_, index) => steady(index + 1))
  const best = (each: Strategy): ReadonlyArray<number> =>
    explainMatch(each, views).best.map(({ view }) => view.snapshot.clock.minute)

  it("by the minutes at which all conditions hold", () => {
    assert.deepStrictEqual(best(strategy("minute >= 30", "home corners <= 33")), [30, 31, 32, 33])
  })

  it("or by those of the minutes it looks at", () => {
    assert.deepStrictEqual(best(strategy("minute >= 30", "home corners <= 20")), [30])
    assert.deepStrictEqual(best(strategy("any: minute <= 10 | minute >= 80", "home corners = 50")), [80])
  })

  it("at which the fewest conditions fail, by the least", () => {
    // At 20' the away team lacks 20 of 30 corners; at 60' it has them, and the home team 40 more than 20.
    assert.deepStrictEqual(best(strategy("home corners <= 20", "away corners >= 30")), [20])
    assert.deepStrictEqual(
      best(strategy("minute >= 80", "home corners <= 88", "total goals >= 1")),
      [80, 81, 82, 83, 84, 85, 86, 87, 88]
    )
  })

  it("counting a condition without a value as further off than any with one", () => {
    assert.deepStrictEqual(best(strategy("total corners since minute 85 >= 1000", "minute >= 1")), [90])
  })

  it("or not at all when nothing of it was in play", () => {
    assert.deepStrictEqual(explainMatch(strategy("minute >= 1"), []), { minutes: [], best: [] })
  })
})
