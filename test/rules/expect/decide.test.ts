import { describe, expect, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import {
  type Comparator,
  type Condition,
  comparators,
  type Expression,
  Operator,
  Scope,
  Window
} from "../../../src/domain/Strategy.ts"
import { moment } from "../../../src/domain/Timeline.ts"
import { evaluateCondition, type View } from "../../../src/rules/evaluate.ts"
import { decide, type FiguresAtEnd, judgedPeriod } from "../../../src/rules/expect/decide.ts"
import { outcome } from "../../../src/rules/expect/outcomes.ts"
import { parseCondition } from "../../../src/rules/language/parse.ts"
import { type Scene, snapshot, viewOf } from "../scene.ts"

const sides = (home: number, away: number) => ({ home, away })

/** A match with this many corners and goals by these minutes, now at the last of them. */
const match = (...scenes: ReadonlyArray<Scene>) =>
  viewOf({ minute: 1, statistics: { corners: sides(0, 0) } }, ...scenes)

const at = (minute: number, home: number, away: number, rest: Scene = {}): Scene => ({
  minute,
  score: sides(home, away),
  statistics: { corners: sides(2 * home, 2 * away) },
  prematch: { win_odds: sides(1.5, 6) },
  ...rest
})

const decided = (text: string, view: View) => decide(Result.getOrThrow(parseCondition(text)), view)

const picked = (view: View, trigger: Scene): View => ({ ...view, trigger: moment(snapshot(trigger)) })

describe("an expectation", () => {
  it.each<[string, View, "hit" | "miss" | undefined]>([
    ["total goals >= 3", match(at(30, 2, 0)), undefined],
    ["total goals >= 3", match(at(30, 2, 1)), "hit"],
    ["total goals > 2.5", match(at(30, 2, 1)), "hit"],
    ["total goals <= 2", match(at(30, 2, 0)), undefined],
    ["total goals <= 2", match(at(30, 2, 1)), "miss"],
    ["total goals = 2", match(at(30, 2, 0)), undefined],
    ["total goals = 2", match(at(30, 2, 1)), "miss"],
    ["total goals != 2", match(at(30, 2, 1)), "hit"],
    ["3 > total goals", match(at(30, 2, 1)), "miss"],
    ["home goals >= 2", match(at(30, 2, 0)), "hit"],
    ["favourite goals >= 2", match(at(30, 2, 0)), "hit"],
    ["underdog goals >= 2", match(at(30, 0, 2)), "hit"],
    ["away favourite goals >= 0", match(at(30, 0, 2)), "miss"],
    ["either goals >= 2", match(at(30, 0, 2)), "hit"],
    ["both goals >= 1", match(at(30, 1, 0)), undefined],
    ["both goals >= 1", match(at(30, 1, 1)), "hit"],
    ["both goals = 0", match(at(30, 1, 1)), "miss"],
    ["difference goals >= 2", match(at(30, 2, 0)), undefined],
    ["leading goals >= 2", match(at(30, 2, 0)), undefined],
    ["home goals > away goals", match(at(89, 9, 0)), undefined],
    ["total goals + total corners >= 9", match(at(30, 2, 1)), "hit"],
    ["2 * total goals - 1 >= 5", match(at(30, 2, 1)), "hit"],
    ["10 - total goals >= 8", match(at(30, 2, 1)), "miss"],
    ["6 / total goals <= 2", match(at(30, 2, 1)), "hit"],
    ["total goals / 0 >= 0", match(at(30, 2, 1)), "miss"],
    ["minute <= 30", match(at(31, 0, 0)), "miss"],
    ["total goals >= prematch.draw_odds", match(at(30, 2, 2, { prematch: { draw_odds: 3.5 } })), "hit"],
    ["home possession >= 0", match(at(30, 0, 0, { statistics: { possession: sides(50, 50) } })), undefined],
    ["total saves >= 0", match(at(30, 0, 0)), undefined]
  ])("%s, of the match %#, is %s", (text, view, decision) => {
    expect(decided(text, view)).toBe(decision)
  })

  it.each<[string, View, "hit" | "miss" | undefined]>([
    ["total goals in first half = 0", match(at(45, 0, 0)), undefined],
    ["total goals in first half = 0", match(at(45, 0, 0), at(46, 0, 0)), "hit"],
    ["total goals in first half >= 1", match(at(45, 0, 0), at(46, 1, 0)), "miss"],
    ["total goals in first half >= 1", match(at(20, 1, 0)), "hit"],
    ["total goals at half-time >= 1", match(at(20, 1, 0)), "hit"],
    ["total goals at half-time <= 0", match(at(45, 0, 0), at(46, 1, 0)), "hit"],
    ["total goals in second half >= 1", match(at(45, 1, 0), at(50, 1, 0)), undefined],
    ["total goals in second half >= 1", match(at(45, 1, 0), at(50, 2, 0)), "hit"],
    ["total goals since minute 60 <= 0", match(at(50, 1, 0), at(60, 2, 0)), undefined],
    ["total goals since minute 60 <= 0", match(at(60, 1, 0), at(70, 2, 0)), "miss"],
    ["total goals between minutes 20 and 40 = 1", match(at(15, 1, 0), at(30, 2, 0)), undefined],
    ["total goals between minutes 20 and 40 = 1", match(at(15, 1, 0), at(30, 2, 0), at(41, 2, 0)), "hit"],
    ["total goals at minute 30 >= 1", match(at(20, 0, 0), at(31, 1, 0)), "miss"],
    ["total goals last 10 minutes >= 1", match(at(70, 1, 0), at(79, 2, 0)), undefined],
    ["total goals last 10 minutes >= 2", match(at(70, 1, 0), at(82, 4, 0)), "hit"],
    ["total goals last 10 minutes < 0", match(at(70, 1, 0)), "miss"],
    ["total goals 10 minutes ago >= 1", match(at(70, 1, 0)), undefined],
    ["total goals 10 minutes ago >= 1", match(at(70, 1, 0), at(81, 1, 0)), "hit"]
  ])("%s, of the match %#, is %s", (text, view, decision) => {
    expect(decided(text, view)).toBe(decision)
  })

  it("since the trigger counts from there", () => {
    const view = match(at(50, 1, 0), at(70, 2, 0))
    expect(decided("total goals since trigger >= 1", picked(view, at(50, 1, 0)))).toBe("hit")
    expect(decided("total goals since trigger >= 2", picked(view, at(50, 1, 0)))).toBeUndefined()
    expect(decided("total goals since trigger >= 1", view)).toBe("miss")
  })

  it("of several alternatives is a hit with one of them, and a miss without any", () => {
    expect(decided("any: total goals >= 9 | home goals >= 2", match(at(30, 2, 0)))).toBe("hit")
    expect(decided("any: total goals <= 1 | home goals <= 1", match(at(30, 2, 0)))).toBe("miss")
    expect(decided("any: total goals <= 1 | home goals >= 3", match(at(30, 2, 0)))).toBeUndefined()
  })

  it.each([
    ["HOME_WIN", "hit"],
    ["AWAY_WIN", "miss"],
    ["DOUBLE_CHANCE_12", "hit"],
    ["UNDER_2_5_GOALS", "hit"]
  ])("%s is decided at the end of regulation time", (name, decision) => {
    const expectation = Result.getOrThrow(outcome(name))
    expect(decide(expectation, match(at(90, 1, 0, { added: 4 })))).toBeUndefined()
    expect(decide(expectation, match(at(90, 1, 0, { status: "break" })))).toBe(decision)
    expect(decide(expectation, match(at(90, 1, 0, { status: "finished" })))).toBe(decision)
  })

  it("is not decided by what came after that end, nor by a match that broke off", () => {
    expect(decided("total goals >= 1", match(at(95, 1, 0)))).toBeUndefined()
    expect(decided("total goals >= 1", match(at(60, 1, 0, { status: "abandoned" })))).toBeUndefined()
  })

  it("of a trigger in extra time is decided at the end of that", () => {
    const trigger = at(92, 1, 1)
    expect(judgedPeriod(picked(match(), trigger))).toBe("E2")
    expect(
      decided("home goals > away goals", picked(match(trigger, at(105, 2, 1, { status: "break" })), trigger))
    ).toBeUndefined()
    expect(
      decided("home goals > away goals", picked(match(trigger, at(120, 2, 1, { status: "break" })), trigger))
    ).toBe("hit")
  })

  it("of a trigger in extra time is decided at once where it asks for the second half", () => {
    const trigger = at(92, 1, 1)
    const view = picked(match(at(45, 0, 0), at(90, 1, 1), trigger, at(100, 3, 1)), trigger)
    expect(decided("total goals in second half >= 3", view)).toBe("miss")
    expect(decided("total goals in second half = 2", view)).toBe("hit")
  })
})

// What follows plays generated matches to their end. A step of play: the minutes that pass, and what happens in them.
const small = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 2 })))
const Step = Schema.Struct({
  minutes: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 15 }))),
  goals: Schema.Struct({ home: small, away: Schema.Literals([0, 0, 0, 1]) }),
  corners: Schema.Struct({ home: small, away: small }),
  possession: Schema.Literals([30, 50, 70])
})

const Played = Schema.Struct({
  first: Schema.NonEmptyArray(Step),
  second: Schema.NonEmptyArray(Step),
  extra: Schema.Array(Step),
  odds: Schema.Literals(["home", "away", "level", "none"]),
  /** From which step on corners are known. */
  cornersFrom: Schema.Literals([0, 0, 1, 2, 99]),
  /** The first steps were not seen. */
  joined: Schema.Literals([0, 0, 1, 2]),
  trigger: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 4 }))),
  ends: Schema.Literals(["finished", "break"])
})

/** The moments of a match as a feed shows them, the end of regulation time (or of extra time) last. */
const scenes = ({ cornersFrom, ends, extra, first, odds, second }: typeof Played.Type): ReadonlyArray<Scene> => {
  const all: Array<Scene> = []
  const goals = { home: 0, away: 0 }
  const corners = { home: 0, away: 0 }
  const prices = { home: sides(1.5, 6), away: sides(6, 1.5), level: sides(2, 2), none: undefined }[odds]
  const play = (period: "1H" | "2H" | "E1", steps: ReadonlyArray<typeof Step.Type>, start: number, end: number) => {
    let minute = start
    for (const step of steps) {
      minute += step.minutes
      goals.home += step.goals.home
      goals.away += step.goals.away
      corners.home += step.corners.home
      corners.away += step.corners.away
      all.push({
        period,
        minute: Math.min(minute, end),
        added: Math.max(0, minute - end),
        score: { ...goals },
        statistics: {
          ...(all.length >= cornersFrom ? { corners: { ...corners } } : undefined),
          possession: sides(step.possession, 100 - step.possession)
        },
        prematch: prices === undefined ? {} : { win_odds: prices }
      })
    }
  }
  const pause = (status: Scene["status"]) =>
    all.push({ ...all.at(-1), ...(status === undefined ? undefined : { status }) })
  play("1H", first, 1, 45)
  pause("break")
  play("2H", second, 45, 90)
  if (extra.length > 0) {
    const last = all.at(-1)
    all.push({ ...last, minute: 90, added: 1, status: "break" })
    play("E1", extra, 91, 105)
    all.push({ ...all.at(-1), period: "E2", minute: 120, status: ends })
  } else all.push({ ...all.at(-1), ...(ends === "break" ? { minute: 90, added: 9 } : undefined), status: ends })
  return all
}

const Value = Schema.Union([
  Schema.Struct({
    metric: Schema.Literals(["goals", "goals", "corners", "possession"]),
    scope: Schema.optionalKey(Scope),
    window: Schema.optionalKey(Window)
  }),
  Schema.Struct({ metric: Schema.Literals(["goals", "corners"]), scope: Scope })
])

const Tree: Schema.Codec<Expression> = Schema.Union([
  Schema.Literals([0, 1, 2, 3, 0.5, -1]),
  Schema.Literal("minute"),
  Value,
  Value,
  Schema.Struct({
    op: Operator,
    left: Schema.suspend((): Schema.Codec<Expression> => Tree),
    right: Schema.suspend((): Schema.Codec<Expression> => Tree)
  })
])

const comparison = Schema.Struct({
  left: Tree,
  comparator: Schema.Literals(comparators),
  right: Schema.Union([Schema.Literals([0, 1, 2, 3, 5, 1.5]), Tree])
})
const Judged: Schema.Codec<Condition> = Schema.Union([
  comparison,
  Schema.Struct({ any: Schema.NonEmptyArray(comparison) })
])

describe("an early decision", () => {
  const early = { hit: 0, miss: 0 }
  const comparatorsDecided = new Set<Comparator>()

  it.prop(
    "always equals the decision at the end",
    [Judged, Played],
    ([condition, played]) => {
      const all = scenes(played).slice(played.joined)
      const trigger = moment(snapshot(all[Math.min(played.trigger, all.length - 1)]))
      const judged = trigger.period === "1H" || trigger.period === "2H" ? ["1H", "2H"] : ["1H", "2H", "E1", "E2"]
      const counted = all.filter(({ period = "1H" }) => judged.includes(period))
      const view = (length: number): View => ({ ...viewOf(...counted.slice(0, length)), trigger })
      const end = view(counted.length)
      const truth = evaluateCondition(condition, end) === undefined ? "miss" : "hit"
      expect(decide(condition, end)).toBe(truth)
      let before: string | undefined
      for (let length = Math.min(played.trigger, all.length - 1) + 1; length < counted.length; length++) {
        const decision = decide(condition, view(length))
        // What another trigger has found of the same view is as good.
        const known: FiguresAtEnd = new Map()
        const other = { ...view(length), trigger: moment(snapshot(all[0])) }
        expect(decide(condition, other, known)).toBe(decide(condition, other))
        expect(decide(condition, view(length), known)).toBe(decision)
        if (before !== undefined) expect(decision, "a decision stands").toBe(before)
        before = decision
        if (decision === undefined) continue
        expect(decision, `after ${length} of ${counted.length}`).toBe(truth)
        early[decision]++
        if (!("any" in condition)) comparatorsDecided.add(condition.comparator)
      }
    },
    { arbitrary: { runs: 2000 } }
  )

  it("is made often, either way, with every comparator", () => {
    expect(early.hit).toBeGreaterThan(200)
    expect(early.miss).toBeGreaterThan(200)
    expect(comparatorsDecided.size).toBe(comparators.length)
  })
})
