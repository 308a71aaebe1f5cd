import { assert, describe, it } from "@effect/vitest"
import { makeBacktest } from "../../src/backtest/backtestMatch.ts"
import { seenOf } from "../../src/backtest/Recording.ts"
import { summarize } from "../../src/backtest/summary.ts"
import { moment } from "../../src/domain/Timeline.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import { evaluate, evaluateCondition, type View } from "../../src/rules/evaluate.ts"
import { generator } from "../rules/generated.ts"
import { match, randomMatch, recordingFrom, strategy } from "./recordings.ts"

const goal = (minute: number, team: "home" | "away" = "home") => ({ minute, team, what: "goal" }) as const

describe("A match of a backtest", () => {
  it("triggers a strategy once, at the first minute at which it holds, with score and evidence", () => {
    const backtest = makeBacktest([strategy("a goal", "total goals >= 1", "total goals since trigger >= 1")])
    const { snapshots, triggers } = backtest(recordingFrom(match([goal(30), goal(67, "away")])))
    assert.strictEqual(snapshots, 94)
    assert.deepStrictEqual(triggers, [
      {
        strategyId: "a goal",
        at: { period: "1H", minute: 30, added: 0 },
        score: { home: 1, away: 0 },
        result: "hit",
        decidedAt: { period: "2H", minute: 67, added: 0 },
        missing: [],
        evidence: [{ condition: "total goals >= 1", left: 1, right: 1 }]
      }
    ])
  })

  it("triggers where the reference evaluator first holds, minute by minute", () => {
    const generate = generator(seeded("backtested"))
    const strategies = Array.from({ length: 200 }, (_, number) => generate.strategy(`${number}`))
    const backtest = makeBacktest(strategies)
    let fired = 0
    for (let number = 0; number < 20; number++) {
      const recording = recordingFrom(randomMatch(`walked ${number}`))
      const { views } = seenOf(recording)
      const expected = strategies.flatMap((each) => {
        const view = views.find((view) => evaluate(each, view) !== undefined)
        return view === undefined ? [] : [[each.id, view.snapshot.clock.minute, view.snapshot.clock.added] as const]
      })
      const { triggers } = backtest(recording)
      const found = triggers.map(({ at, strategyId }) => [strategyId, at.minute, at.added] as const)
      const byId = (a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]) =>
        Number(a[0]) - Number(b[0])
      assert.deepStrictEqual(found.toSorted(byId), expected.toSorted(byId))
      fired += found.length
    }
    assert.isAbove(fired, 100)
  })

  it("is not triggered by what is inactive, or watches other competitions", () => {
    const always = strategy("always", "minute >= 1", "total goals >= 0")
    const backtest = makeBacktest([
      { ...always, active: false },
      { ...strategy("elsewhere", "minute >= 1", "total goals >= 0"), competitions: ["no such"] }
    ])
    const { base, triggers } = backtest(recordingFrom(match([])))
    assert.deepStrictEqual([triggers, base.size], [[], 0])
  })

  it("counts for the base rate every minute from which the expectation comes true, each judged as a trigger there is", () => {
    const extra = match([goal(30), goal(100)], { "1H": 46, "2H": 48, E1: 16, E2: 16 })
    const { base } = makeBacktest([
      strategy("next goal", "minute >= 200", "total goals since trigger >= 1"),
      strategy("a goal", "minute >= 200", "total goals >= 1"),
      strategy("two goals", "minute >= 200", "total goals >= 2"),
      strategy("nothing", "minute >= 200")
    ])(recordingFrom(extra))
    assert.deepStrictEqual(
      [...base],
      [
        // Minutes 1 to 29, and 91 to 99 of extra time: a goal that falls in the minute itself no longer counts.
        ["next goal", { minutes: 126, held: 29 + 9 }],
        ["a goal", { minutes: 126, held: 126 }],
        // The second goal falls in extra time: only the minutes there are judged after it.
        ["two goals", { minutes: 126, held: 32 }]
      ]
    )
  })

  it("counts for the base rate what the reference evaluator says of each minute", () => {
    const generate = generator(seeded("based"))
    const strategies = Array.from({ length: 100 }, (_, number) => {
      const { id, name, when } = generate.strategy(`${number}`)
      return { id, name, when, active: true, expect: when[0] }
    })
    const count = makeBacktest(strategies)
    for (let number = 0; number < 10; number++) {
      const recording = recordingFrom(randomMatch(`based ${number}`))
      const { views } = seenOf(recording)
      const isRegulation = ({ snapshot }: View) => ["1H", "2H"].includes(snapshot.clock.period)
      const [regulation, extra] = [views.findLast(isRegulation), views.at(-1)]
      if (regulation === undefined || extra === undefined) continue
      const { base } = count(recording)
      for (const { expect, id } of strategies) {
        const held = views.filter((view) => {
          const end = isRegulation(view) ? regulation : extra
          return evaluateCondition(expect, { ...end, trigger: moment(view.snapshot) }) !== undefined
        }).length
        assert.deepStrictEqual(base.get(id), { minutes: views.length, held })
      }
    }
  })
})

describe("The summary of a backtest", () => {
  it("has rates of what was decided, the base rate of all minutes, and the median minute", () => {
    const strategies = [
      strategy("a goal", "total goals >= 1", "total goals since trigger >= 1"),
      strategy("never", "minute >= 200"),
      strategy("kick-off", "minute >= 1")
    ]
    const backtest = makeBacktest(strategies)
    const [first, never, kickOff] = summarize(strategies, [
      backtest(recordingFrom(match([goal(30), goal(67)]))),
      backtest(recordingFrom(match([goal(50)])))
    ])
    assert.deepInclude(first, { hits: 1, misses: 1, undecided: 0, hitRate: 0.5, medianMinute: 40 })
    // Added minutes of the first half count among those before the second.
    assert.strictEqual(first?.baseRate, (67 + 50) / (94 + 94))
    assert.deepInclude(never, { hits: 0, hitRate: undefined, interval: undefined, baseRate: undefined })
    assert.deepInclude(never, { triggers: [], medianMinute: undefined })
    assert.deepInclude(kickOff, { hits: 0, misses: 0, undecided: 2, hitRate: undefined, medianMinute: 1 })
  })
})
