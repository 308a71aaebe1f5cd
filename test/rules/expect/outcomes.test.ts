import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { outcome, outcomeNames, outcomeRows } from "../../../src/rules/expect/outcomes.ts"
import { printComparison } from "../../../src/rules/print.ts"

const said = (name: string): string =>
  Result.match(outcome(name), { onSuccess: printComparison, onFailure: (why) => why })

describe("an outcome", () => {
  it.each([
    ["HOME_WIN", "home goals > away goals"],
    ["DRAW", "home goals = away goals"],
    ["AWAY_WIN", "home goals < away goals"],
    ["FAV_WIN", "favourite goals > underdog goals"],
    ["UND_WIN", "favourite goals < underdog goals"],
    ["DOUBLE_CHANCE_1X", "home goals >= away goals"],
    ["DOUBLE_CHANCE_12", "home goals != away goals"],
    ["DOUBLE_CHANCE_2X", "home goals <= away goals"],
    ["BTTS_YES", "both goals >= 1"],
    ["BTTS_NO", "both goals = 0"],
    ["1H_BTTS_YES", "both goals in first half >= 1"],
    ["2H_BTTS_NO", "both goals in second half = 0"],
    ["2H_HOME_WIN", "home goals in second half > away goals in second half"],
    ["OVER_2_5_GOALS", "total goals > 2.5"],
    ["UNDER_0_5_GOALS", "total goals < 0.5"],
    ["1H_OVER_0_5_GOALS", "total goals in first half > 0.5"],
    ["HOME_OVER_1_5_GOALS", "home goals > 1.5"],
    ["2H_UND_UNDER_1_5_GOALS", "underdog goals in second half < 1.5"],
    ["OVER_8_5_CORNERS", "total corners > 8.5"],
    ["FAV_OVER_4_5_CORNERS", "favourite corners > 4.5"],
    ["OVER_3_5_CARDS", "total yellow_cards + total red_cards > 3.5"],
    ["OVER_0_5_GOALS_SINCE_PICKED", "total goals since trigger > 0.5"],
    ["OVER_1_5_CARDS_SINCE_PICKED", "total yellow_cards since trigger + total red_cards since trigger > 1.5"],
    ["HOME_OVER_2_5_CORNERS_SINCE_PICKED", "home corners since trigger > 2.5"]
  ])("%s is: %s", (name, text) => {
    expect(said(name)).toBe(text)
  })

  it.each([
    ["1H_BTTS_YES", ["BTTS_YES_1H", "btts yes 1h", "FIRST_HALF_BTTS_YES", "btts-yes-1st-half"]],
    ["OVER_2_5_GOALS", ["over 2.5 goals", "OVER_2.5_GOALS", "OVER_2_5", " over_2_5_goals "]],
    ["1H_HOME_OVER_0_5_GOALS", ["HOME_1H_OVER_0_5_GOALS", "HOME_OVER_0_5_GOALS_1H", "1H_OVER_0_5_GOALS_HOME"]],
    ["FAV_OVER_0_5_GOALS", ["FAVOURITE_OVER_0_5_GOALS", "FAVORITE_OVER_0_5_GOALS"]],
    ["UND_WIN", ["UNDERDOG_WIN"]],
    ["DOUBLE_CHANCE_2X", ["DOUBLE_CHANCE_X2", "double chance x2"]],
    ["OVER_0_5_GOALS_SINCE_PICKED", ["SINCE_PICKED_OVER_0_5_GOALS", "OVER_0_5_GOALS_SINCE_TRIGGER"]]
  ])("%s may be written otherwise", (name, others) => {
    expect(others.map(said)).toEqual(others.map(() => said(name)))
  })

  it.each([
    ["HOM_WIN", "no outcome is called HOM_WIN (did you mean HOME_WIN?)"],
    ["BTTS_YESS", "(did you mean BTTS_YES?)"],
    ["OVER_2_GOALS", "no outcome is called OVER_2_GOALS (did you mean OVER_2_5_GOALS?)"],
    [
      "1H_OVER_0_5_GOALS_SINCE_PICKED",
      "SINCE_PICKED goes with the whole match, not with a half (did you mean OVER_0_5_GOALS_SINCE_PICKED or 1H_OVER_0_5_GOALS?)"
    ],
    ["BTTS_YES_SINCE_TRIGGER_2H", "(did you mean BTTS_YES_SINCE_PICKED or BTTS_YES_2H?)"],
    ["OVER_1000_5_GOALS", "no outcome is called OVER_1000_5_GOALS"],
    ["HOME_HOME_OVER_1_5_GOALS", "no outcome is called"],
    ["HOME_BTTS_YES", "no outcome is called"],
    ["constructor", "no outcome is called constructor"],
    ["", "no outcome is called "]
  ])("%j is refused", (name, message) => {
    expect(said(name)).toContain(message)
  })

  it("is known by every name that is listed, each once", () => {
    expect(outcomeNames.filter((name) => Result.isFailure(outcome(name)))).toEqual([])
    expect(new Set(outcomeNames).size).toBe(outcomeNames.length)
  })

  it("has its examples in the table", () => {
    expect(outcomeRows.filter(({ example }) => !outcomeNames.includes(example))).toEqual([])
  })
})
