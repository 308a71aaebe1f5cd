import { assert, describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { isAnyOf } from "../../../src/domain/Strategy.ts"
import { everything, parseCondition } from "../../../src/rules/language/parse.ts"
import { priceOf, priceOfComparison } from "../../../src/rules/rows/price.ts"

const comparison = (text: string) => {
  const condition = Result.getOrThrow(parseCondition(text, everything))
  return isAnyOf(condition) ? assert.fail() : condition
}

describe("The price of a comparison", () => {
  it.each([
    ["minute >= 70", 1],
    ["home goals + away goals >= 3", 1],
    ["home goals + away goals + 1 + 2 >= 3", 2],
    [`${"minute + ".repeat(38)}1 >= 3`, 10],
    ["home corners last 15 minutes >= 3", 15],
    ["home corners last 15 minutes + home corners last 10 minutes >= 3", 25],
    ["home corners since minute 120 >= 0", 1],
    ["total goals since trigger >= 1", 120]
  ])("%s is %i", (text, price) => {
    expect(priceOfComparison(comparison(text))).toBe(price)
  })

  it("is five times as much in an expectation", () => {
    expect(priceOf({ when: [comparison("minute >= 1")], expect: comparison("total goals >= 1 + 2 + 3 + 4") })).toBe(11)
  })
})
