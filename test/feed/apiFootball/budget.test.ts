/** How API-Football's requests last the day. */
import { assert, describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Option, Redacted, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import type { SnapshotInput } from "../../../src/domain/Snapshot.ts"
import { checkApiFootball } from "../../../src/feed/apiFootball/checks.ts"
import { FeedMemory } from "../../../src/feed/FeedMemory.ts"
import type { MatchFeed } from "../../../src/feed/MatchFeed.ts"
import { key, makeApiFootballServer } from "../../fixtures/apiFootballServer.ts"
import { pause } from "../../fixtures/eventually.ts"
import { apiFootballFeed } from "../../fixtures/liveFeed.ts"
import { Logs } from "../../fixtures/logs.ts"
import type { Standing } from "../../fixtures/matchDay.ts"
import { shown } from "../../fixtures/pipeline.ts"
import { json } from "../../fixtures/providerServer.ts"

const minute = 60_000
/** A time of the day, which may be beyond its end. */
const at = (time: string) => {
  const [hours = 0, minutes = 0] = time.split(":").map(Number)
  return DateTime.toEpochMillis(DateTime.makeUnsafe("2026-11-28T00:00:00Z")) + (hours * 60 + minutes) * minute
}

/** A match that kicks off at this time and is played by the clock, 105 minutes with the break. */
const matchAt =
  (id: string, kickOff: number) =>
  (now: number): Standing => {
    const played = Math.floor((now - kickOff) / minute)
    const clock = (): SnapshotInput["clock"] => {
      if (played < 0) return { period: "1H", minute: 0, added: 0, status: "scheduled" }
      if (played < 45) return { period: "1H", minute: played + 1, added: 0, status: "live" }
      if (played < 60) return { period: "1H", minute: 45, added: 0, status: "break" }
      if (played < 105) return { period: "2H", minute: played - 14, added: 0, status: "live" }
      return { period: "2H", minute: 90, added: 0, status: "finished" }
    }
    const snapshot = { ...shown({ id, competition: "39" }), clock: clock() }
    return {
      snapshot: { ...snapshot, match: { ...snapshot.match, kickOff: new Date(kickOff).toISOString() } },
      isListed: true
    }
  }

/** An afternoon and an evening: matches from 14:00 to 15:45, and from 19:00 to 20:45. */
const twoMatches = [matchAt("1", at("14:00")), matchAt("2", at("19:00"))]

/** A provider on a plan of so many requests a day, showing these matches by the clock. */
const provider = Effect.fnUntraced(function* (
  limit: number,
  matches: ReadonlyArray<ReturnType<typeof matchAt>> = twoMatches
) {
  let now = 0
  const server = yield* makeApiFootballServer(() => matches.map((match) => match(now)), limit)
  return {
    ...server,
    /** Moves all clocks. */
    goTo: (time: number) =>
      Effect.andThen(
        TestClock.setTime(time),
        Effect.sync(() => {
          now = time
        })
      )
  }
})

/**
 * Polls from one time to another, each minute but those that the feed says to wait for: of these the first and the last are
 * polled in all the same. No poll fails but as paused.
 */
const through = Effect.fnUntraced(function* (
  { poll }: MatchFeed["Service"],
  server: { readonly goTo: (time: number) => Effect.Effect<void> },
  from: number,
  to: number,
  after: (time: number, shown: ReadonlyArray<SnapshotInput>) => void
) {
  for (let time = from; time < to; ) {
    yield* server.goTo(time)
    const polled = yield* Effect.result(poll)
    let next = time + minute
    if (Result.isSuccess(polled)) after(time, polled.success)
    else {
      assert.strictEqual(polled.failure.reason, "paused")
      after(time, [])
      const [, day = "", at = ""] = /the next poll is at (\S+) (\S+) UTC$/.exec(polled.failure.message) ?? []
      const planned = Date.parse(`${day}T${at}Z`)
      assert.isAtLeast(planned, time)
      next = Math.max(next, Math.floor(planned / minute) * minute - minute)
    }
    time = next
  }
})

/** What a tick came to: what the poll showed, or why it did not. */
const tick = ({ poll }: MatchFeed["Service"]) =>
  Effect.map(Effect.result(poll), (polled) =>
    Result.isSuccess(polled) ? polled.success.map(({ clock }) => clock.status) : polled.failure.reason
  )

const lines = (message: string) => Effect.flatMap(Logs, (logs) => logs.lines(message))

const isolated = <A, E>(effect: Effect.Effect<A, E, Logs | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(Logs.layer))

describe("The requests of API-Football", () => {
  it.effect.each([
    { limit: 110, by: "ids", atLeast: 75, gap: 6 },
    { limit: 100, by: "live", atLeast: 35, gap: 9 }
  ])(
    "last the day with $limit of them: polls by $by are spread over the matches, and nothing is asked between",
    (plan) =>
      Effect.gen(function* () {
        const server = yield* provider(plan.limit)
        const feed = yield* apiFootballFeed(server.url)
        const polled: Array<number> = []
        let before = 0
        yield* through(feed, server, at("00:00"), at("23:59"), (time) => {
          if (server.asked.slice(before).some(({ query }) => query.has(plan.by))) polled.push(time)
          before = server.asked.length
        })
        assert.isAtLeast(server.left.remaining, 0)
        // Most of the day's requests are polls, and they reach to the end of the last match.
        assert.isAbove(polled.length, plan.atLeast)
        assert.isTrue(polled.every((time) => (time >= at("13:59") && time < at("17:01")) || time >= at("18:59")))
        assert.isAbove(polled.at(-1) ?? 0, at("20:44"))
        const gaps = polled.flatMap((time, index) => (index === 0 ? [] : [(time - (polled[index - 1] ?? 0)) / minute]))
        assert.isAtMost(Math.max(...gaps.filter((gap) => gap < 60)), plan.gap)
        const spread = yield* lines("polls are further apart than POLL_INTERVAL, so that the plan's requests last")
        assert.isAtLeast(spread.length, 1)
        assert.match(
          String(spread[0]?.fields.reason),
          /^a poll every .+: \d+ requests are left until 2026-11-29 00:00:00 UTC/
        )
      }).pipe(isolated)
  )

  it.effect.each([
    { limit: 100, day: "two matches at the same time", at: ["14:00", "14:00"], gap: 6 },
    { limit: 110, day: "two matches at the same time", at: ["14:00", "14:00"], gap: 4 },
    { limit: 100, day: "three matches one after another", at: ["12:00", "15:00", "18:00"], gap: 12 },
    { limit: 110, day: "three matches one after another", at: ["12:00", "15:00", "18:00"], gap: 8 },
    { limit: 100, day: "a service that starts in the second half", at: ["14:00"], gap: 3, from: "15:20" },
    { limit: 100, day: "most of them spent elsewhere", at: ["14:00", "14:00"], gap: 30, spent: 80 }
  ])(
    "of a plan of $limit last the day and show every end: $day",
    ({ at: kickOffs, from = "00:00", gap, limit, ...day }) =>
      Effect.gen(function* () {
        const ends = kickOffs.map((time) => at(time) + 105 * minute)
        const { spent = 0 } = day
        const server = yield* provider(
          limit,
          kickOffs.map((time, index) => matchAt(`${index + 1}`, at(time)))
        )
        server.left.remaining -= spent
        const feed = yield* apiFootballFeed(server.url)
        const polled: Array<number> = []
        const finished = new Map<string, number>()
        yield* through(feed, server, at(from), at("23:59"), (time, shown) => {
          if (shown.length > 0) polled.push(time)
          for (const { clock, match } of shown) {
            const id = String(match.id)
            if (clock.status === "finished" && !finished.has(id)) finished.set(id, time)
          }
        })
        assert.isAtLeast(server.left.remaining, 0)
        assert.deepStrictEqual([...finished.keys()].toSorted(), ends.map((_, index) => `${index + 1}`).toSorted())
        for (const [index, end] of ends.entries()) {
          assert.isAtMost((finished.get(`${index + 1}`) ?? end) - end, 2 * gap * minute)
        }
        // While matches are on polls are no further apart than the plan makes them.
        const gaps = polled.flatMap((time, index) => (index === 0 ? [] : [(time - (polled[index - 1] ?? 0)) / minute]))
        assert.isAtMost(Math.max(...gaps.filter((each) => each < 40)), gap)
      }).pipe(isolated)
  )

  it.effect.each(
    [100, 110].flatMap((limit) => [
      { limit, way: "a service that runs", from: "20:00" },
      { limit, way: "one whose requests are used up before midnight", from: "20:00", spent: limit - 3 },
      { limit, way: "one that starts after midnight", from: "24:10" }
    ])
  )("of a plan of $limit are enough for a match that ends after midnight: $way", ({ from, limit, spent = 0 }) =>
    Effect.gen(function* () {
      const [kickOff, midnight] = [at("22:50"), at("24:00")]
      const server = yield* provider(limit, [matchAt("1", kickOff)])
      server.left.remaining -= spent
      let isNew = false
      const goTo = (time: number) =>
        Effect.andThen(
          server.goTo(time),
          Effect.sync(() => {
            if (isNew || time < midnight) return
            assert.isAtLeast(server.left.remaining, 0)
            isNew = true
            server.left.remaining = limit
          })
        )
      const feed = yield* apiFootballFeed(server.url)
      const shownAt: Array<number> = []
      let finishedAt = Number.POSITIVE_INFINITY
      yield* through(feed, { goTo }, at(from), midnight + 120 * minute, (time, shown) => {
        if (shown.length > 0) shownAt.push(time)
        if (shown.some(({ clock }) => clock.status === "finished")) finishedAt = Math.min(finishedAt, time)
      })
      const end = kickOff + 105 * minute
      assert.isAtMost(finishedAt - end, 25 * minute)
      // After midnight polls go on while the match does, as often as a new day's requests allow.
      assert.isAbove(shownAt.filter((time) => time >= midnight && time < end).length, 1)
      // What is left of the new day is for its matches.
      assert.isAtLeast(server.left.remaining, limit / 2)
    }).pipe(isolated)
  )

  it.effect("that are used up are waited for until midnight, told once, and fail no tick", () =>
    Effect.gen(function* () {
      const server = yield* provider(75_000)
      const feed = yield* apiFootballFeed(server.url)
      yield* server.goTo(at("14:10"))
      expect(yield* tick(feed)).toEqual(["live"])
      server.left.remaining = 0
      for (let time = at("14:11"); time < at("14:20"); time += minute) {
        yield* server.goTo(time)
        assert.strictEqual(yield* tick(feed), "paused")
      }
      const before = server.asked.length
      for (let time = at("14:20"); time < at("20:00"); time += 10 * minute) {
        yield* server.goTo(time)
        assert.strictEqual(yield* tick(feed), "paused")
      }
      // Once an hour, in case a clock is wrong.
      assert.isAtMost(server.asked.length - before, 6)
      const told = yield* lines("the provider's limit is reached: polls wait")
      assert.lengthOf(told, 1)
      assert.include(String(told[0]?.fields.reason), "they go on at 2026-11-29 00:00:00 UTC")
      server.left.remaining = 75_000
      yield* server.goTo(at("24:00"))
      assert.isArray(yield* tick(feed))
    }).pipe(isolated)
  )

  it.effect("of a minute are waited for until the next one, by every instance", () =>
    Effect.gen(function* () {
      const server = yield* provider(75_000)
      const memory = yield* Effect.map(Layer.build(FeedMemory.layerMemory), (context) => Layer.succeedContext(context))
      const [one, other] = [
        yield* apiFootballFeed(server.url, { memory }),
        yield* apiFootballFeed(server.url, { memory })
      ]
      yield* server.goTo(at("14:10"))
      yield* tick(one)
      server.play(/^fixtures$/, json({ errors: { rateLimit: "Too many requests." }, response: [] }))
      yield* server.goTo(at("14:11") + 1000)
      assert.strictEqual(yield* tick(one), "paused")
      const before = server.asked.length
      yield* server.goTo(at("14:11") + 2000)
      assert.strictEqual(yield* tick(other), "paused")
      assert.lengthOf(server.asked, before)
      yield* server.goTo(at("14:12"))
      expect(yield* tick(other)).toEqual(["live"])
    }).pipe(isolated)
  )

  it.effect("are not spent twice: what one instance learnt is not asked for by another", () =>
    Effect.gen(function* () {
      const server = yield* provider(75_000)
      const memory = yield* Effect.map(Layer.build(FeedMemory.layerMemory), (context) => Layer.succeedContext(context))
      const [one, other] = [
        yield* apiFootballFeed(server.url, { memory }),
        yield* apiFootballFeed(server.url, { memory })
      ]
      yield* server.goTo(at("14:10"))
      yield* tick(one)
      // What is asked for beside takes its turns.
      for (let turns = 0; turns < 40; turns++) yield* Effect.andThen(TestClock.adjust("100 millis"), pause)
      yield* server.goTo(at("14:11"))
      yield* tick(other)
      for (let turns = 0; turns < 10; turns++) yield* Effect.andThen(TestClock.adjust("100 millis"), pause)
      yield* server.goTo(at("14:12"))
      const [match] = yield* other.poll
      expect(match?.prematch).toMatchObject({ position: { home: 3, away: 11 } })
      const asked = (path: string) =>
        server.asked.filter((each) => each.path === path && !each.query.has("live")).length
      assert.deepStrictEqual([asked("odds"), asked("standings"), asked("teams/statistics")], [1, 1, 2])
      assert.lengthOf(
        server.asked.filter(({ query }) => query.has("date")),
        1
      )
    }).pipe(isolated)
  )

  it.effect("carry the key in its header, no trace headers, and nothing in errors", () =>
    Effect.gen(function* () {
      const server = yield* provider(75_000)
      const feed = yield* apiFootballFeed(server.url)
      yield* server.goTo(at("14:10"))
      yield* Effect.withSpan(tick(feed), "a tick")
      for (const { headers, query } of server.asked) {
        assert.strictEqual(headers["x-apisports-key"], key)
        assert.isEmpty(Object.keys(headers).filter((name) => /^(traceparent|tracestate|b3|x-b3|x-rapidapi)/.test(name)))
        assert.notInclude(String(query), key)
      }
      server.play(/^fixtures$/, json({ errors: { token: `the key ${key} is wrong` }, response: [] }))
      yield* server.goTo(at("14:11"))
      const error = yield* Effect.flip(feed.poll)
      assert.strictEqual(error.reason, "refused")
      assert.notInclude(JSON.stringify(error), key)
      assert.include(error.message, "Check API_FOOTBALL_KEY")
    }).pipe(isolated)
  )

  it.effect("are told by the doctor, with what this configuration takes, and a warning where they do not last", () =>
    Effect.gen(function* () {
      const checked = (server: { readonly url: URL }) =>
        checkApiFootball(
          { key: Redacted.make(key), rapidApiHost: Option.none(), leagues: [], url: server.url },
          Duration.seconds(15)
        )
      const small = yield* provider(100)
      yield* small.goTo(at("12:00"))
      const { message, status, todo } = yield* checked(small)
      assert.strictEqual(status, "warning")
      assert.include(message, "100 of 100 requests left until 2026-11-29 00:00:00 UTC")
      assert.match(message, /polls will be 8m \d*s? ?apart$/)
      assert.include(todo, "API_FOOTBALL_LEAGUES")
      const large = yield* provider(75_000)
      expect(yield* checked(large)).toMatchObject({ status: "ok" })
      // None of these was paid for.
      assert.deepStrictEqual([small.left.remaining, large.left.remaining], [100, 75_000])
      large.play(/^status$/, json({ errors: [], response: [] }))
      const refused = yield* checked(large)
      assert.strictEqual(refused.status, "failed")
      assert.notInclude(JSON.stringify(refused), key)
    }).pipe(isolated)
  )

  it.effect("are not spent on leagues that nobody has: the doctor warns of them, for one request", () =>
    Effect.gen(function* () {
      const server = yield* provider(75_000)
      yield* server.goTo(at("12:00"))
      const checked = (...leagues: ReadonlyArray<number>) =>
        checkApiFootball(
          { key: Redacted.make(key), rapidApiHost: Option.none(), leagues, url: server.url },
          Duration.seconds(15)
        )
      expect(yield* checked(39, 61)).toMatchObject({ status: "ok" })
      assert.strictEqual(server.left.remaining, 74_999)
      const { message, status, todo } = yield* checked(39, 9999, 10_000)
      assert.strictEqual(status, "warning")
      assert.include(message, "API-Football shows nothing of 9999, 10000 (API_FOOTBALL_LEAGUES)")
      assert.include(todo, "API_FOOTBALL_LEAGUES")
      server.play(/^leagues$/, json({ errors: [], response: [] }))
      expect(yield* checked(39)).toMatchObject({ status: "warning" })
      server.play(/^leagues$/, json({}, 500))
      const away = yield* checked(39)
      assert.strictEqual(away.status, "warning")
      assert.include(away.message, "could not be looked up")
    }).pipe(isolated)
  )
})
