import { assert, describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { decodeSnapshot } from "../../../src/domain/decodeSnapshot.ts"
import type { MatchClock } from "../../../src/domain/Snapshot.ts"
import { clockOf } from "../../../src/feed/apiFootball/clock.ts"
import { apiFootballSettings } from "../../../src/feed/apiFootball/settings.ts"
import { FeedMemory } from "../../../src/feed/FeedMemory.ts"
import { fixtureOf, makeApiFootballServer } from "../../fixtures/apiFootballServer.ts"
import { environment } from "../../fixtures/environment.ts"
import { whileTimePasses } from "../../fixtures/eventually.ts"
import { apiFootballFeed } from "../../fixtures/liveFeed.ts"
import { Logs } from "../../fixtures/logs.ts"
import { dayStart, type Standing } from "../../fixtures/matchDay.ts"
import { shown } from "../../fixtures/pipeline.ts"
import { json } from "../../fixtures/providerServer.ts"

const isolated = <A, E>(effect: Effect.Effect<A, E, Logs | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(Logs.layer))

const shots = (home: number): Standing => ({
  snapshot: { ...shown({ competition: "39" }), statistics: { shots: { home, away: 1 } }, odds: { draw: 3 } },
  isListed: true
})

/** One or the other, in no order that repeats soon. */
const one = <A>(all: ReadonlyArray<A>, tick: number): A => {
  const chosen = all[(tick * 7 + (tick >> 2)) % all.length]
  if (chosen === undefined) throw new Error("there are none")
  return chosen
}

describe("API-Football's feed", () => {
  it.effect("shows figures that never fall back to older ones, whichever instance polls", () =>
    Effect.gen(function* () {
      let count = 0
      const server = yield* makeApiFootballServer(() => [shots(count)])
      const memory = Layer.succeedContext(yield* Layer.build(FeedMemory.layerMemory))
      const every = Duration.seconds(15)
      const instances = [
        yield* apiFootballFeed(server.url, { memory, interval: every }),
        yield* apiFootballFeed(server.url, { memory, interval: every }),
        yield* apiFootballFeed(server.url, { memory, interval: every })
      ]
      const seen: Array<number> = []
      for (let tick = 0; tick < 40; tick++) {
        yield* TestClock.setTime(dayStart + tick * 15_000)
        count = tick
        const [match] = yield* one(instances, tick).poll
        seen.push(match?.statistics?.shots?.home ?? -1)
        assert.deepStrictEqual(match?.odds, { draw: 3 })
      }
      assert.deepStrictEqual(
        seen,
        seen.toSorted((a, b) => a - b)
      )
      // Once a minute, over all of them.
      const asked = server.asked.filter(({ query }) => query.has("ids")).length
      assert.isAtMost(asked, 11)
      assert.isAtMost(server.asked.filter(({ path }) => path === "odds/live").length, 11)
    }).pipe(isolated)
  )

  it.effect("shows the list though what is asked for beside does not come, with the figures of the poll before", () =>
    Effect.gen(function* () {
      const server = yield* makeApiFootballServer(() => [shots(4)])
      const feed = yield* apiFootballFeed(server.url)
      yield* TestClock.setTime(dayStart)
      yield* feed.poll
      yield* TestClock.setTime(dayStart + 60_000)
      server.play(/^odds\/live$/, "never answer", "cut the answer")
      const polling = yield* Effect.forkChild(feed.poll)
      const [slow] = yield* whileTimePasses(polling)
      assert.deepStrictEqual([slow?.statistics?.shots?.home, slow?.odds], [4, { draw: 3 }])
      yield* TestClock.setTime(dayStart + 120_000)
      const [cut] = yield* feed.poll
      assert.deepStrictEqual(cut?.odds, { draw: 3 })
    }).pipe(isolated)
  )

  it.effect("lets one bad part cost that part", () =>
    Effect.gen(function* () {
      const good = fixtureOf(shown({ id: "1", competition: "39" }))
      const bad = [
        { ...good, events: [null, { team: { id: 10 }, type: "Card", detail: "Yellow Card" }] },
        { ...good, fixture: { ...good.fixture, id: 2 }, goals: null },
        { ...good, fixture: { ...good.fixture, id: 3, status: { short: "LIVE", elapsed: null } } },
        { ...good, fixture: { ...good.fixture, id: 4, status: { short: "PST", elapsed: null } }, goals: null },
        { ...good, teams: null },
        17
      ]
      const server = yield* makeApiFootballServer(() => [])
      server.play(/^fixtures$/, json({ errors: [], response: [] }), json({ errors: [], response: bad }))
      const feed = yield* apiFootballFeed(server.url)
      yield* TestClock.setTime(dayStart)
      const answers = (yield* feed.poll).map((each) => decodeSnapshot(each))
      const read = answers.filter(Result.isSuccess).map(({ success }) => success.snapshot)
      expect(read.map(({ clock, match }) => `${match.id} ${clock.status}`)).toEqual(["1 live", "4 postponed"])
      expect(read[0]?.statistics.yellow_cards).toEqual({ home: 1, away: 0 })
      assert.lengthOf(answers, 6)
    }).pipe(isolated)
  )

  it.effect("is asked where the settings say, at RapidAPI too", () =>
    Effect.gen(function* () {
      const given = (env: Record<string, string>) => Effect.provide(apiFootballSettings.read, environment(env))
      const settings = yield* given({ API_FOOTBALL_KEY: "abc", API_FOOTBALL_HOST: "api-football-v1.p.rapidapi.com" })
      expect(settings).toMatchObject({ value: { url: new URL("https://api-football-v1.p.rapidapi.com/v3") } })
      const { message } = yield* Effect.flip(given({ API_FOOTBALL_HOST: "x.y" }))
      assert.include(message, "API_FOOTBALL_KEY is not set, but API_FOOTBALL_HOST is")
      const wrong = yield* Effect.flip(given({ API_FOOTBALL_KEY: "two words", API_FOOTBALL_LEAGUES: "39;140" }))
      assert.notInclude(wrong.message, "two words")
      assert.include(wrong.message, 'API_FOOTBALL_LEAGUES is "39;140"')
    }).pipe(isolated)
  )
})

describe("API-Football's clock", () => {
  const was = (clock: Partial<MatchClock>): MatchClock => ({
    period: "2H",
    minute: 90,
    added: 0,
    status: "live",
    ...clock
  })
  it.each([
    ["1H", 45, 2, undefined, "1H 45+2 live"],
    ["1H", 47, null, undefined, "1H 45+2 live"],
    ["HT", 45, null, was({ period: "1H", minute: 45, added: 3 }), "1H 45+3 break"],
    ["2H", 90, 6, undefined, "2H 90+6 live"],
    ["2H", 41, null, undefined, "2H 41+0 live"],
    ["FT", 90, null, was({ added: 6 }), "2H 90+6 finished"],
    ["BT", 90, null, was({ added: 4 }), "2H 90+4 break"],
    ["ET", 91, null, undefined, "E1 91+0 live"],
    ["ET", 105, null, undefined, "E1 105+0 live"],
    ["BT", 105, null, undefined, "E1 105+0 break"],
    ["ET", 105, null, was({ period: "E1", minute: 105, status: "break" }), "E2 105+0 live"],
    ["ET", 106, null, undefined, "E2 106+0 live"],
    ["P", 120, null, undefined, "P 120+0 live"],
    ["P", 90, null, undefined, "P 90+0 live"],
    ["PEN", 120, null, undefined, "P 120+0 finished"],
    ["AET", null, null, undefined, "E2 120+0 finished"],
    ["SUSP", 61, null, was({ minute: 61 }), "2H 61+0 suspended"],
    ["INT", 61, null, undefined, "2H 61+0 interrupted"],
    ["ABD", null, null, was({ minute: 70 }), "2H 70+0 abandoned"],
    ["LIVE", null, null, was({ minute: 70 }), "2H 70+0 live"],
    ["LIVE", null, null, undefined, undefined],
    ["1H", null, null, undefined, undefined],
    ["XYZ", 10, null, undefined, undefined],
    ["WO", null, null, undefined, "1H 0+0 walkover"],
    ["AWD", null, null, was({}), "1H 0+0 awarded"]
  ] as const)("of %s at %s+%s, after %j, is %s", (short, elapsed, extra, kept, expected) => {
    const clock = clockOf({ short, elapsed, extra }, kept)
    const said = clock && `${clock.period} ${clock.minute}+${clock.added} ${clock.status}`
    assert.strictEqual(said, expected)
  })
})
