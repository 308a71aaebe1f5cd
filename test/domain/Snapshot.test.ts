import { describe, expect, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { problemText } from "../../src/domain/problems.ts"
import {
  compareMatchMinutes,
  figures,
  isCalledOff,
  isInPlay,
  isOver,
  isPlayed,
  isWaiting,
  type MatchMinute,
  matchMinute,
  matchMinuteLabel,
  type Period,
  Snapshot
} from "../../src/domain/Snapshot.ts"

const input = {
  match: {
    id: 2058017,
    competition: { id: 28, name: "World Cup" },
    home: { name: "France" },
    away: { name: "Croatia" },
    kickOff: "2018-07-15T15:00:00.000Z"
  },
  clock: { period: "2H", minute: 60, added: 0, status: "live" },
  score: { home: 2, away: 1 }
}

const decode = (changes: Record<string, unknown> = {}) =>
  Schema.decodeUnknownResult(Snapshot, { errors: "all", reportInput: true })({ ...input, ...changes })

const decoded = (changes: Record<string, unknown> = {}) => Result.getOrThrow(decode(changes))

const problem = (changes: Record<string, unknown>): string =>
  Result.match(decode(changes), { onFailure: ({ issue }) => problemText(issue), onSuccess: () => "no problem" })

describe("the text of a snapshot", () => {
  it("is what a database can keep", () => {
    for (const name of ["Fran\0ce", "Fran\ud800ce", ""]) {
      expect(problem({ match: { ...input.match, home: { name } } })).toContain("match.home.name")
      expect(problem({ match: { ...input.match, id: name } })).toContain("match.id")
    }
    expect(problem({ match: { ...input.match, home: { name: "Türkiye 🇹🇷" } } })).toBe("no problem")
  })
})

describe("the scoreboard minute", () => {
  it.each<[Period, number, string]>([
    ["1H", 0, "1"],
    ["1H", 59.9, "1"],
    ["1H", 60, "2"],
    ["1H", 2699, "45"],
    ["1H", 2700, "45+1"],
    ["1H", 2850, "45+3"],
    ["2H", 0, "46"],
    ["2H", 2699, "90"],
    ["2H", 2940, "90+5"],
    ["E1", 0, "91"],
    ["E1", 900, "105+1"],
    ["E2", 0, "106"],
    ["E2", 899, "120"],
    ["E2", 960, "120+2"]
  ])("%s after %d seconds shows %s", (period, seconds, label) => {
    expect(matchMinuteLabel(matchMinute(period, seconds))).toBe(label)
  })

  it("is ordered by period, minute and added minute", () => {
    const inOrder: ReadonlyArray<MatchMinute> = [
      { period: "1H", minute: 44, added: 0 },
      { period: "1H", minute: 45, added: 0 },
      { period: "1H", minute: 45, added: 3 },
      { period: "2H", minute: 46, added: 0 },
      { period: "2H", minute: 90, added: 6 },
      { period: "E1", minute: 91, added: 0 }
    ]
    expect(inOrder.toReversed().toSorted(compareMatchMinutes)).toEqual(inOrder)
  })
})

describe("a snapshot", () => {
  it("needs no figures beyond the score", () => {
    expect(decoded()).toMatchObject({ match: { id: "2058017" }, statistics: {}, prematch: {}, odds: {} })
  })

  it("gives every metric by its name in the catalogue, the score as goals", () => {
    const snapshot = decoded({
      statistics: { corners: { home: 5, away: 3 }, goals: { home: 9, away: 9 } },
      prematch: { win_odds: { home: 1.8, away: 4.5 } },
      odds: { draw: 3.4 }
    })
    expect(figures(snapshot)).toEqual({
      goals: { home: 2, away: 1 },
      corners: { home: 5, away: 3 },
      "prematch.win_odds": { home: 1.8, away: 4.5 },
      "odds.draw": 3.4
    })
  })

  it("ignores figures that the catalogue does not know", () => {
    expect(figures(decoded({ statistics: { aerials: { home: 5, away: 3 } } }))).toEqual({ goals: { home: 2, away: 1 } })
  })

  it.each([
    [
      "a value out of range",
      { statistics: { possession: { home: 120, away: -20 } } },
      "statistics.possession: 120 and -20"
    ],
    ["one price where each team has its own", { odds: { win: 2 } }, "odds.win: needs a value for home and away"],
    ["two prices of one draw", { odds: { draw: { home: 2, away: 3 } } }, "odds.draw: needs a single value"],
    [
      "a minute outside its period",
      { clock: { ...input.clock, minute: 20 } },
      "clock: minute 20 is not in period 2H (30 to 90)"
    ],
    ["half a goal", { score: { home: 0.5, away: 0 } }, "score.home: must be"]
  ])("is refused with %s", (_, changes, message) => {
    expect(problem(changes)).toContain(message)
  })

  it.each([
    ["scheduled", { inPlay: false, over: false, calledOff: false, waiting: false, played: false }],
    ["live", { inPlay: true, over: false, calledOff: false, waiting: false, played: true }],
    ["break", { inPlay: true, over: false, calledOff: false, waiting: false, played: true }],
    ["finished", { inPlay: false, over: true, calledOff: false, waiting: false, played: true }],
    ["abandoned", { inPlay: false, over: true, calledOff: true, waiting: false, played: true }],
    ["suspended", { inPlay: false, over: false, calledOff: false, waiting: true, played: true }],
    ["interrupted", { inPlay: false, over: false, calledOff: false, waiting: true, played: true }],
    ["postponed", { inPlay: false, over: false, calledOff: false, waiting: true, played: false }],
    ["delayed", { inPlay: false, over: false, calledOff: false, waiting: true, played: false }],
    ["cancelled", { inPlay: false, over: true, calledOff: true, waiting: false, played: false }],
    ["awarded", { inPlay: false, over: true, calledOff: true, waiting: false, played: false }],
    ["walkover", { inPlay: false, over: true, calledOff: true, waiting: false, played: false }]
  ])("that is %s is %o", (status, expected) => {
    const { clock } = decoded({ clock: { ...input.clock, status } })
    expect({
      inPlay: isInPlay(clock),
      over: isOver(clock),
      calledOff: isCalledOff(clock),
      waiting: isWaiting(clock),
      played: isPlayed(clock)
    }).toEqual(expected)
  })

  it.each([
    ["a shoot-out after 90 minutes", { period: "P", minute: 90 }],
    ["a shoot-out after 120 minutes", { period: "P", minute: 120 }],
    ["a second half of 2 × 40", { period: "2H", minute: 41 }],
    ["a second half of 2 × 35", { period: "2H", minute: 36 }],
    ["extra time after 80 minutes", { period: "E1", minute: 81 }]
  ])("may show %s", (_, clock) => {
    expect(problem({ clock: { ...input.clock, ...clock } })).toBe("no problem")
  })

  it("is not in play in a shoot-out", () => {
    for (const status of ["live", "break"]) {
      expect(isInPlay(decoded({ clock: { ...input.clock, period: "P", minute: 90, status } }).clock)).toBe(false)
    }
    expect(isInPlay(decoded({ clock: { ...input.clock, period: "E2", minute: 120, status: "break" } }).clock)).toBe(
      true
    )
  })

  it("of a match that is not played needs no minute of its period", () => {
    for (const status of ["scheduled", "postponed", "delayed", "cancelled", "awarded", "walkover"]) {
      expect(problem({ clock: { period: "2H", minute: 0, added: 0, status } })).toBe("no problem")
    }
  })
})
