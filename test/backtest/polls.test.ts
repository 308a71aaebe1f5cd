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
