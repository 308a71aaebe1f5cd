import { describe, expect, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { correctedTrigger, noPast, type Past, remember } from "../../src/domain/Past.ts"
import { type Strategy, StrategyId } from "../../src/domain/Strategy.ts"
import { type Moment, moment, record, type Timeline } from "../../src/domain/Timeline.ts"
import { evaluateCondition, type View } from "../../src/rules/evaluate.ts"
import { decide } from "../../src/rules/expect/decide.ts"
import { parseCondition } from "../../src/rules/language/parse.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { type Scene, snapshot } from "../rules/scene.ts"

/** The views of a match that shows these scenes, one a minute from the first minute on. */
const watched = (to: number, scene: (minute: number) => Scene): ReadonlyArray<View> => {
  let past: Past = noPast
  return Array.from({ length: to }, (_, index) => {
    const shown = snapshot({ minute: index + 1, ...scene(index + 1) })
    past = remember(past, moment(shown))
    return { snapshot: shown, timeline: past.timeline }
  })
}

const conditionOf = (text: string) => Result.getOrThrow(parseCondition(text))

/** The minutes at which a condition holds: by the reference evaluator, a rule set of one strategy, and one of many. */
const heldAt = (text: string, views: ReadonlyArray<View>) => {
  const condition = conditionOf(text)
  const strategy = (id: number): Strategy => ({
    id: StrategyId.make(`${id}`),
    name: "s",
    when: [condition],
    active: true
  })
  const firing = (count: number) => {
    const { views: on } = RuleSet.make(Array.from({ length: count }, (_, id) => strategy(id))).fired(views)
    return [...new Set(on)].sort((a, b) => a - b).map((view) => view + 1)
  }
  const held = views.flatMap((view, index) => (evaluateCondition(condition, view) === undefined ? [] : [index + 1]))
  expect(firing(1)).toEqual(held)
  expect(firing(20)).toEqual(held)
  return held
}

const goals = (home: number): Scene => ({ score: { home, away: 0 } })
const homeOf = (metric: string, home: number): Scene => ({ statistics: { [metric]: { home, away: 0 } } })

describe("what is taken back", () => {
  const cancelled = watched(75, (minute) => goals(minute === 60 ? 1 : 0))
  const corners = watched(75, (minute) => homeOf("corners", minute < 65 ? 4 : minute <= 67 ? 5 : 4))
  const cards = watched(45, (minute) => homeOf("red_cards", minute >= 30 && minute < 33 ? 1 : 0))

  it("counts for nothing in a window that begins before it", () => {
    expect(heldAt("total goals since minute 60 = 0", cancelled)).toEqual([
      60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75
    ])
    expect(heldAt("difference goals last 6 minutes >= 1", cancelled)).toEqual([60])
    expect(heldAt("difference corners last 5 minutes >= 1", corners)).toEqual([1, 2, 3, 4, 5, 65, 66, 67])
  })

  it("makes no window negative", () => {
    expect(heldAt("total goals since minute 60 < 0", cancelled)).toEqual([])
    expect(heldAt("total red_cards last 10 minutes < 0", cards)).toEqual([])
    expect(heldAt("home corners last 10 minutes < 0", corners)).toEqual([])
  })

  it("counts for nothing since a trigger that saw it", () => {
    const views = watched(90, (minute) => goals(minute >= 75 ? 1 : minute === 58 || minute === 59 ? 1 : 0))
    const trigger = moment(snapshot({ minute: 58, ...goals(1) }))
    const expectation = conditionOf("total goals since trigger >= 1")
    const decisions = views
      .slice(57)
      .map((view) => decide(expectation, { ...view, trigger: correctedTrigger(trigger, view.timeline) }))
    expect(decisions.indexOf("hit") + 58).toBe(75)
    expect(decisions.includes("miss")).toBe(false)
  })

  it("is known of a figure that the moments after it do not show, as soon as one does", () => {
    const trigger = moment(snapshot({ minute: 50, ...homeOf("corners", 5) }))
    const later = [snapshot({ minute: 51 }), snapshot({ minute: 52, ...homeOf("corners", 4) })].map(moment)
    expect(correctedTrigger(trigger, later).figures.corners).toEqual({ home: 4, away: 0 })
    expect(correctedTrigger(trigger, later.slice(0, 1))).toBe(trigger)
  })
})

describe("the minutes since the last goal", () => {
  const minutes = (text: string, goals: (minute: number) => Scene) => heldAt(text, watched(30, goals))

  it("begin anew with each goal, and do not exist before the first", () => {
    const scored = (minute: number): Scene => ({ score: { home: minute >= 5 ? 1 : 0, away: minute >= 20 ? 1 : 0 } })
    expect(minutes("minutes_since_last_goal >= 14", scored)).toEqual([19])
    expect(minutes("minutes_since_last_goal = 0", scored)).toEqual([5, 20])
    expect(minutes("minutes_since_last_goal >= 0", scored)).toEqual(Array.from({ length: 26 }, (_, index) => index + 5))
  })

  it("go back to the goal before when the last one is taken back", () => {
    const taken = (minute: number) => goals(minute >= 5 ? (minute === 10 ? 2 : 1) : 0)
    expect(minutes("minutes_since_last_goal = 6", taken)).toEqual([11])
    expect(minutes("minutes_since_last_goal = 0", taken)).toEqual([5, 10])
  })

  it("are not known of a goal that was not seen", () => {
    const late = watched(3, () => goals(1)).slice(2)
    expect(
      heldAt(
        "minutes_since_last_goal >= 0",
        late.map((view) => ({ ...view, timeline: view.timeline.slice(2) }))
      )
    ).toEqual([])
  })
})

describe("a corrected past", () => {
  const Shown = Schema.Array(
    Schema.Struct({
      minute: Schema.Literals([1, 2, 3, 44, 45]),
      home: Schema.Literals([0, 1, 2, 3]),
      corners: Schema.NullOr(Schema.Literals([0, 1, 2]))
    })
  )
  const momentOf = ({ corners, home, minute }: (typeof Shown.Type)[number]): Moment =>
    moment(snapshot({ minute, ...goals(home), ...(corners === null ? {} : homeOf("corners", corners)) }))

  /** What the moments come to, corrected as plainly as can be: each value, or the least of those after it. */
  const plainly = (shown: Timeline): Timeline =>
    shown.map((each, index) => {
      const least = (name: "goals" | "corners", side: "home" | "away"): number =>
        Math.min(
          ...shown.slice(index).flatMap(({ figures }) => {
            const figure = figures[name]
            return typeof figure === "object" ? [figure[side]] : []
          })
        )
      const sides = (name: "goals" | "corners") =>
        each.figures[name] === undefined ? {} : { [name]: { home: least(name, "home"), away: least(name, "away") } }
      return { ...each, figures: { ...each.figures, ...sides("goals"), ...sides("corners") } }
    })

  it.prop("has the least that was shown since, in whatever order moments came", [Shown], ([all]) => {
    let past = noPast
    let shown: Timeline = []
    for (const each of all.map(momentOf)) {
      past = remember(past, each)
      shown = record(shown, each)
      expect(past.shown).toEqual(shown)
      expect(past.timeline).toEqual(plainly(shown))
    }
  })

  it("is what was shown, the same array, where nothing was taken back", () => {
    const past = ([1, 2, 3] as const).reduce(
      (before, home) => remember(before, momentOf({ minute: 44, home, corners: null })),
      noPast
    )
    expect(past.timeline).toBe(past.shown)
  })
})
