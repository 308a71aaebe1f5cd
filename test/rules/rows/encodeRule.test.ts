import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { normalComparison } from "../../../src/rules/language/normal.ts"
import { parseComparison } from "../../../src/rules/language/parse.ts"
import { encodeRule, printRule } from "../../../src/rules/rows/encodeRule.ts"
import { decodeRule } from "../../../src/rules/rows/RuleRow.ts"
import { comparisons } from "../arbitraries.ts"

const parse = (text: string) => Result.getOrThrow(parseComparison(text))

/** A rule as its table would have it. */
const row = (text: string) => ({ id: 7, ...encodeRule(parse(text)) })

describe("a comparison as a row of rules", () => {
  it("a metric compared with a number stands in the columns", () => {
    expect(encodeRule(parse("total corners last 15 minutes >= 4"))).toEqual({
      value_type: "IN_PLAY",
      metric: "corners",
      comparator: "GTE",
      value: 4,
      team_scope: "TOTAL",
      time_filter: { mode: "past_x", x: 15 },
      lhs_json: null,
      rhs_json: null
    })
  })

  it("a pre-match figure goes by its value type", () => {
    expect(encodeRule(parse("home prematch.btts_rate > 60"))).toMatchObject({
      value_type: "PRE_MATCH",
      metric: "btts_rate",
      team_scope: "HOME",
      time_filter: { mode: "off" }
    })
  })

  it("anything else stands in the sides", () => {
    expect(encodeRule(parse("home shots - 2 < minute"))).toMatchObject({
      metric: null,
      value: null,
      lhs_json: {
        left: {
          kind: "metric",
          value_type: "IN_PLAY",
          metric: "shots",
          team_scope: "HOME",
          time_filter: { mode: "off" }
        },
        op: "-",
        right: { kind: "number", value: 2 }
      },
      rhs_json: { left: { kind: "metric", metric: "minute" } }
    })
  })

  it.prop(
    "means the same when it is read",
    [comparisons],
    ([comparison]) => {
      expect(decodeRule({ id: 7, ...encodeRule(comparison) })).toEqual(Result.succeed(normalComparison(comparison)))
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop("is the same row again", [comparisons], ([comparison]) => {
    const encoded = encodeRule(comparison)
    expect(Result.map(decodeRule({ id: 7, ...encoded }), encodeRule)).toEqual(Result.succeed(encoded))
  })
})

describe("a row as text", () => {
  it.each([
    ["total corners last 15 minutes >= 4", "TOTAL CORNERS PAST_X 15 GTE 4"],
    ["leading red_cards at half-time != 1", "WINNING_TEAM RED_CARDS AS_OF_HALFTIME NEQ 1"],
    ["home shots between minutes 30 and 60 < minute / 10", "HOME SHOTS BETWEEN 30 AND 60 LT MINUTE / 10"],
    ["away favourite prematch.btts_rate > 60", "PRE_MATCH FAVOURITE_AWAY BTTS_RATE GT 60"],
    ["odds.draw <= 3.2", "ODDS DRAW LTE 3.2"],
    ["total goals since trigger = 0", "TOTAL GOALS SINCE_TRIGGER EQ 0"]
  ])("%s is %s", (text, words) => {
    expect(printRule(parse(text))).toBe(words)
    expect(Result.map(decodeRule(row(words)), printRule)).toEqual(Result.succeed(words))
  })

  it.prop(
    "reads back as the comparison that it makes",
    [comparisons],
    ([comparison]) => {
      expect(parseComparison(printRule(comparison))).toEqual(Result.succeed(normalComparison(comparison)))
    },
    { arbitrary: { runs: 500 } }
  )
})
