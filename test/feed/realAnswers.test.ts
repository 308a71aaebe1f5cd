/**
 * Real answers of both providers, read as a person reads them. They are no part of the repository: where they are kept beside
 * it, in `../shared/feeds`, these tests run.
 */
import { existsSync, readFileSync } from "node:fs"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { decodeSnapshot } from "../../src/domain/decodeSnapshot.ts"
import { matchLabel } from "../../src/domain/Match.ts"
import { matchMinuteLabel, type Snapshot } from "../../src/domain/Snapshot.ts"
import { readFixture as readApiFootball } from "../../src/feed/apiFootball/fixture.ts"
import { livePrices, pricesBefore } from "../../src/feed/apiFootball/odds.ts"
import type { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { asShown, type Read } from "../../src/feed/provider/shown.ts"
import { clockOf, readPeriods, stateOf } from "../../src/feed/sportmonks/clock.ts"
import { readFixture as readSportMonks } from "../../src/feed/sportmonks/fixture.ts"
import { oddsOf } from "../../src/feed/sportmonks/odds.ts"
import { apiFootballFeed, sportMonksFeed } from "../fixtures/liveFeed.ts"
import { quiet } from "../fixtures/logs.ts"
import { json, makeProviderServer } from "../fixtures/providerServer.ts"

const folder = new URL("../../../shared/feeds/", import.meta.url)
const isThere = existsSync(folder)

const answer = (file: string) => JSON.parse(readFileSync(new URL(file, folder), "utf8"))

/** A snapshot as a person would say it. */
const said = ({ clock, match, odds, prematch, score, statistics }: Snapshot) => {
  const pair = ({ away, home }: { readonly home: number; readonly away: number }) => `${home}-${away}`
  const figures = (all: Snapshot["statistics"] | Snapshot["odds"]) =>
    Object.entries(all)
      .map(([name, value]) => `${name} ${typeof value === "number" ? value : pair(value)}`)
      .toSorted()
      .join(", ")
  return [
    `${matchLabel(match)} (${match.competition.name}): ${clock.status} ${clock.period} ${matchMinuteLabel(clock)}', ${pair(score)}`,
    ...[figures(statistics), figures(prematch), figures(odds)].filter((each) => each !== "")
  ].join("; ")
}

const decoded = (read: Read) => {
  const result = decodeSnapshot(asShown(read))
  return Result.isSuccess(result)
    ? { said: said(result.success.snapshot), faults: result.success.faults.map(({ part }) => part) }
    : { said: `not shown: ${String(read.match.id)}`, faults: [] }
}

const sportMonks = (file: string) => {
  const whole = answer(`sportmonks/${file}`)
  const data = whole.data ?? whole
  return (Array.isArray(data) ? data : [data]).map((each: unknown) => {
    const read = readSportMonks(each, { bookmaker: 2, clockBefore: () => undefined })
    return read === undefined ? { said: "deleted", faults: [] } : decoded(read.read)
  })
}

type Shown = ReturnType<typeof decoded>

const apiFootball = (file: string): ReadonlyArray<Shown> =>
  answer(`apifootball/${file}`).response.map((each: unknown): Shown => {
    const { read, statistics = {} } = readApiFootball(each)
    return decoded({ ...read, statistics: { ...statistics, ...read.statistics } })
  })

/** What a person reads in a fixture of API-Football: teams, minute and goals. */
const readByEye = (each: {
  readonly teams: { readonly home: { readonly name: string }; readonly away: { readonly name: string } }
  readonly goals: { readonly home: number | null; readonly away: number | null }
  readonly fixture: { readonly status: { readonly short: string; readonly elapsed: number | null } }
}) => {
  const { elapsed, short } = each.fixture.status
  const states: Readonly<Record<string, string>> = {
    "1H": "live 1H",
    HT: "break 1H",
    "2H": "live 2H",
    NS: "scheduled 1H",
    PEN: "finished P"
  }
  return `${each.teams.home.name} v ${each.teams.away.name}: ${states[short]} ${elapsed ?? 0}', ${each.goals.home ?? 0}-${each.goals.away ?? 0}`
}

/** The same of what was decoded: without competition and figures. */
const short = (saying: string) => saying.replace(/ \([^)]*\)(?=: )/, "").split("; ")[0]

/** What became of a poll. */
const meaning = (feed: MatchFeed["Service"]) =>
  Effect.map(Effect.result(feed.poll), (polled) =>
    Result.isSuccess(polled) ? `${polled.success.length} matches` : polled.failure.reason
  )

const stateIn = (id: number) => {
  const state = stateOf(id)
  if (state === undefined || state === "deleted") throw new Error(`no state ${id}`)
  return state
}

const oneSportMonks = (file: string) => {
  const all = sportMonks(file)
  assert.lengthOf(all, 1)
  return all[0]
}

describe.skipIf(!isThere)(
  "Real answers, where ../shared/feeds is there, decode to what a person reads in them:",
  () => {
    it.each([
      ["live-all-2021-04-21-55-matches.json", 55],
      ["live-all-2024-02-19-8-matches-var-disallowed.json", 8],
      ["live-all-2024-02-21-24-matches-halftime.json", 24],
      ["fixture-by-ids-2025-02-26-in-play-without-statistics.json", 1],
      ["fixtures-ids-penalties-with-statistics.json", 2],
      ["fixtures-not-started.json", 71]
    ])("API-Football's %s, %i matches", (file, matches) => {
      const read = apiFootball(file)
      assert.lengthOf(read, matches)
      assert.deepStrictEqual(
        read.map((each) => short(each.said)),
        answer(`apifootball/${file}`).response.map(readByEye)
      )
      assert.deepStrictEqual(
        read.flatMap(({ faults }) => faults),
        []
      )
      if (process.env.SHOW === "1") console.log([file, ...read.map((each) => each.said)].join("\n"))
    })

    it("API-Football's statistics, of which null is 0 in a block that is counted", () => {
      const [madrid] = apiFootball("fixtures-ids-penalties-with-statistics.json")
      expect(madrid?.said).toContain("offsides 0-0")
      expect(madrid?.said).toContain("red_cards 0-0")
      expect(madrid?.said).toContain("possession 47-53")
      expect(madrid?.said).toContain("expected_goals 2.73-1.57")
    })

    it("API-Football's prices in play and before", () => {
      expect(livePrices(answer("apifootball/odds-live-2025-02-26-excerpt.json").response).get("1206332")).toEqual({
        over_0_5: 1.444,
        under_0_5: 2.625,
        over_1_5: 2.75,
        under_1_5: 1.4,
        over_2_5: 7,
        under_2_5: 1.083,
        over_3_5: 12,
        under_3_5: 1.015
      })
      const before = pricesBefore(answer("apifootball/odds-prematch.json").response, 6).get("326090")
      expect(before).toMatchObject({
        win: { home: 2.5, away: 2.95 },
        draw: 2.95,
        btts_yes: 2,
        btts_no: 1.72,
        over_3_5: 4.2
      })
      // The sample of 2022 has lines that were cut to whole numbers: none of them is read.
      const cut = livePrices(answer("apifootball/odds-live-docs-2022.json").response).get("721238") ?? {}
      assert.isEmpty(Object.keys(cut).filter((name) => /over|under/.test(name)))
    })

    it("SportMonks' matches", () => {
      expect(oneSportMonks("livescores-inplay-2024-04-22-second-half.json")).toEqual({
        said: "Fortaleza CEIF v Atlético Bucaramanga (Liga BetPlay, Colombia): live 2H 69', 0-2; injuries 0-0, penalties 0-0, red_cards 0-0, substitutions 1-1, yellow_cards 1-1; position 11-3",
        faults: []
      })
      // A place in a cup is none in a table.
      expect(oneSportMonks("livescores-inplay-2026-09-17-excerpt-not-started.json")?.said).toBe(
        "Orduspor 1967 v Torul Belediye Gençlik (Turkish Cup): scheduled 1H 0', 0-0"
      )
      expect(oneSportMonks("fixture-full-time-2025-05-25-with-statistics.json")).toEqual({
        said: "Manchester United v Aston Villa (Premier League): finished 2H 90', 2-0; accurate_passes 535-217, corners 4-3, fouls 10-10, injuries 0-0, offsides 5-3, passes 606-300, penalties 1-0, possession 67-33, red_cards 0-1, saves 1-8, shots 26-6, shots_on_target 10-1, substitutions 5-5, yellow_cards 2-2; position 16-6",
        faults: []
      })
      // Neither clock nor score without includes.
      expect(oneSportMonks("livescores-inplay-bare-2023.json")?.said).toBe("not shown: 18535605")
      expect(oneSportMonks("statistics-2026-04-26-excerpt.json")?.said).toBe("not shown: 19621957")
    })

    it("SportMonks' prices, of which all are withdrawn after the match", () => {
      assert.deepStrictEqual(oddsOf(answer("sportmonks/odds-inplay-by-fixture.json").data, 2), { odds: {}, unread: 0 })
      expect(oddsOf(answer("sportmonks/odds-prematch-by-fixture.json").data, 1).odds).toEqual({
        win: { home: 1.54, away: 5.8 },
        draw: 4.1,
        over_2_5: 1.7,
        under_2_5: 2.09
      })
    })

    it("SportMonks' clock through extra time", () => {
      const { detailedperiods, periods } = answer("sportmonks/periods-extra-time-2025-01-14.json")
      const shown = (state_id: number, rows: unknown) => clockOf(stateIn(state_id), readPeriods(rows).rows, undefined)
      for (const rows of [periods, detailedperiods]) {
        expect(shown(3, rows)).toEqual({ period: "1H", minute: 45, added: 5, status: "break" })
        expect(shown(4, rows)).toEqual({ period: "2H", minute: 90, added: 6, status: "break" })
        expect(shown(21, rows)).toEqual({ period: "E1", minute: 105, added: 0, status: "break" })
        expect(shown(25, rows)).toEqual({ period: "E2", minute: 120, added: 3, status: "break" })
        expect(shown(8, rows)).toEqual({ period: "P", minute: 120, added: 0, status: "finished" })
      }
    })

    it("every state that SportMonks has", () => {
      const { data } = answer("sportmonks/states-2022.json")
      for (const { id } of data) assert.isDefined(stateOf(id), `state ${id}`)
    })

    it.live.each([
      ["empty-200-no-results.json", 200, "0 matches"],
      ["error-403-5002-include-not-in-plan.json", 403, "refused"],
      ["error-403-5007-endpoint-not-in-plan.json", 403, "refused"],
      ["error-422-date-range.json", 422, "refused"],
      ["error-429-rate-limit.json", 429, "paused"],
      ["error-include-not-allowed-on-livescores.json", 400, "refused"],
      ["error-include-not-allowed-on-livescores.json", 200, "refused"]
    ] as const)("SportMonks' %s with HTTP %i", ([file, status, means]) =>
      Effect.gen(function* () {
        const server = yield* makeProviderServer(() => json(answer(`sportmonks/${file}`), status))
        const feed = yield* sportMonksFeed(server.url)
        assert.strictEqual(yield* meaning(feed), means)
      }).pipe(Effect.scoped, Effect.provide(quiet))
    )

    it.live.each([
      ["error-200-bad-key.json", 200, "refused"],
      ["error-200-daily-quota.json", 200, "paused"],
      ["error-200-field-conflict.json", 200, "refused"],
      ["error-200-rate-limit-minute.json", 200, "paused"],
      ["error-200-required-parameter.json", 200, "refused"],
      ["error-429-rate-limit-docs.json", 429, "paused"]
    ] as const)("API-Football's %s with HTTP %i", ([file, status, means]) =>
      Effect.gen(function* () {
        const server = yield* makeProviderServer(() => json(answer(`apifootball/${file}`), status))
        const feed = yield* apiFootballFeed(server.url)
        assert.strictEqual(yield* meaning(feed), means)
      }).pipe(Effect.scoped, Effect.provide(quiet))
    )
  }
)
