import { describe, expect, it } from "@effect/vitest"
import { Duration } from "effect"
import { noPast, remember } from "../../src/domain/Past.ts"
import { compareMatchMinutes } from "../../src/domain/Snapshot.ts"
import { moment } from "../../src/domain/Timeline.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import { find } from "../../src/outcome/find.ts"
import type { OpenTrigger, Standing } from "../../src/outcome/OpenTrigger.ts"
import { step } from "../../src/outcome/step.ts"
import { lookAt } from "../../src/rules/expect/MatchLook.ts"
import { condition } from "../backtest/recordings.ts"
import { type Shown, snapshotOf } from "../fixtures/pipeline.ts"

const trigger = (expect: string, at: Shown = { minute: 1 }, standing: Standing = { version: 0 }): OpenTrigger => ({
  id: TriggerId.make("t"),
  expectation: condition(expect),
  at: moment(snapshotOf(at)),
  prematch: snapshotOf(at).prematch,
  standing
})

/** The match as the last of these shows it, after the others, a minute each unless it says so. */
const lookOf = (...shown: ReadonlyArray<Shown>) => {
  const snapshots = shown.map(snapshotOf)
  const last = snapshots.at(-1) ?? snapshotOf()
  return lookAt(last, snapshots.reduce((past, each) => remember(past, moment(each)), noPast).timeline)
}

const goals = (home: number, away = 0) => ({ score: { home, away } })

/** A match that is seen at every minute up to the last of these, each change at its minute. */
const seen = (upTo: number, changes: Readonly<Record<number, Shown>>, end: Shown = {}): ReadonlyArray<Shown> => {
  let current: Shown = goals(0)
  return Array.from({ length: upTo }, (_, index): Shown => {
    current = { ...current, ...changes[index + 1] }
    return { ...current, minute: index + 1, ...(index + 1 === upTo ? end : {}) }
  })
}

describe("What a match makes of a trigger", () => {
  it.each([
    ["a goal that nothing takes away", "total goals >= 1", seen(60, { 60: goals(1) }), "hit", false, 60],
    ["a third goal where two are too many", "total goals <= 2", seen(70, { 70: goals(3) }), "miss", false, 70],
    ["nothing yet", "total goals >= 1", seen(60, {}), undefined, false, undefined],
    ["its end", "home goals > away goals", seen(90, { 20: goals(1) }, { status: "finished" }), "hit", true, 90],
    ["a first half that is over", "total goals in first half = 0", seen(46, {}), "hit", false, 46]
  ] as const)("is told of %s", (_, expected, match, verdict, isFinal, minute) => {
    const found = find(trigger(expected), lookOf(...match))
    expect([found?.verdict, found?.isFinal, found?.decidedAt?.minute]).toEqual([verdict, isFinal, minute])
  })

  it("is void, with the reason, where the match is called off", () => {
    for (const [status, reason] of [
      ["abandoned", "the match was abandoned at 70'"],
      ["awarded", "the match was awarded"],
      ["cancelled", "the match was cancelled"],
      ["walkover", "the match was a walkover"]
    ] as const) {
      expect(find(trigger("total goals >= 1"), lookOf(...seen(70, { 60: goals(1) }, { status })))).toMatchObject({
        verdict: "void",
        isFinal: true,
        reason
      })
    }
  })

  it("is open while the match waits, and nothing changes while it is not played", () => {
    for (const status of ["suspended", "interrupted"] as const) {
      expect(find(trigger("total goals >= 1"), lookOf(...seen(70, {}, { status })))).toEqual({ isFinal: false })
      expect(find(trigger("total goals >= 1"), lookOf(...seen(70, { 60: goals(1) }, { status })))).toMatchObject({
        verdict: "hit",
        isFinal: false
      })
    }
    for (const status of ["postponed", "delayed", "scheduled"] as const) {
      expect(find(trigger("total goals >= 1"), lookOf(...seen(70, { 60: goals(1) }, { status })))).toBe(undefined)
    }
  })

  it("counts regulation time, also where the match goes on", () => {
    const ended = seen(90, { 80: goals(1, 1) })
    const restart = { period: "E1", minute: 91, ...goals(1, 1) } as const
    const extra = { period: "E1", minute: 92, ...goals(2, 1) } as const
    expect(find(trigger("home goals > away goals"), lookOf(...ended, restart, extra))).toMatchObject({
      verdict: "miss",
      isFinal: true,
      score: { home: 1, away: 1 }
    })
    const late = trigger("total goals since trigger >= 1", restart)
    expect(find(late, lookOf(...ended, restart, extra))).toMatchObject({ verdict: "hit", isFinal: false })
  })

  it("forgets a goal that was taken back, before the trigger or after it", () => {
    const match = seen(90, { 58: goals(1), 60: goals(0), 75: goals(1) }, { status: "finished" })
    expect(
      find(trigger("total goals since trigger >= 1", { minute: 58, ...goals(1) }), lookOf(...match))
    ).toMatchObject({
      verdict: "hit",
      decidedAt: { minute: 75 }
    })
  })

  it("is no hit and no miss where it depends on minutes that nobody saw", () => {
    const gap = [...seen(30, {}), { minute: 70, ...goals(1) }, { minute: 90, ...goals(1), status: "finished" as const }]
    expect(find(trigger("total goals in first half >= 1"), lookOf(...gap))).toMatchObject({
      verdict: "void",
      isUnseen: true
    })
    expect(find(trigger("total goals >= 1"), lookOf(...gap))).toMatchObject({ verdict: "hit" })
    const joined = [
      { minute: 60, ...goals(2) },
      { minute: 90, ...goals(2), status: "finished" as const }
    ]
    expect(
      find(trigger("total goals in first half >= 1", { minute: 60, ...goals(2) }), lookOf(...joined))
    ).toMatchObject({
      verdict: "void"
    })
  })

  it("is void where the end of regulation time was not seen", () => {
    const found = find(
      trigger("total goals >= 1", { minute: 91, period: "E1" }),
      lookOf(...seen(90, {}, { status: "finished" }))
    )
    expect(found).toMatchObject({ verdict: "void", reason: "the end of extra time was not seen" })
  })
})

describe("The minute of a decision", () => {
  it("is never before the trigger, whatever the feed makes of its clock", () => {
    const next = seeded("minutes of decisions")
    const expectations = [
      "total goals >= 1",
      "total goals = 0",
      "total goals since trigger >= 1",
      "total goals last 5 minutes = 0"
    ]
    let told = 0
    for (let number = 0; number < 40; number++) {
      let score = 0
      const shown = Array.from({ length: 20 }, (_, index): Shown => {
        score = Math.max(0, score + Math.floor(4 * next()) - 1)
        return { minute: 40 + index + Math.floor(6 * next()) - 3, period: "2H", ...goals(score) }
      }).map((each) => ({ ...each, minute: Math.max(46, each.minute ?? 0) }))
      const at = shown[Math.floor(20 * next())] ?? {}
      const end = { minute: 46 + Math.floor(20 * next()), period: "2H", status: "finished", ...goals(score) } as const
      for (const expected of expectations) {
        for (const seenUpTo of [3, 10, 20]) {
          for (const match of [shown.slice(0, seenUpTo), [...shown.slice(0, seenUpTo), end]]) {
            const decidedAt = find(trigger(expected, at), lookOf(...match))?.decidedAt
            if (decidedAt === undefined) continue
            told++
            expect(compareMatchMinutes(decidedAt, snapshotOf(at).clock)).toBeGreaterThanOrEqual(0)
          }
        }
      }
    }
    expect(told).toBeGreaterThan(500)
  })

  it("is by the match as it stands corrected, early as at the end", () => {
    const match = seen(60, { 30: goals(1), 50: goals(0) })
    const early = find(trigger("total goals in first half = 0"), lookOf(...match))
    expect(early).toMatchObject({ verdict: "hit", isFinal: false, decidedAt: { minute: 46 } })
    const end = find(trigger("total goals in first half = 0"), lookOf(...match, { minute: 90, status: "finished" }))
    expect(end).toMatchObject({ verdict: "hit", isFinal: true, decidedAt: { minute: 46 } })
  })
})

const options = { settleAfter: Duration.seconds(90), correctedWithin: Duration.minutes(30) }
const hit = { verdict: "hit", isFinal: false, score: { home: 1, away: 0 } } as const
const open = { isFinal: false } as const

describe("What is written of a trigger", () => {
  it("is told early only when it has stood for a while, from when it was first seen to stand", () => {
    expect(step(trigger("total goals >= 1"), hit, 1000, options)).toMatchObject({
      verdict: undefined,
      settling: { to: "hit", since: 1000 },
      tell: false
    })
    const settling = trigger("total goals >= 1", {}, { version: 1, settling: { to: "hit", since: 1000 } })
    expect(step(settling, hit, 60_000, options)).toBe(undefined)
    expect(step(settling, hit, 91_000, options)).toMatchObject({ verdict: "hit", isFinal: false, tell: true })
    expect(step(settling, open, 60_000, options)).toMatchObject({ verdict: undefined, tell: false })
  })

  it("is told at once at the end, and again only where people would read something else", () => {
    const final = { ...hit, isFinal: true }
    expect(step(trigger("total goals >= 1"), final, 1000, options)).toMatchObject({ isFinal: true, tell: true })
    const told = { version: 2, verdict: "hit", score: { home: 1, away: 0 } } as const
    expect(step(trigger("total goals >= 1", {}, told), final, 1000, options)).toMatchObject({
      isFinal: true,
      tell: false
    })
    const more = { ...final, score: { home: 2, away: 0 } }
    expect(step(trigger("total goals >= 1", {}, told), more, 1000, options)).toMatchObject({
      isFinal: true,
      tell: true
    })
  })

  it("is open again where a match goes on whose end was shown by mistake, however late it ends then", () => {
    const told = trigger("total goals >= 1", {}, { version: 1, verdict: "hit", finalAt: 1000, score: hit.score })
    expect(step(told, hit, 60_000, options)).toMatchObject({ verdict: "hit", isFinal: false, tell: false })
    const again = trigger("total goals >= 1", {}, { version: 2, verdict: "hit", score: hit.score })
    expect(step(again, hit, 75_000, options)).toBe(undefined)
    const miss = { verdict: "miss", isFinal: true, score: { home: 0, away: 0 } } as const
    expect(step(again, miss, 38 * 60_000, options)).toMatchObject({ verdict: "miss", isFinal: true, tell: true })
  })

  it("is revised within half an hour of the end, and by nothing that was seen before", () => {
    const told = trigger(
      "total goals >= 1",
      {},
      { version: 1, verdict: "hit", writtenAt: 1000, finalAt: 1000, score: hit.score }
    )
    const miss = { verdict: "miss", isFinal: true, score: { home: 0, away: 0 } } as const
    expect(step(told, miss, 60_000, options)).toMatchObject({ verdict: "miss", tell: true })
    expect(step(told, miss, 999, options)).toBe(undefined)
    expect(step(told, miss, 31 * 60_000, options)).toBe(undefined)
    const elsewhere = { ...hit, isFinal: true, decidedAt: { period: "2H", minute: 80, added: 0 } } as const
    expect(step(told, elsewhere, 60_000, options)).toMatchObject({ verdict: "hit", finding: elsewhere, tell: false })
    const written = { ...told, standing: { ...told.standing, decidedAt: elsewhere.decidedAt } }
    expect(step(written, elsewhere, 60_000, options)).toBe(undefined)
  })
})
