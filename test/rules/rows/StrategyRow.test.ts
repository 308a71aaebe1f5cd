import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import type { Strategy } from "../../../src/domain/Strategy.ts"
import { printCondition } from "../../../src/rules/print.ts"
import { decodeStrategyRow } from "../../../src/rules/rows/StrategyRow.ts"

const rule = {
  id: 7,
  strategy_id: 12,
  value_type: "IN_PLAY",
  metric: "corners",
  comparator: "GTE",
  value: 4,
  team_scope: "TOTAL",
  time_filter: { mode: "off" },
  lhs_json: null,
  rhs_json: null
}

const row = {
  id: 12,
  user_id: "b7a1",
  name: "Corners",
  description: null,
  mode: "live",
  alert_type: "telegram",
  desired_outcome: null,
  is_active: true,
  league_ids: null,
  created_at: "2026-01-01T00:00:00Z",
  definition: null,
  rules: [rule]
}

const decode = (input: unknown): Strategy => Result.getOrThrow(decodeStrategyRow(input))

/** What a rule with these columns says, in the written language. */
const said = (columns: Record<string, unknown>): string =>
  decode({ ...row, rules: [{ ...rule, ...columns }] })
    .when.map(printCondition)
    .join(" and ")

const problem = (input: unknown) =>
  Result.match(decodeStrategyRow(input), {
    onFailure: ({ message, source }) => `${source}: ${message}`,
    onSuccess: () => "no problem"
  })

/** What is wrong with a rule that has these columns. */
const wrong = (columns: Record<string, unknown>): string => problem({ ...row, rules: [{ ...rule, ...columns }] })

describe("a row of strategies", () => {
  it("is a strategy of its owner", () => {
    expect(decode(row)).toEqual({
      id: "12",
      owner: "b7a1",
      name: "Corners",
      active: true,
      when: [{ left: { metric: "corners", scope: "total" }, comparator: ">=", right: 4 }]
    })
  })

  it("without a user belongs to the operator", () => {
    expect("owner" in decode({ ...row, user_id: null })).toBe(false)
  })

  it("needs all of its rules to hold", () => {
    const second = { ...rule, id: 8, metric: "minute", comparator: "LT", value: 80 }
    expect(decode({ ...row, rules: [rule, second] }).when.map(printCondition)).toEqual([
      "total corners >= 4",
      "minute < 80"
    ])
  })

  it("watches the leagues that it names, and all where it names none", () => {
    expect(decode({ ...row, league_ids: [8, "364"] }).competitions).toEqual(["8", "364"])
    expect("competitions" in decode({ ...row, league_ids: [] })).toBe(false)
    expect("competitions" in decode({ ...row, league_ids: null })).toBe(false)
  })

  it("may be switched off, and is on where the column is empty", () => {
    expect(decode({ ...row, is_active: false }).active).toBe(false)
    expect(decode({ ...row, is_active: null }).active).toBe(true)
  })

  it("keeps its description", () => {
    expect(decode({ ...row, description: "Why" }).description).toBe("Why")
  })

  it.each([
    ["HOME_WIN", "home goals > away goals"],
    ["OVER_2_5_GOALS", "total goals > 2.5"],
    [" 1h_btts_yes ", "both goals in first half >= 1"],
    ["total goals since trigger >= 1", "total goals since trigger >= 1"]
  ])("with the desired outcome %j expects: %s", (desired_outcome, text) => {
    const { expect: expectation } = decode({ ...row, desired_outcome })
    expect(expectation && printCondition(expectation)).toBe(text)
  })

  it.each([null, undefined, "", " "])("with the desired outcome %j expects nothing", (desired_outcome) => {
    expect("expect" in decode({ ...row, desired_outcome })).toBe(false)
  })

  it("with an unknown outcome is refused, with the nearest name", () => {
    expect(problem({ ...row, desired_outcome: "HOM_WIN" })).toBe(
      "strategy 12: desired_outcome: no outcome is called HOM_WIN (did you mean HOME_WIN?)"
    )
  })
})

describe("a row with a definition", () => {
  const definition = {
    name: "From the definition",
    when: [{ left: "minute", comparator: ">=", right: 70 }],
    expect: { left: { metric: "goals", window: "since trigger" }, comparator: ">=", right: 1 },
    competitions: [28],
    active: false
  }

  it("takes its conditions and its expectation from there, not from its rules", () => {
    const strategy = decode({ ...row, definition })
    expect(strategy.when.map(printCondition)).toEqual(["minute >= 70"])
    expect(strategy.expect && printCondition(strategy.expect)).toBe("total goals since trigger >= 1")
  })

  it("may have them in the written language", () => {
    const written = { ...definition, when: ["minute >= 70", { any: ["golas > 1"] }], expect: "BTTS_YES" }
    expect(problem({ ...row, definition: written })).toBe(
      "strategy 12: when[1].any[0]: no metric is called golas (did you mean goals?)"
    )
    const { expect: expectation } = decode({ ...row, definition: { ...written, when: ["minute >= 70"] } })
    expect(expectation && printCondition(expectation)).toBe("both goals >= 1")
  })

  it("needs no rules", () => {
    expect(decode({ ...row, definition, rules: null }).when).toHaveLength(1)
  })

  it("is what its filled columns say it is, and for the rest what the definition says", () => {
    expect(decode({ ...row, definition })).toMatchObject({ name: "Corners", active: true, competitions: ["28"] })
    expect(decode({ id: 1, definition })).toMatchObject({ name: "From the definition", active: false })
    expect(decode({ ...row, league_ids: [8], definition }).competitions).toEqual(["8"])
  })

  it("names the place of a fault in it", () => {
    const faulty = { ...definition, when: [{ left: { metric: "cornrs" }, comparator: ">=", right: 1 }] }
    expect(problem({ ...row, definition: faulty })).toBe(
      'strategy 12: when[0].left.metric: must be a known name, got "cornrs" (did you mean corners?)'
    )
  })
})

describe("a rule", () => {
  it.each([
    ["HOME", "home"],
    ["AWAY", "away"],
    ["TOTAL", "total"],
    ["DIFFERENCE", "difference"],
    ["EITHER_TEAM", "either"],
    ["EITHER_OPPONENT", "both"],
    ["FAVOURITE", "favourite"],
    ["UNDERDOG", "underdog"],
    ["FAVOURITE_HOME", "home favourite"],
    ["FAVOURITE_AWAY", "away favourite"],
    ["UNDERDOG_HOME", "home underdog"],
    ["UNDERDOG_AWAY", "away underdog"],
    ["WINNING_TEAM", "leading"],
    ["LOSING_TEAM", "trailing"],
    [null, "total"]
  ])("with the team scope %s speaks of %s corners", (team_scope, scope) => {
    expect(said({ team_scope })).toBe(`${scope} corners >= 4`)
  })

  it.each([
    [{ mode: "off" }, ""],
    [null, ""],
    [undefined, ""],
    [{ mode: "off", x: 15, y: null }, ""],
    [{ mode: "as_of_minute", x: 60 }, " at minute 60"],
    [{ mode: "x_minutes_ago", x: 10 }, " 10 minutes ago"],
    [{ mode: "between", x: 30, y: 60 }, " between minutes 30 and 60"],
    [{ mode: "past_x", x: 15 }, " last 15 minutes"],
    [{ mode: "past_x", x: "15" }, " last 15 minutes"],
    [{ mode: "since_minute", x: "60" }, " since minute 60"],
    [{ mode: "during_1st_half" }, " in first half"],
    [{ mode: "during_2nd_half" }, " in second half"],
    [{ mode: "as_of_halftime" }, " at half-time"]
  ])("with the time filter %j says: total corners%s", (time_filter, window) => {
    expect(said({ time_filter })).toBe(`total corners${window} >= 4`)
  })

  it.each([
    ["GTE", ">="],
    ["LTE", "<="],
    ["EQ", "="],
    ["GT", ">"],
    ["LT", "<"],
    ["NEQ", "!="]
  ])("with the comparator %s compares by %s", (comparator, sign) => {
    expect(said({ comparator })).toBe(`total corners ${sign} 4`)
  })

  it.each([
    ["4", 4],
    ["2.50", 2.5],
    ["-1", -1],
    [" 3 ", 3],
    [0, 0]
  ])("with the value %j compares with %d", (value, number) => {
    expect(said({ value })).toBe(`total corners >= ${number}`)
  })

  it.each([
    ["IN_PLAY", "CORNERS", "total corners"],
    ["IN_PLAY", "minute", "minute"],
    ["IN_PLAY", "MINUTE", "minute"],
    [null, "corners", "total corners"],
    ["PRE_MATCH", "corners", "total prematch.corners"],
    ["PRE_MATCH", "prematch.corners", "total prematch.corners"],
    ["ODDS", "FIRST_HALF_DRAW", "odds.first_half_draw"],
    ["ODDS", "odds.over_2_5", "odds.over_2_5"]
  ])("of %s with the metric %s speaks of %s", (value_type, metric, text) => {
    expect(said({ value_type, metric })).toBe(`${text} >= 4`)
  })

  it.each([
    [{ value_type: "IN_PLAY", metric: "possession" }, "possession of both teams is always 100"],
    [
      { value_type: "PRE_MATCH", metric: "btts_rate", team_scope: null },
      "percentages such as prematch.btts_rate do not"
    ],
    [{ value_type: "PRE_MATCH", metric: "position" }, "places such as prematch.position do not add up"],
    [{ value_type: "ODDS", metric: "win" }, "prices such as odds.win do not add up"]
  ])("on %j is refused, with what to say instead", (columns, message) => {
    expect(wrong(columns)).toContain(`strategy 12: rule 7: team_scope: ${message}`)
    expect(wrong(columns)).toContain("say whose, such as home, favourite, either or both")
    expect(wrong({ ...columns, team_scope: "AWAY" })).toBe("no problem")
  })

  it("on a single figure for the match drops the scope that the table fills in", () => {
    expect(said({ value_type: "ODDS", metric: "draw", team_scope: "HOME", comparator: "GT", value: "3.2" })).toBe(
      "odds.draw > 3.2"
    )
  })
})

describe("the expressions of a rule", () => {
  const home = { kind: "metric", value_type: "IN_PLAY", metric: "shots", team_scope: "HOME" }
  const away = { ...home, team_scope: "AWAY", time_filter: { mode: "past_x", x: "10" } }
  const number = (value: unknown) => ({ kind: "number", value })

  it("lhs_json counts instead of the metric", () => {
    expect(said({ metric: null, value_type: null, lhs_json: { left: home } })).toBe("home shots >= 4")
  })

  it("rhs_json counts instead of the value", () => {
    expect(said({ value: 9, rhs_json: { left: away } })).toBe("total corners >= away shots last 10 minutes")
  })

  it.each(["+", "-", "*", "/"])("two operands are joined by %s", (op) => {
    expect(said({ lhs_json: { left: home, op, right: away } })).toBe(`home shots ${op} away shots last 10 minutes >= 4`)
  })

  it("an operand may be a number, also as text", () => {
    expect(said({ rhs_json: { left: number(2), op: "*", right: number("1.5") } })).toBe("total corners >= 2 * 1.5")
  })

  it("a number may be called number, on either side", () => {
    const four = { kind: "number", number: 4 }
    expect(said({ rhs_json: { left: four } })).toBe("total corners >= 4")
    expect(said({ lhs_json: { left: home, op: "-", right: { ...four, value: null } } })).toBe("home shots - 4 >= 4")
    expect(said({ lhs_json: { left: { kind: "number", number: "0" }, op: "+", right: home } })).toBe(
      "0 + home shots >= 4"
    )
  })

  it("an operand may be an expression itself", () => {
    const sum = { left: home, op: "+", right: away }
    expect(said({ lhs_json: { left: sum, op: "/", right: { left: number(2) } } })).toBe(
      "(home shots + away shots last 10 minutes) / 2 >= 4"
    )
  })

  it("empty operators and operands are as good as absent", () => {
    expect(said({ lhs_json: { left: home, op: null, right: null } })).toBe("home shots >= 4")
  })

  it("an operand may be the minute", () => {
    expect(said({ lhs_json: { left: { kind: "metric", metric: "minute" } } })).toBe("minute >= 4")
  })
})

describe("a bad row", () => {
  it.each([
    ["an unknown metric", { metric: "cornrs" }, "metric: no metric is called cornrs (did you mean corners?)"],
    [
      "an unknown pre-match figure",
      { value_type: "PRE_MATCH", metric: "btts_rat" },
      "metric: no metric is called prematch.btts_rat (did you mean prematch.btts_rate?)"
    ],
    ["no metric", { metric: null }, "metric: is missing"],
    ["no value", { value: null }, "value: is missing"],
    [
      "an unknown comparator",
      { comparator: "GTEE" },
      'comparator: must be one of GTE, LTE, GT, LT, EQ, NEQ, got "GTEE"'
    ],
    ["an unknown scope", { team_scope: "FAVORITE" }, '"FAVORITE" (did you mean FAVOURITE'],
    ["an unknown value type", { value_type: "INPLAY" }, '"INPLAY" (did you mean IN_PLAY?)'],
    ["an unknown time filter", { time_filter: { mode: "past_xx", x: 5 } }, '"past_xx" (did you mean past_x?)'],
    [
      "a time filter without its number",
      { time_filter: { mode: "past_x" } },
      "time_filter.x: is missing: past_x needs it"
    ],
    [
      "a time filter without its second number",
      { time_filter: { mode: "between", x: 30 } },
      "time_filter.y: is missing: between needs it"
    ],
    [
      "a time filter out of range",
      { time_filter: { mode: "past_x", x: 500 } },
      "time_filter: must be a value between 1 and 120, got 500"
    ],
    [
      "minutes in the wrong order",
      { time_filter: { mode: "between", x: 60, y: 30 } },
      "time_filter: the first minute must be less than the second"
    ],
    [
      "a window on what does not change",
      { value_type: "PRE_MATCH", metric: "corners", time_filter: { mode: "past_x", x: 5 } },
      "time_filter: prematch.corners does not change during the match"
    ],
    [
      "an operator without its operand",
      { lhs_json: { left: { kind: "number", value: 1 }, op: "+" } },
      "lhs_json.right: is missing"
    ],
    [
      "two operands without an operator",
      { rhs_json: { left: { kind: "number", value: 1 }, right: { kind: "number", value: 2 } } },
      "rhs_json.op: is missing"
    ],
    [
      "an operand of no kind",
      { lhs_json: { left: { kind: "metrc" } } },
      'lhs_json.left.kind: must be one of metric, number, got "metrc" (did you mean metric?)'
    ],
    ["a number that is none", { lhs_json: { left: { kind: "number" } } }, "lhs_json.left.value: is missing"],
    [
      "an unknown metric deep in an expression",
      {
        lhs_json: { left: { left: { kind: "metric", metric: "shts" } }, op: "+", right: { kind: "number", value: 1 } }
      },
      "lhs_json.left.left.metric: no metric is called shts (did you mean shots?)"
    ]
  ])("with %s names strategy, rule and place", (_, columns, message) => {
    expect(wrong(columns)).toContain("strategy 12: rule 7: ")
    expect(wrong(columns)).toContain(message)
  })

  it.each(["", " ", "many", "1e", "0x10"])("takes the text %j for no number", (value) => {
    expect(wrong({ value })).toMatch(/^strategy 12: rule 7: value: must be a number/)
  })

  it("reports every rule that is wrong, and both sides of it", () => {
    const rules = [
      { ...rule, id: 7, metric: "cornrs", value: null },
      { ...rule, id: 8 },
      { ...rule, id: 9, metric: "golas" }
    ]
    expect(problem({ ...row, rules })).toBe(
      "strategy 12: rule 7: metric: no metric is called cornrs (did you mean corners?); rule 7: value: is missing; rule 9: metric: no metric is called golas (did you mean goals?)"
    )
  })

  it("nested beyond all measure is refused like any other", () => {
    let deep: unknown = { kind: "number", value: 1 }
    for (let depth = 0; depth < 20_000; depth++) deep = { left: deep }
    expect(wrong({ lhs_json: deep })).toBe("strategy 12: is nested more than 64 levels deep")
  })

  it("of nothing but faults is told of twenty, and of how many more there are", () => {
    const unknown = (count: number) => Array.from({ length: count }, (_, id) => ({ ...rule, id, metric: "cornrs" }))
    expect(problem({ ...row, rules: unknown(25) })).toMatch(/rule 19: [^;]*; and 5 more$/)
    const when = unknown(25).map(() => "cornrs >= 1")
    expect(problem({ ...row, definition: { when } })).toMatch(/when\[19\]: [^;]*; and 5 more$/)
  })

  it.each([
    ["more than 500 rules", { rules: Array.from({ length: 501 }, () => rule) }, "makes more than 500 comparisons"],
    [
      "more than 500 alternatives",
      { definition: { when: [{ any: Array.from({ length: 501 }, () => "minute >= 1") }] } },
      "makes more than 500 comparisons"
    ],
    ["the text of a book", { definition: { when: ["1 + ".repeat(2000)] } }, "has more than 4000 characters"],
    ["an outcome of a book", { desired_outcome: "x".repeat(20_000) }, "has more than 4000 characters"],
    ["signs without end", { definition: { when: [`${"- ".repeat(1900)}1 >= 1`] } }, "only a number takes a sign"]
  ])("with %s is refused", (_, columns, message) => {
    expect(problem({ ...row, ...columns })).toContain(message)
  })

  it("without conditions is refused instead of firing always", () => {
    expect(problem({ ...row, rules: [] })).toMatch(/^strategy 12: has no conditions/)
    expect(problem({ ...row, rules: null })).toMatch(/^strategy 12: has no conditions/)
  })

  it("without a name is refused", () => {
    expect(problem({ ...row, name: null })).toBe("strategy 12: name: is missing")
  })

  it.each([
    [{ name: "a\0b" }, "name: holds characters that are no text"],
    [{ name: "a\ud800" }, "name: holds characters that are no text"],
    [{ name: "  " }, "name: must not be blank"],
    [{ description: "a\0b" }, "description: holds characters that are no text"]
  ])("with texts that no alert could be kept with is refused: %j", (columns, message) => {
    expect(problem({ ...row, ...columns })).toBe(`strategy 12: ${message}`)
  })

  it("without an id says so", () => {
    expect(problem({ ...row, id: null })).toMatch(/^strategy without id: id: /)
    expect(problem("nonsense")).toMatch(/^strategy without id: must be a mapping/)
  })

  it("that has a rule without an id names its place in the list", () => {
    const { id: _, ...nameless } = rule
    expect(problem({ ...row, rules: [rule, nameless] })).toBe("strategy 12: rule [1]: id: is missing")
  })
})
