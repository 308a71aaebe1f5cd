import { describe, expect, it } from "@effect/vitest"
import { makeBacktest } from "../../src/backtest/backtestMatch.ts"
import type { Recording } from "../../src/backtest/Recording.ts"
import { newStrategy, type Shown, snapshotOf } from "../fixtures/pipeline.ts"
import { condition } from "./recordings.ts"

const goals = (home: number) => ({ score: { home, away: 0 } })

/** Polls of a match, one a minute up to this one, and then as its last poll shows it. */
const polled = (upTo: number, ...ends: ReadonlyArray<Shown>): Recording => {
  const played = Array.from({ length: upTo }, (_, index) => snapshotOf({ minute: index + 1, ...goals(0) }))
  const snapshots = [...played, ...ends.map(snapshotOf)]
  return { matchId: "7", label: "A v B", snapshots, at: snapshots.map((_, index) => index * 60_000) }
}

/** Polls of these moments of a match, a minute after another, and its end. */
const polledAt = (...shown: ReadonlyArray<Shown>): Recording => {
  const snapshots = [
    ...shown,
    { minute: 90, score: shown.at(-1)?.score ?? { home: 0, away: 0 }, status: "finished" } as const
  ].map(snapshotOf)
  return { matchId: "7", label: "A v B", snapshots, at: snapshots.map((_, index) => index * 60_000) }
}

/** What these come to for a trigger at the first poll from minute 10 on. */
const outcomesOn = (recording: Recording, ...expectations: ReadonlyArray<string>) => {
  const strategies = expectations.map((text) =>
    newStrategy({ when: [condition("minute >= 10")], expect: condition(text) })
  )
  const { base, triggers } = makeBacktest(strategies)(recording)
  return { base, triggers: triggers.map(({ decidedAt, result }) => [result, decidedAt?.minute]) }
}

const resultsOn = (recording: Recording) => {
  const expectations = ["total goals >= 1", "total goals = 0"]
  const strategies = expectations.map((text) =>
    newStrategy({ when: [condition("minute >= 10")], expect: condition(text) })
  )
  return makeBacktest(strategies)(recording).triggers.map(({ result }) => result)
}

describe("A backtest of recorded polls", () => {
  it.each<[string, Recording, ReadonlyArray<string>]>([
    ["that was played to its end", polled(90, { minute: 90, status: "finished" }), ["miss", "hit"]],
    [
      "whose last poll shows another goal",
      polled(90, { minute: 90, status: "finished", ...goals(1) }),
      ["hit", "miss"]
    ],
    ["that was abandoned", polled(60, { minute: 60, status: "abandoned" }), ["undecided", "undecided"]],
    [
      "that was awarded after it was over",
      polled(90, { minute: 90, status: "finished" }, { minute: 90, status: "awarded" }),
      ["undecided", "undecided"]
    ],
    ["whose recording stops", polled(60), ["undecided", "undecided"]],
    ["that goes on in extra time", polled(90, { minute: 91, period: "E1", ...goals(1) }), ["miss", "hit"]]
  ])("judges a match %s as the live service does", (_, recording, results) => {
    expect(resultsOn(recording)).toEqual(results)
  })
})

describe("A backtest of a match that was not seen whole", () => {
  const undecided = ["undecided", undefined]

  it("that was joined in play has no verdict on what was before", () => {
    const joined = polledAt({ minute: 60, ...goals(2) }, { minute: 61, ...goals(2) })
    expect(
      outcomesOn(joined, "total goals in first half >= 1", "total goals >= 2", "total goals >= 3").triggers
    ).toEqual([undecided, ["hit", 60], ["miss", 90]])
  })

  it("has one where it is the same whatever happened in the gap, at a minute that was seen", () => {
    const gap = polledAt(
      ...Array.from({ length: 30 }, (_, index) => ({ minute: index + 1, ...goals(0) })),
      { minute: 70, ...goals(1) },
      { minute: 71, ...goals(1) }
    )
    expect(
      outcomesOn(
        gap,
        "total goals since minute 50 >= 1",
        "total goals since trigger >= 1",
        "total goals since minute 71 = 0",
        "total goals since minute 25 >= 1"
      ).triggers
    ).toEqual([undecided, ["hit", 70], ["hit", 90], ["hit", 70]])
  })

  it("counts no minute for the base rate whose trigger would have no verdict", () => {
    const gap = polledAt({ minute: 10, ...goals(0) }, { minute: 11, ...goals(0) }, { minute: 70, ...goals(1) })
    const { base } = outcomesOn(gap, "total goals since minute 50 >= 1", "total goals since trigger >= 1")
    expect([...base.values()]).toEqual([
      { minutes: 0, held: 0 },
      { minutes: 3, held: 2 }
    ])
    const stopped: Recording = { ...gap, snapshots: gap.snapshots.slice(0, -1) }
    expect([...outcomesOn(stopped, "total goals >= 0").base.values()]).toEqual([{ minutes: 0, held: 0 }])
  })

  it("counts what was corrected within half an hour of the end, and nothing after it", () => {
    const corrected = (minutes: number): Recording => {
      const { at = [], ...recording } = polled(90, { minute: 90, status: "finished" })
      const late = snapshotOf({ minute: 90, status: "finished", ...goals(1) })
      return {
        ...recording,
        snapshots: [...recording.snapshots, late],
        at: [...at, (at.at(-1) ?? 0) + minutes * 60_000]
      }
    }
    expect(resultsOn(corrected(30))).toEqual(["hit", "miss"])
    expect(resultsOn(corrected(31))).toEqual(["miss", "hit"])
  })
})
