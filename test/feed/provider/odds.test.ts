/** Prices of both providers, where they are no offer or stand twice. */
import { assert, describe, it } from "@effect/vitest"
import { livePrices, pricesBefore } from "../../../src/feed/apiFootball/odds.ts"
import { oddsOf } from "../../../src/feed/sportmonks/odds.ts"

const row = (market_id: number, label: string, value: string, more: Readonly<Record<string, unknown>> = {}) => ({
  market_id,
  bookmaker_id: 2,
  label,
  value,
  suspended: false,
  stopped: false,
  total: null,
  updated_at: "2026-11-28T15:00:00.000000Z",
  ...more
})

describe("Prices of SportMonks", () => {
  const odds = (...rows: ReadonlyArray<unknown>) => oddsOf(rows, 2).odds

  it("are those that are offered, of one bookmaker", () => {
    assert.deepStrictEqual(odds(row(1, "1", "2.10"), row(1, "X", "3.4"), row(1, "2", "3.9")), {
      win: { home: 2.1, away: 3.9 },
      draw: 3.4
    })
    const names = odds(row(1, "Home", "2.10"), row(1, "Draw", "3.4"), row(1, "Away", "3.9"))
    assert.deepStrictEqual(names, { win: { home: 2.1, away: 3.9 }, draw: 3.4 })
    for (const more of [
      { suspended: true },
      { stopped: true },
      { bookmaker_id: 35 },
      { value: "-1.00" },
      { value: "1.00" },
      { value: "0" },
      { value: null }
    ]) {
      assert.deepStrictEqual(odds(row(1, "X", "3.4", more)), {}, JSON.stringify(more))
    }
  })

  it("are the later ones where a line stands in two markets, and none of a line that is not half a goal", () => {
    const later = { total: "1.5", updated_at: "2026-11-28T15:01:00.000000Z" }
    assert.deepStrictEqual(odds(row(4, "Over", "1.40", { total: "1.5" }), row(5, "Over", "2.10", later)), {
      over_1_5: 2.1
    })
    assert.deepStrictEqual(odds(row(5, "Over", "2.10", { total: "1.5" }), row(4, "Over", "1.40", { total: "1.5" })), {
      over_1_5: 1.4
    })
    assert.deepStrictEqual(
      odds(
        row(4, "Over", "2", { total: "2.25" }),
        row(4, "Over", "2", { total: "2" }),
        row(7, "Over", "2", { total: "2.5" })
      ),
      {}
    )
  })

  it("need both sides for a win", () => {
    assert.deepStrictEqual(odds(row(1, "1", "2.10")), {})
  })
})

const value = (value: string, odd: string, more: Readonly<Record<string, unknown>> = {}) => ({
  value,
  odd,
  handicap: null,
  main: null,
  suspended: false,
  ...more
})

describe("Prices of API-Football", () => {
  const live = (bets: ReadonlyArray<unknown>, status: Readonly<Record<string, boolean>> = {}) =>
    livePrices([
      { fixture: { id: 1 }, status: { stopped: false, blocked: false, finished: false, ...status }, odds: bets }
    ]).get("1")
  const result = { id: 59, values: [value("Home", "2.1"), value("Draw", "3.4"), value("Away", "3.9")] }

  it("are none while betting is stopped or blocked, nor of a value that is suspended", () => {
    assert.deepStrictEqual(live([result]), { win: { home: 2.1, away: 3.9 }, draw: 3.4 })
    assert.deepStrictEqual(live([result], { stopped: true }), {})
    assert.deepStrictEqual(live([result], { blocked: true }), {})
    assert.deepStrictEqual(
      live([{ id: 59, values: [value("Draw", "3.4", { suspended: true }), value("Draw", "0")] }]),
      {}
    )
  })

  it("are the main ones where a value stands twice, and none of a line that was cut", () => {
    const bets = [
      {
        id: 25,
        values: [
          value("Over", "9", { handicap: "2.5", main: false }),
          value("Over", "1.9", { handicap: "2.5", main: true })
        ]
      },
      { id: 25, values: [value("Under", "1.5", { handicap: "2" })] },
      { id: 1, values: [value("Over", "5", { handicap: "2.5" })] },
      null
    ]
    assert.deepStrictEqual(live(bets), { over_2_5: 1.9 })
  })

  it("from before kick-off are those of the bookmaker, or of the first that there is", () => {
    const of = (id: number, odd: string) => ({
      id,
      bets: [
        { id: 1, values: [value("Home", odd), value("Draw", "3"), value("Away", "4")] },
        { id: 38, values: [{ value: 4, odd: "7.00" }] }
      ]
    })
    const answer = [{ fixture: { id: 1 }, bookmakers: [of(3, "1.5"), of(8, "2.5")] }]
    assert.deepStrictEqual(pricesBefore(answer, 8).get("1")?.win, { home: 2.5, away: 4 })
    assert.deepStrictEqual(pricesBefore(answer, 99).get("1")?.win, { home: 1.5, away: 4 })
  })
})
