/** A clock that cannot be costs no more than itself, in both providers' shapes. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { decodeSnapshot } from "../../src/domain/decodeSnapshot.ts"
import type { MatchClock, SnapshotInput } from "../../src/domain/Snapshot.ts"
import { readFixture as readApiFootball } from "../../src/feed/apiFootball/fixture.ts"
import { asShown } from "../../src/feed/provider/shown.ts"
import { readFixture as readSportMonks } from "../../src/feed/sportmonks/fixture.ts"
import { fixtureOf as apiFootballOf } from "../fixtures/apiFootballServer.ts"
import { shown } from "../fixtures/pipeline.ts"
import { fixtureOf as sportMonksOf } from "../fixtures/sportMonksServer.ts"

/** What stands where a number of minutes should. */
const nonsense: ReadonlyArray<unknown> = [
  -1,
  -45,
  -1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1000,
  1e9,
  1e308,
  "soon",
  "",
  true,
  [],
  {}
]

const match = {
  ...shown({ id: "7", competition: "8", minute: 61 }),
  statistics: { shots: { home: 5, away: 3 }, possession: { home: 60, away: 40 } }
}
const stopped = { ...match, clock: { ...match.clock, status: "interrupted" as const } }
const half = { ...match, clock: { ...match.clock, period: "1H" as const, minute: 45, status: "break" as const } }

const before: MatchClock = { period: "2H", minute: 60, added: 0, status: "live" }

type Reading = (isKnown: boolean) => {
  readonly read: Parameters<typeof asShown>[0]
  readonly unread: { readonly [part: string]: number }
}

const apiFootball =
  (snapshot: SnapshotInput, status: object): Reading =>
  (isKnown) => {
    const good = apiFootballOf(snapshot, true)
    const fixture = { ...good.fixture, status: { ...good.fixture.status, ...status } }
    const found = readApiFootball({ ...good, fixture }, () => (isKnown ? before : undefined))
    return { ...found, read: { ...found.read, statistics: { ...found.statistics } } }
  }

const sportMonks =
  (snapshot: SnapshotInput, row: object): Reading =>
  (isKnown) => {
    const good = sportMonksOf(snapshot)
    const fixture = { ...good, periods: good.periods.map((each) => ({ ...each, ...row })) }
    const found = readSportMonks(fixture, { bookmaker: 2, clockBefore: () => (isKnown ? before : undefined) })
    if (found === undefined) throw new Error("not shown")
    return found
  }

/** The clock as it is scanned, after all else was found to be as it should; or why there is none. */
const scanned = (reading: Reading, isKnown = true): string => {
  const { read } = reading(isKnown)
  const decoded = decodeSnapshot(asShown(read))
  if (Result.isFailure(decoded)) return `none: ${decoded.failure.message.replaceAll(/\s+/g, " ")}`
  const { faults, snapshot } = decoded.success
  assert.deepStrictEqual(faults, [])
  assert.deepStrictEqual(snapshot.score, match.score)
  assert.deepStrictEqual(snapshot.statistics.shots, { home: 5, away: 3 })
  const { added, minute, period, status } = snapshot.clock
  return `${period} ${minute}+${added} ${status}`
}

const noClock = /^none: .*clock/

describe("A clock that cannot be, of API-Football,", () => {
  it.each(nonsense)("elapsed: %o", (elapsed) => {
    const reading = apiFootball(match, { elapsed })
    assert.strictEqual(scanned(reading), "2H 60+0 live")
    assert.strictEqual(reading(true).unread.clock, 1)
    // Nobody knows at which minute a match is that was never seen.
    assert.match(scanned(reading, false), noClock)
    assert.strictEqual(scanned(apiFootball(half, { elapsed }), false), "1H 45+0 break")
    assert.strictEqual(scanned(apiFootball(stopped, { elapsed })), "2H 60+0 interrupted")
    assert.strictEqual(scanned(apiFootball(stopped, { elapsed }), false), "1H 0+0 interrupted")
    assert.strictEqual(scanned(apiFootball(match, { short: "FT", elapsed }), false), "2H 90+0 finished")
    assert.strictEqual(scanned(apiFootball(match, { short: "P", elapsed })), "P 60+0 live")
  })

  it.each(nonsense)("extra: %o", (extra) => {
    const reading = apiFootball(match, { extra })
    assert.strictEqual(scanned(reading, false), "2H 61+0 live")
    assert.strictEqual(reading(true).unread.clock, 1)
  })

  it("null, absent, a minute of another half", () => {
    for (const elapsed of [null, undefined, 3]) {
      assert.strictEqual(scanned(apiFootball(match, { elapsed })), "2H 60+0 live")
      assert.strictEqual(apiFootball(match, { elapsed })(true).unread.clock, 0)
    }
    assert.strictEqual(scanned(apiFootball(match, { elapsed: "61", extra: null })), "2H 61+0 live")
  })

  it.each([null, undefined, "2H", 7, [], {}, { short: 7 }])("status: %o", (status) => {
    const good = apiFootballOf(match, true)
    const { read, unread } = readApiFootball({ ...good, fixture: { ...good.fixture, status } })
    const decoded = decodeSnapshot(asShown(read))
    assert.match(Result.isFailure(decoded) ? decoded.failure.message : "it is read", /clock/)
    assert.deepStrictEqual([read.match.home.name, unread.clock], [match.match.home.name, 1])
  })
})

describe("A clock that cannot be, of SportMonks,", () => {
  it.each(nonsense)("minutes: %o", (minutes) => {
    const reading = sportMonks(match, { minutes })
    assert.strictEqual(scanned(reading), "2H 60+0 live")
    assert.isAbove(reading(true).unread.periods ?? 0, 0)
    assert.match(scanned(reading, false), noClock)
    assert.strictEqual(scanned(sportMonks(half, { minutes }), false), "1H 45+0 break")
    assert.strictEqual(scanned(sportMonks(stopped, { minutes })), "2H 60+0 interrupted")
    assert.strictEqual(scanned(sportMonks(stopped, { minutes }), false), "1H 0+0 interrupted")
  })

  it.each(nonsense)("seconds: %o", (seconds) => {
    const reading = sportMonks(match, { seconds })
    assert.strictEqual(scanned(reading, false), "2H 61+0 live")
    assert.isAbove(reading(true).unread.periods ?? 0, 0)
  })

  it.each(nonsense)("counts_from: %o", (counts_from) => {
    assert.include(["2H 60+0 live", "2H 61+0 live"], scanned(sportMonks(match, { counts_from })))
  })

  it("null, absent, a minute from before its half", () => {
    for (const minutes of [null, undefined, 3, 44]) {
      assert.strictEqual(scanned(sportMonks(match, { minutes })), "2H 60+0 live")
    }
    for (const none of [null, undefined]) {
      assert.strictEqual(scanned(sportMonks(match, { seconds: none, counts_from: none })), "2H 61+0 live")
    }
  })
})

describe("What is not needed to scan a match costs the match nothing:", () => {
  it.each([null, undefined, "8", -1.5, {}])("ids of teams and of the season: %o", (id) => {
    const api = apiFootballOf(match, true)
    const teams = { home: { ...api.teams.home, id }, away: { ...api.teams.away, id } }
    const read = readApiFootball({ ...api, teams, league: { ...api.league, season: id } }).read
    assert.isTrue(Result.isSuccess(decodeSnapshot(asShown(read))))
    const sport = sportMonksOf(match)
    const participants = sport.participants.map((each) => ({ ...each, id }))
    const found = readSportMonks(
      { ...sport, participants, season_id: id },
      { bookmaker: 2, clockBefore: () => undefined }
    )
    assert.isTrue(found !== undefined && Result.isSuccess(decodeSnapshot(asShown(found.read))))
  })
})
