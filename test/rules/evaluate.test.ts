import { describe, expect, it } from "@effect/vitest"
import type { Comparator, Comparison, Expression, MetricValue, Scope, Window } from "../../src/domain/Strategy.ts"
import { moment } from "../../src/domain/Timeline.ts"
import { evaluate, evaluateCondition, favourite, leader, teamOf, valueOf } from "../../src/rules/evaluate.ts"
import { type Scene, snapshot, steady, viewOf } from "./scene.ts"

const corners = (scope: Scope, window?: Window): MetricValue =>
  window === undefined ? { metric: "corners", scope } : { metric: "corners", scope, window }

const compare = (left: Expression, comparator: Comparator, right: Expression): Comparison => ({
  left,
  comparator,
  right
})

describe("scopes", () => {
  const scene = (home: number, away: number, rest: Scene = {}) =>
    viewOf({ statistics: { corners: { home, away } }, ...rest })
  const homeFavourite: Scene = { prematch: { win_odds: { home: 1.5, away: 6 } } }
  const awayFavourite: Scene = { prematch: { win_odds: { home: 6, away: 1.5 } } }
  const homeLeads: Scene = { score: { home: 2, away: 1 } }
  const awayLeads: Scene = { score: { home: 0, away: 1 } }

  it.each<[Scope, Scene, number | undefined]>([
    ["home", {}, 3],
    ["away", {}, 8],
    ["total", {}, 11],
    ["difference", {}, 5],
    ["either", {}, 8],
    ["both", {}, 3],
    ["favourite", homeFavourite, 3],
    ["favourite", awayFavourite, 8],
    ["favourite", {}, undefined],
    ["underdog", homeFavourite, 8],
    ["underdog", awayFavourite, 3],
    ["underdog", {}, undefined],
    ["home favourite", homeFavourite, 3],
    ["home favourite", awayFavourite, undefined],
    ["home favourite", {}, undefined],
    ["away favourite", homeFavourite, undefined],
    ["away favourite", awayFavourite, 8],
    ["away favourite", {}, undefined],
    ["home underdog", homeFavourite, undefined],
    ["home underdog", awayFavourite, 3],
    ["home underdog", {}, undefined],
    ["away underdog", homeFavourite, 8],
    ["away underdog", awayFavourite, undefined],
    ["away underdog", {}, undefined],
    ["leading", homeLeads, 3],
    ["leading", awayLeads, 8],
    ["leading", {}, undefined],
    ["trailing", homeLeads, 8],
    ["trailing", awayLeads, 3],
    ["trailing", {}, undefined]
  ])("%s corners of 3 and 8, given %j, are %s", (scope, rest, expected) => {
    expect(valueOf(corners(scope), scene(3, 8, rest))).toBe(expected)
  })

  it("the difference is the same whichever side has more", () => {
    expect(valueOf(corners("difference"), scene(8, 3))).toBe(5)
  })

  it("a metric of both teams without a scope is their total", () => {
    expect(valueOf({ metric: "corners" }, scene(3, 8))).toBe(11)
  })

  it("goals are the score", () => {
    expect(valueOf({ metric: "goals", scope: "leading" }, scene(0, 0, homeLeads))).toBe(2)
  })

  it("a single figure for the match is itself", () => {
    expect(valueOf({ metric: "odds.draw" }, viewOf({ odds: { draw: 3.4 } }))).toBe(3.4)
  })

  it("a pre-match figure takes a scope like any other", () => {
    const view = viewOf({ prematch: { position: { home: 2, away: 11 }, win_odds: { home: 1.4, away: 8 } } })
    expect(valueOf({ metric: "prematch.position", scope: "underdog" }, view)).toBe(11)
  })

  it("equal odds make no favourite", () => {
    const level = snapshot({ prematch: { win_odds: { home: 2.6, away: 2.6 } } })
    expect([favourite(level), teamOf("underdog", level)]).toEqual([undefined, undefined])
  })

  it("a draw has no leader", () => {
    expect(leader(snapshot({ score: { home: 1, away: 1 } }))).toBeUndefined()
  })

  it("the leader is who leads now, also when the window lies in the past", () => {
    const view = viewOf(
      { minute: 20, score: { home: 0, away: 1 }, statistics: { corners: { home: 4, away: 1 } } },
      { minute: 70, score: { home: 2, away: 1 }, statistics: { corners: { home: 6, away: 2 } } }
    )
    expect(valueOf(corners("leading", { at: 30 }), view)).toBe(4)
  })
})

describe("windows", () => {
  // By minute m the home team has had m corners and the away team half as many, rounded down.
  it.each<[string, number, Window, number | undefined]>([
    ["now less the value 15 minutes ago", 60, { last: 15 }, 15],
    ["everything since kick-off when the match is younger than the window", 10, { last: 15 }, 10],
    ["everything since kick-off when the match is as old as the window", 15, { last: 15 }, 15],
    ["what came after the minute", 75, { since: 60 }, 15],
    ["nothing yet at the minute itself", 60, { since: 60 }, 0],
    ["no value before the minute", 59, { since: 60 }, undefined],
    ["everything when it is since kick-off", 30, { since: 0 }, 30],
    ["the value at a past minute", 75, { at: 60 }, 60],
    ["the value now at the minute itself", 60, { at: 60 }, 60],
    ["no value before the minute asked for", 59, { at: 60 }, undefined],
    ["zero at kick-off", 30, { at: 0 }, 0],
    ["the value some minutes ago", 60, { ago: 10 }, 50],
    ["zero when that was before kick-off", 5, { ago: 10 }, 0],
    ["zero when that was kick-off", 10, { ago: 10 }, 0],
    ["what came between two minutes", 75, { between: [30, 60] }, 30],
    ["all of it at the second minute", 60, { between: [30, 60] }, 30],
    ["no value before the second minute", 59, { between: [30, 60] }, undefined],
    ["what came from kick-off to a minute", 40, { between: [0, 30] }, 30],
    ["the first half so far", 30, "first half", 30],
    ["the whole first half at its end", 45, "first half", 45],
    ["the whole first half later", 75, "first half", 45],
    ["the second half so far", 75, "second half", 30],
    ["the whole second half in extra time", 100, "second half", 45],
    ["one minute's worth in the first minute of the second half", 46, "second half", 1],
    ["no second half while the first runs", 45, "second half", undefined],
    ["the value at half-time", 75, "half-time", 45],
    ["the value at half-time from the first minute of the second half", 46, "half-time", 45],
    ["no half-time value while the first half runs", 45, "half-time", undefined]
  ])("%s: at minute %i, %j is %s", (_, minute, window, expected) => {
    expect(valueOf(corners("home", window), steady(minute))).toBe(expected)
  })

  it("the break has a half-time value, and no second half", () => {
    const view = steady(45, { status: "break" })
    expect(valueOf(corners("home", "half-time"), view)).toBe(45)
    expect(valueOf(corners("home", "first half"), view)).toBe(45)
    expect(valueOf(corners("home", "second half"), view)).toBeUndefined()
  })

  it("half-time is the end of the first half, added time included", () => {
    const view = viewOf(
      { minute: 45, statistics: { corners: { home: 2, away: 0 } } },
      { minute: 45, added: 3, statistics: { corners: { home: 4, away: 0 } } },
      { minute: 50, statistics: { corners: { home: 7, away: 0 } } }
    )
    expect(valueOf(corners("home", "half-time"), view)).toBe(4)
    expect(valueOf(corners("home", "first half"), view)).toBe(4)
    expect(valueOf(corners("home", "second half"), view)).toBe(3)
  })

  it("the second half ends with its added time, and extra time adds nothing to it", () => {
    const view = viewOf(
      { minute: 45, statistics: { corners: { home: 2, away: 0 } } },
      { minute: 90, statistics: { corners: { home: 5, away: 0 } } },
      { minute: 90, added: 4, statistics: { corners: { home: 6, away: 0 } } },
      { period: "E1", minute: 91, statistics: { corners: { home: 9, away: 0 } } }
    )
    expect(valueOf(corners("home", "second half"), view)).toBe(4)
    expect(valueOf(corners("home", { since: 45 }), view)).toBe(7)
  })

  it("in added time a window counts from the minute at which the scoreboard stands", () => {
    const view = viewOf(
      { minute: 75, statistics: { corners: { home: 2, away: 0 } } },
      { minute: 90, statistics: { corners: { home: 5, away: 0 } } },
      { minute: 90, added: 4, statistics: { corners: { home: 9, away: 0 } } }
    )
    expect(valueOf(corners("home", { last: 15 }), view)).toBe(7)
    expect(valueOf(corners("home", { since: 90 }), view)).toBe(0)
  })

  it("is taken team by team before the scope combines them", () => {
    const view = viewOf(
      { minute: 45, statistics: { corners: { home: 6, away: 1 } } },
      { minute: 60, statistics: { corners: { home: 7, away: 5 } } }
    )
    expect(valueOf(corners("either", { last: 15 }), view)).toBe(4)
    expect(valueOf(corners("both", { last: 15 }), view)).toBe(1)
    expect(valueOf(corners("difference", { last: 15 }), view)).toBe(3)
  })

  it("a minute that no snapshot showed has the value of the one before", () => {
    const view = viewOf(
      { minute: 50, statistics: { corners: { home: 3, away: 0 } } },
      { minute: 70, statistics: { corners: { home: 5, away: 0 } } }
    )
    expect(valueOf(corners("home", { at: 60 }), view)).toBe(3)
  })

  it("a match joined in play has no value for what happened before", () => {
    const view = viewOf({ minute: 60, statistics: { corners: { home: 3, away: 2 } } })
    expect(valueOf(corners("total", { last: 15 }), view)).toBeUndefined()
    expect(valueOf(corners("total", "second half"), view)).toBeUndefined()
    expect(valueOf(corners("total", { last: 60 }), view)).toBe(5)
  })

  it("since the trigger counts what came after it", () => {
    const before = { minute: 60, score: { home: 1, away: 0 } }
    const view = { ...viewOf(before, { minute: 90, score: { home: 2, away: 1 } }), trigger: moment(snapshot(before)) }
    expect(valueOf({ metric: "goals", window: "since trigger" }, view)).toBe(2)
  })

  it("since the trigger has no value without a trigger", () => {
    expect(valueOf({ metric: "goals", window: "since trigger" }, viewOf({}))).toBeUndefined()
  })

  it("since the trigger has no value when the metric was not known then", () => {
    const view = { ...viewOf({ statistics: { corners: { home: 1, away: 1 } } }), trigger: moment(snapshot()) }
    expect(valueOf(corners("total", "since trigger"), view)).toBeUndefined()
  })

  it("a price that rose has risen by the difference", () => {
    const view = viewOf({ minute: 50, odds: { draw: 3 } }, { minute: 60, odds: { draw: 3.5 } })
    expect(valueOf({ metric: "odds.draw", window: { last: 10 } }, view)).toBe(0.5)
  })

  it("a price known before kick-off is where a window begins that reaches beyond it", () => {
    const view = viewOf({ minute: 0, status: "scheduled", odds: { draw: 3 } }, { minute: 5, odds: { draw: 3.5 } })
    expect(valueOf({ metric: "odds.draw", window: { last: 10 } }, view)).toBe(0.5)
  })

  it("a gauge has no value before the first snapshot", () => {
    const view = viewOf({ minute: 5, odds: { draw: 3 } })
    expect(valueOf({ metric: "odds.draw", window: { last: 10 } }, view)).toBeUndefined()
  })
})

describe("expressions", () => {
  const view = viewOf({ minute: 60, statistics: { corners: { home: 6, away: 2 } } })

  it.each<["+" | "-" | "*" | "/", number]>([
    ["+", 8],
    ["-", 4],
    ["*", 12],
    ["/", 3]
  ])("6 %s 2 is %i", (op, expected) => {
    expect(valueOf({ op, left: corners("home"), right: corners("away") }, view)).toBe(expected)
  })

  it("the minute is the scoreboard's, without added time", () => {
    expect(valueOf("minute", viewOf({ minute: 90, added: 4 }))).toBe(90)
  })

  it("a division by zero has no value", () => {
    expect(valueOf({ op: "/", left: corners("home"), right: 0 }, view)).toBeUndefined()
    expect(valueOf({ op: "/", left: 0, right: 0 }, view)).toBeUndefined()
  })

  it("a result that no number can hold has no value", () => {
    expect(valueOf({ op: "*", left: 1e300, right: 1e300 }, view)).toBeUndefined()
  })

  it("a missing value is missing from all that is made of it", () => {
    expect(valueOf({ op: "*", left: 0, right: { metric: "possession", scope: "home" } }, view)).toBeUndefined()
    const nested: Expression = { op: "+", left: 1, right: { op: "/", left: 1, right: 0 } }
    expect(valueOf(nested, view)).toBeUndefined()
  })
})

describe("conditions", () => {
  const view = viewOf({ minute: 60, statistics: { corners: { home: 6, away: 2 } } })

  it.each<[number, Comparator, number, boolean]>([
    [2, ">=", 2, true],
    [1, ">=", 2, false],
    [2, "<=", 2, true],
    [3, "<=", 2, false],
    [3, ">", 2, true],
    [2, ">", 2, false],
    [1, "<", 2, true],
    [2, "<", 2, false],
    [2, "=", 2, true],
    [1, "=", 2, false],
    [1, "!=", 2, true],
    [2, "!=", 2, false]
  ])("%i %s %i is %s", (left, comparator, right, expected) => {
    expect(evaluateCondition(compare(left, comparator, right), view) !== undefined).toBe(expected)
  })

  it.each<Comparator>([">=", "<=", ">", "<", "=", "!="])("a missing value on either side fails %s", (comparator) => {
    const missing: Expression = { metric: "shots", scope: "home" }
    expect(evaluateCondition(compare(missing, comparator, 1), view)).toBeUndefined()
    expect(evaluateCondition(compare(1, comparator, missing), view)).toBeUndefined()
    expect(evaluateCondition(compare(missing, comparator, missing), view)).toBeUndefined()
  })

  it("the evidence is the condition as text and both values", () => {
    expect(evaluateCondition(compare(corners("home"), ">=", corners("away")), view)).toEqual({
      condition: "home corners >= away corners",
      left: 6,
      right: 2
    })
  })

  it("a group gives the evidence of the first alternative that holds", () => {
    const group = {
      any: [compare(corners("away"), ">=", 5), compare(corners("home"), ">=", 5), compare("minute", ">=", 1)] as const
    }
    expect(evaluateCondition(group, view)).toEqual({ condition: "home corners >= 5", left: 6, right: 5 })
  })

  it("a group holds though a value of another alternative is missing", () => {
    const group = { any: [compare({ metric: "shots" }, ">=", 0), compare("minute", ">=", 60)] as const }
    expect(evaluateCondition(group, view)?.condition).toBe("minute >= 60")
  })

  it("a group of which no alternative holds does not hold", () => {
    expect(evaluateCondition({ any: [compare("minute", ">", 60), compare(1, ">", 2)] }, view)).toBeUndefined()
  })
})

describe("strategies", () => {
  const view = viewOf({ minute: 60, statistics: { corners: { home: 6, away: 2 } } })
  const late = compare("minute", ">=", 60)
  const many = compare(corners("total"), ">=", 8)

  it("fire with one piece of evidence for each condition, in order", () => {
    expect(evaluate({ when: [late, many], active: true }, view)).toEqual([
      { condition: "minute >= 60", left: 60, right: 60 },
      { condition: "total corners >= 8", left: 8, right: 8 }
    ])
  })

  it("do not fire when one condition does not hold", () => {
    expect(evaluate({ when: [late, compare(corners("total"), ">=", 9)], active: true }, view)).toBeUndefined()
  })

  it("do not fire when they are not active", () => {
    expect(evaluate({ when: [late], active: false }, view)).toBeUndefined()
  })

  it("watch the competitions that they name and no other", () => {
    expect(evaluate({ when: [late], active: true, competitions: ["364", "28"] }, view)).toBeDefined()
    expect(evaluate({ when: [late], active: true, competitions: ["364"] }, view)).toBeUndefined()
  })
})
