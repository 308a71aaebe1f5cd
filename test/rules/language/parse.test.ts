import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { hasNoTotal, metrics } from "../../../src/domain/Metric.ts"
import { type Comparison, type Expression, scopes, type Window } from "../../../src/domain/Strategy.ts"
import { normalComparison, normalCondition } from "../../../src/rules/language/normal.ts"
import { parseAlternatives, parseComparison, parseCondition, requirement } from "../../../src/rules/language/parse.ts"
import { printComparison, printCondition } from "../../../src/rules/print.ts"
import { comparisons, conditions } from "../arbitraries.ts"

const parse = (text: string): Comparison => Result.getOrThrow(parseComparison(text))

/** The left side of a comparison that begins with this text. */
const left = (text: string): Expression => parse(`${text} >= 1`).left

/** What is wrong with a text: each message with the part that is to blame in brackets. */
const wrong = (text: string, dialect = requirement): ReadonlyArray<string> =>
  Result.match(parseCondition(text, dialect), {
    onSuccess: () => [],
    onFailure: (faults) => faults.map(({ end, message, start }) => `${message} [${text.slice(start, end)}]`)
  })

describe("the written language", () => {
  it("compares two expressions", () => {
    expect(parse("minute >= 70")).toEqual({ left: "minute", comparator: ">=", right: 70 })
  })

  it("says what its example says", () => {
    expect(parse("home shots_on_target - away shots_on_target >= 3")).toEqual({
      left: {
        op: "-",
        left: { metric: "shots_on_target", scope: "home" },
        right: { metric: "shots_on_target", scope: "away" }
      },
      comparator: ">=",
      right: 3
    })
    expect(parse("favourite goals < underdog goals")).toEqual({
      left: { metric: "goals", scope: "favourite" },
      comparator: "<",
      right: { metric: "goals", scope: "underdog" }
    })
  })

  it.each<[string, Window]>([
    ["last 15 minutes", { last: 15 }],
    ["last 1 minute", { last: 1 }],
    ["last 1 minutes", { last: 1 }],
    ["1 minutes ago", { ago: 1 }],
    ["since minute 60", { since: 60 }],
    ["since 60", { since: 60 }],
    ["at minute 60", { at: 60 }],
    ["10 minutes ago", { ago: 10 }],
    ["1 minute ago", { ago: 1 }],
    ["between minutes 30 and 60", { between: [30, 60] }],
    ["between minute 30 and minute 60", { between: [30, 60] }],
    ["between 30 and 60", { between: [30, 60] }],
    ["in first half", "first half"],
    ["in the first half", "first half"],
    ["in second half", "second half"],
    ["at half-time", "half-time"],
    ["at half time", "half-time"],
    ["at halftime", "half-time"],
    ["since trigger", "since trigger"]
  ])("the window %s", (text, window) => {
    expect(left(`home corners ${text}`)).toEqual({ metric: "corners", scope: "home", window })
  })

  it.each(scopes)("the scope %s", (scope) => {
    expect(left(`${scope} goals`)).toEqual({ metric: "goals", scope })
  })

  it("takes the American spelling of the favourite", () => {
    expect(left("favorite goals")).toEqual({ metric: "goals", scope: "favourite" })
    expect(left("home favorite goals")).toEqual({ metric: "goals", scope: "home favourite" })
  })

  it.each([...metrics])("the metric %s", (name, row) => {
    const scope = hasNoTotal(row) ? "HOME " : ""
    expect(left(`${scope}${name.toUpperCase()}`)).toMatchObject({ metric: name })
  })

  it.each([...metrics].filter(([, row]) => hasNoTotal(row)))("no total of %s, which comes to nothing", (name) => {
    for (const text of [`${name} >= 60`, `total ${name} >= 60`]) {
      const said = Result.match(parseComparison(text), {
        onFailure: (faults) => faults.map(({ message, start, end }) => `${message} [${text.slice(start, end)}]`),
        onSuccess: () => []
      })
      expect(said).toHaveLength(1)
      expect(said[0]).toContain("say whose, such as home, favourite, either or both")
      expect(said[0]).toContain(text.startsWith("total") ? "[total]" : `[${name}]`)
    }
    expect(Result.isSuccess(parseComparison(`either ${name} >= 60`))).toBe(true)
  })

  it("writes out the scope of a metric of both teams, and leaves that of a single figure out", () => {
    expect(left("goals")).toEqual({ metric: "goals", scope: "total" })
    expect(left("odds.draw")).toEqual({ metric: "odds.draw" })
  })

  it.each([
    ["minute + 2 * 3", "minute + 2 * 3"],
    ["(minute + 2) * 3", "(minute + 2) * 3"],
    ["((minute)) - (1 - 2)", "minute - (1 - 2)"],
    ["minute / 2 / 3", "minute / 2 / 3"],
    ["minute - -3", "minute - (-3)"],
    ["minute*-.5", "minute * (-0.5)"],
    ["1e3 + 1.50", "1000 + 1.5"],
    ["goals at half-time-1", "total goals at half-time - 1"]
  ])("the arithmetic of %s", (text, printed) => {
    expect(printComparison(parse(`${text} >= 1`))).toBe(`${printed} >= 1`)
  })

  it.each(["  MINUTE>=70 ", "Minute\n  >=\t70", "minute ≥ 70", "minute GTE 70", "minute gte 70."])(
    "takes %j for the same",
    (text) => {
      expect(printComparison(parse(text))).toBe("minute >= 70")
    }
  )

  it.each([
    ["TOTAL CORNERS PAST_X 15 GTE 4", "total corners last 15 minutes >= 4"],
    ["WINNING_TEAM RED_CARDS AS_OF_HALFTIME NEQ 1", "leading red_cards at half-time != 1"],
    ["EITHER_OPPONENT GOALS DURING_2ND_HALF EQ 0", "both goals in second half = 0"],
    [
      "FAVOURITE_AWAY SHOTS BETWEEN 30 AND 60 LT MINUTE / 10",
      "away favourite shots between minutes 30 and 60 < minute / 10"
    ],
    ["PRE_MATCH HOME BTTS_RATE GT 60", "home prematch.btts_rate > 60"],
    ["ODDS DRAW LTE 3.2", "odds.draw <= 3.2"],
    ["IN_PLAY HOME GOALS OFF = 1", "home goals = 1"]
  ])("takes the database's words: %s", (text, printed) => {
    expect(printComparison(parse(text))).toBe(printed)
  })

  it("puts alternatives on one line", () => {
    expect(parseCondition("any: minute >= 70 | goals > 1")).toEqual(
      Result.map(parseAlternatives("minute >= 70 | goals > 1"), (any) => ({ any }))
    )
  })

  it.prop(
    "reads every comparison that was printed as what it was",
    [comparisons],
    ([comparison]) => {
      expect(parseComparison(printComparison(comparison))).toEqual(Result.succeed(normalComparison(comparison)))
    },
    { arbitrary: { runs: 1000 } }
  )

  it.prop(
    "reads every condition that was printed as what it was",
    [conditions],
    ([condition]) => {
      expect(parseCondition(printCondition(condition))).toEqual(Result.succeed(normalCondition(condition)))
    },
    { arbitrary: { runs: 300 } }
  )
})

describe("a fault names the part that is to blame", () => {
  it.each([
    ["total cornrs last 15 minutes >= 4", "no metric is called cornrs (did you mean corners?) [cornrs]"],
    ["shots on target >= 3", "no metric is called shots on target (did you mean shots_on_target?) [shots on target]"],
    ["homee corners > 3", "no scope is called homee (did you mean home?) [homee]"],
    ["minutes > 3", "no metric is called minutes (did you mean minute?) [minutes]"],
    [
      "PRE_MATCH HOME BTTS_RAT > 3",
      "no metric is called prematch.btts_rat (did you mean prematch.btts_rate?) [BTTS_RAT]"
    ],
    ["goals lst 10 minutes > 1", "after a metric comes a window or a comparator, not lst (did you mean last?) [lst]"],
    ["goals last 10 > 1", "expected minutes, found > [>]"],
    ["goals last minutes > 1", "expected a number of minutes, found minutes [minutes]"],
    ["goals between minutes 1 or 2 > 1", "expected and, found or [or]"],
    ["goals in third half > 1", "expected first half or second half, found third [third]"],
    ["goals at noon > 1", "expected minute N or half-time, found noon [noon]"],
    ["goals since kickoff > 1", "expected minute N or trigger, found kickoff [kickoff]"],
    ["goals 5 minutes before > 1", "expected ago, found before [before]"],
    [
      "goals last 500 minutes > 1",
      "the minutes of a window must be a value between 1 and 120, got 500 [last 500 minutes]"
    ],
    [
      "goals between minutes 60 and 30 > 1",
      "the first minute must be less than the second [between minutes 60 and 30]"
    ],
    ["home odds.draw > 2", "odds.draw has one value for the match: leave the scope out [home]"],
    [
      "home prematch.position last 5 minutes > 1",
      "prematch.position does not change during the match: leave the window out [last 5 minutes]"
    ],
    [
      "minutes_since_last_goal last 5 minutes > 1",
      "minutes_since_last_goal speaks of the past itself: leave the window out [last 5 minutes]"
    ],
    ["goals since trigger > 1", "the window since trigger is for the expectation only [since trigger]"],
    ["goals => 4", "no comparator is written => (did you mean >=?) [=>]"],
    ["goals", "expected an operator or one of >=, <=, >, <, =, !=, found the end []"],
    ["goals >", "expected a number, minute, a metric or an opening parenthesis, found the end []"],
    ["home > 1", "expected a metric after home, found > [>]"],
    ["(goals > 1", "expected an operator or ), found > [>]"],
    ["-(3) > 1", "only a number takes a sign: write 0 - … for the opposite of anything else [-]"],
    ["minute > 1e999", "the number is too large [1e999]"],
    ["goals > 2 ; 3", "expected an operator or the end of the condition, found ; [;]"],
    ["goals >= 3 and minute > 5", "conditions are not joined by and: give each its own line of the list [and]"],
    ["goals >= 3 or minute > 5", "alternatives are not joined by or: list them under any [or]"],
    ["30 <= minute <= 75", "a condition makes one comparison: write the second one as a condition of its own [<=]"],
    ["", "expected a number, minute, a metric or an opening parenthesis, found the end []"]
  ])("%s", (text, fault) => {
    expect(wrong(text)).toEqual([fault])
  })

  it("and every unknown name of a condition is found", () => {
    expect(wrong("cornrs + golas > shts last 5 minutes")).toEqual([
      "no metric is called cornrs (did you mean corners?) [cornrs]",
      "no metric is called golas (did you mean goals?) [golas]",
      "no metric is called shts (did you mean shots?) [shts]"
    ])
  })

  it("and nesting beyond all measure is one", () => {
    expect(wrong(`${"(".repeat(10_000)}1`)).toEqual(["is nested more than 64 levels deep [(]"])
    expect(wrong(`${"1 + ".repeat(10_000)}1 > 0`)[0]).toContain("is nested more than 64 levels deep")
  })

  it.prop("whatever the text is, it is read or refused", [Arbitrary.schema(Schema.String)], ([text]) => {
    for (const part of Result.match(parseCondition(text), { onSuccess: () => [], onFailure: (faults) => faults })) {
      expect(part.start).toBeLessThanOrEqual(part.end)
      expect(part.end).toBeLessThanOrEqual(text.length)
    }
  })
})
