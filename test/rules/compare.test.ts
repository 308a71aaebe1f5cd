import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { type Condition, type Strategy, StrategyId } from "../../src/domain/Strategy.ts"
import { areEqual, compare } from "../../src/rules/compare.ts"
import { evaluateCondition } from "../../src/rules/evaluate.ts"
import { decide } from "../../src/rules/expect/decide.ts"
import { parseCondition } from "../../src/rules/language/parse.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { viewOf } from "./scene.ts"

const view = viewOf({
  prematch: { goals_scored: { home: 1.1, away: 2.2 }, position: { home: 3, away: 9 } },
  odds: { over_2_5: 1.1, win: { home: 1.9, away: 4.35 } },
  statistics: { corners: { home: 3, away: 1 } }
})

/** The verdicts of the reference evaluator, of a rule set of one strategy and of one that holds many. */
const verdicts = (condition: Condition): ReadonlyArray<boolean> => {
  const strategies = Array.from(
    { length: 20 },
    (_, index): Strategy => ({ id: StrategyId.make(`${index}`), name: "s", when: [condition], active: true })
  )
  return [
    evaluateCondition(condition, view) !== undefined,
    RuleSet.make(strategies.slice(0, 1)).fired([view]).views.length === 1,
    RuleSet.make(strategies).fired([view]).views.length === 20
  ]
}

describe("numbers in conditions", () => {
  it.each([
    ["home prematch.goals_scored + away prematch.goals_scored <= 3.3", true],
    ["home prematch.goals_scored + away prematch.goals_scored = 3.3", true],
    ["home prematch.goals_scored + away prematch.goals_scored != 3.3", false],
    ["3.3 < home prematch.goals_scored + away prematch.goals_scored", false],
    ["total prematch.goals_scored > 3.3", false],
    ["total prematch.goals_scored > 3.2999", true],
    ["odds.over_2_5 * 3 <= 3.3", true],
    ["odds.over_2_5 * 3 > 3 * 1.1", false],
    ["away odds.win * 100 >= 435", true],
    // Two values that are no whole numbers, neither of them a number as it stands.
    ["odds.over_2_5 * 3 <= home prematch.goals_scored * 3", true],
    ["home prematch.goals_scored + away prematch.goals_scored = odds.over_2_5 * home prematch.position", true],
    ["home prematch.goals_scored + away prematch.goals_scored > odds.over_2_5 * home prematch.position", false],
    // Counts against a number that is a whole one but for a rounding error.
    ["home corners >= 0.1 * 3 * 10", true],
    ["home corners < 3.0000000000000004", false],
    ["home corners > 2.9999999999999996", false]
  ])("compare as the decimals that people write: %s is %s", (text, holds) => {
    expect(verdicts(Result.getOrThrow(parseCondition(text)))).toEqual([holds, holds, holds])
  })

  it("decide an expectation early only where it holds as they compare at the end", () => {
    const condition = Result.getOrThrow(parseCondition("total prematch.goals_scored > 3.3"))
    expect(decide(condition, view)).toBe("miss")
  })

  it("are equal within a billionth of the larger, and never when one is infinite or none", () => {
    expect([areEqual(1e12, 1e12 + 100), areEqual(1e12, 1e12 + 10_000)]).toEqual([true, false])
    expect([areEqual(0, 1e-12), areEqual(0, -0)]).toEqual([false, true])
    const [none, most] = [Number.NaN, Number.POSITIVE_INFINITY]
    expect([areEqual(most, 5), areEqual(most, most), areEqual(none, none)]).toEqual([false, true, false])
    expect(compare(none, "!=", 1) || compare(1, ">=", none)).toBe(false)
  })
})
