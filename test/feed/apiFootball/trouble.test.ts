/** What API-Football's feed asks while something is wrong: with the provider, with its answers, or with a clock. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { decodeSnapshot } from "../../../src/domain/decodeSnapshot.ts"
import { FeedMemory } from "../../../src/feed/FeedMemory.ts"
import type { MatchFeed } from "../../../src/feed/MatchFeed.ts"
import { fixtureOf } from "../../fixtures/apiFootballServer.ts"
import { logged } from "../../fixtures/followed.ts"
import { apiFootballFeed, sportMonksFeed } from "../../fixtures/liveFeed.ts"
import { Logs } from "../../fixtures/logs.ts"
import { dayStart } from "../../fixtures/matchDay.ts"
import { shown } from "../../fixtures/pipeline.ts"
import { type Asked, json, makeProviderServer } from "../../fixtures/providerServer.ts"

const minute = 60_000
const midnight = Math.ceil(dayStart / 86_400_000) * 86_400_000

const isolated = <A, E>(effect: Effect.Effect<A, E, Logs | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(Logs.layer))

/** A match in play that kicked off at this time. */
const inPlay = (id: string, kickOff = dayStart - 20 * minute) => {
  const snapshot = {
    ...shown({ id, competition: "39", minute: 20 }),
    statistics: { shots: { home: 3, away: 2 }, possession: { home: 50, away: 50 } }
  }
  return { ...snapshot, match: { ...snapshot.match, kickOff: new Date(kickOff).toISOString() } }
}

interface Account {
  readonly limit: number
  readonly perMinute?: number
  /** What is left at this request. Default: nearly all. */
  readonly remaining?: () => number
}

/** An account at which everything is answered by `answer`: rows, or errors. */
const provider = ({ limit, perMinute = 300, remaining = () => limit - 5 }: Account, answer: (asked: Asked) => object) =>
  makeProviderServer((asked) => {
    if (asked.path === "status") {
      return json({
        errors: [],
        response: { subscription: { plan: "Free" }, requests: { current: 5, limit_day: limit } }
      })
    }
    const headers = {
      "x-ratelimit-requests-limit": String(limit),
      "x-ratelimit-requests-remaining": String(remaining()),
      "x-ratelimit-limit": String(perMinute)
    }
    return json({ errors: [], paging: { current: 1, total: 1 }, response: [], ...answer(asked) }, 200, headers)
  })

const every = { interval: Duration.seconds(15) }

/** Polls from one time to another, and what came of each. */
const pollsOver = Effect.fnUntraced(function* (
  { poll }: MatchFeed["Service"],
  from: number,
  to: number,
  step = 15_000
) {
  const outcomes: Array<string> = []
  for (let time = from; time < to; time += step) {
    yield* TestClock.setTime(time)
    const polled = yield* Effect.result(poll)
    outcomes.push(Result.isSuccess(polled) ? "shown" : polled.failure.reason)
  }
  return outcomes
})

const rows = (asked: Asked, ...ids: ReadonlyArray<string>) =>
  asked.path === "fixtures" ? ids.map((id) => fixtureOf(inPlay(id), asked.query.has("ids"))) : []

describe("API-Football's feed in trouble", () => {
  it.effect("asks for nothing at all once an answer says that nothing is left, but once an hour", () =>
    Effect.gen(function* () {
      let left = 50
      const limit = 7500
      const matches = ["1", "2"].map((id) => fixtureOf(inPlay(id)))
      const server = yield* provider({ limit, remaining: () => left }, ({ path }) =>
        path === "fixtures" ? { response: matches } : {}
      )
      const feed = yield* apiFootballFeed(server.url, every)
      const { finished = () => Effect.succeed([]) } = feed
      yield* TestClock.setTime(dayStart)
      yield* feed.poll
      left = 0
      // The list takes the last one: what is due beside it is not asked for.
      const asked = () => server.asked.filter(({ path }) => path === "fixtures" || path === "odds/live").length
      const before = asked()
      yield* TestClock.setTime(dayStart + 30 * minute)
      yield* feed.poll
      assert.strictEqual((yield* Effect.flip(finished(["2"]))).reason, "paused")
      assert.strictEqual(asked(), before + 1)
      yield* TestClock.setTime(dayStart + 89 * minute)
      assert.strictEqual((yield* Effect.flip(feed.poll)).reason, "paused")
      assert.strictEqual(asked(), before + 1)
      left = 7000
      yield* TestClock.setTime(dayStart + 91 * minute)
      assert.lengthOf(yield* finished(["1", "2"]), 2)
    }).pipe(isolated)
  )

  it.effect("asks in minutes, not in a day, where the provider's day begins a little after ours", () =>
    Effect.gen(function* () {
      for (const lastOfDay of [0, 1]) {
        let now = 0
        const isNew = () => now >= midnight + 5000
        const server = yield* provider({ limit: 7500, remaining: () => (isNew() ? 7400 : lastOfDay) }, (asked) =>
          isNew() || lastOfDay > 0
            ? { response: rows(asked, "1") }
            : { errors: { requests: "You have reached the request limit for the day" } }
        )
        const feed = yield* apiFootballFeed(server.url, every)
        let shownAt = Number.POSITIVE_INFINITY
        for (now = midnight - 2 * minute; shownAt > now && now < midnight + 120 * minute; now += 15_000) {
          yield* TestClock.setTime(now)
          const polled = yield* Effect.result(feed.poll)
          if (Result.isSuccess(polled) && isNew()) shownAt = now
        }
        assert.isBelow(shownAt - midnight, (lastOfDay === 0 ? 5 : 61) * minute)
      }
    }).pipe(isolated)
  )

  it.effect.each([100, 75_000])("takes no match that cannot be read for none, on a plan of %s a day", (limit) =>
    Effect.gen(function* () {
      const spoiled = (asked: Asked) =>
        rows(asked, "1").map((row) => ({ ...row, fixture: { ...row.fixture, id: null } }))
      const server = yield* provider({ limit }, (asked) => ({ response: spoiled(asked) }))
      const feed = yield* apiFootballFeed(server.url, every)
      yield* TestClock.setTime(dayStart)
      const [unread] = yield* feed.poll
      assert.isTrue(Result.isFailure(decodeSnapshot(unread)))
      const outcomes = yield* pollsOver(feed, dayStart + 15_000, dayStart + 60 * minute)
      // As far apart as the plan takes, and no further.
      assert.isAtLeast(outcomes.filter((each) => each === "shown").length, limit === 100 ? 3 : 200)
      assert.isAtMost(server.asked.length, limit === 100 ? 20 : 500)
      assert.isEmpty(yield* logged("no match is on: polls wait"))
      assert.lengthOf(
        yield* logged("fixtures of the day cannot be read: polls go on as if matches were on all the time"),
        1
      )
    }).pipe(isolated)
  )

  it.effect("spends no more than planned on a small plan while the provider fails", () =>
    Effect.gen(function* () {
      const server = yield* provider({ limit: 100 }, (asked) =>
        asked.query.has("date") ? { response: rows(asked, "1") } : { errors: { bug: "This is on our side" } }
      )
      const feed = yield* apiFootballFeed(server.url, every)
      const outcomes = yield* pollsOver(feed, dayStart, dayStart + 30 * minute)
      assert.isAtMost(server.asked.length, 35)
      assert.isAtLeast(outcomes.filter((each) => each === "paused").length, 80)
      assert.include(outcomes, "unavailable")
    }).pipe(isolated)
  )

  it.effect("asks again every hour for a day whose list is empty, and not for one that has none of its leagues", () =>
    Effect.gen(function* () {
      const kickOff = dayStart + 80 * minute
      let day: ReadonlyArray<unknown> = []
      const server = yield* provider({ limit: 100 }, ({ query }) => ({
        response: query.has("date") ? day : query.has("live") ? [fixtureOf(inPlay("1", kickOff))] : []
      }))
      const days = () => server.asked.filter(({ query }) => query.has("date")).length
      const lists = () => server.asked.filter(({ query }) => query.has("live") || query.has("ids")).length
      const feed = yield* apiFootballFeed(server.url, { ...every, leagues: [39] })
      yield* pollsOver(feed, dayStart, dayStart + 50 * minute, minute)
      const first = days()
      assert.strictEqual(lists(), 0)
      const told = yield* (yield* Logs).lines("no match is on: polls wait")
      assert.include(
        String(told[0]?.fields.reason),
        "the list of the day's fixtures is empty; it is looked at again at"
      )
      const scheduled = { ...shown({ id: "1", competition: "39", minute: 0, status: "scheduled" }) }
      const match = { ...scheduled.match, kickOff: new Date(kickOff).toISOString() }
      day = [fixtureOf({ ...scheduled, match })]
      yield* pollsOver(feed, dayStart + 50 * minute, dayStart + 90 * minute, minute)
      assert.strictEqual(days(), first + 1)
      assert.isAbove(lists(), 0)
      // Others have matches, these leagues have none: that is known for the day.
      const elsewhere = yield* apiFootballFeed(server.url, { ...every, leagues: [140] })
      const before = days()
      yield* pollsOver(elsewhere, dayStart + 100 * minute, dayStart + 300 * minute, minute)
      assert.strictEqual(days(), before + 1)
    }).pipe(isolated)
  )

  it.effect("asks for no id twice, though the list shows a match twice", () =>
    Effect.gen(function* () {
      const server = yield* provider({ limit: 7500 }, ({ path, query }) => {
        const fixtures = ["1", "1", "2"].map((id) => fixtureOf(inPlay(id), query.has("ids")))
        return { response: path === "fixtures" && !query.has("date") ? fixtures : [] }
      })
      const feed = yield* apiFootballFeed(server.url, every)
      yield* TestClock.setTime(dayStart)
      yield* feed.poll
      yield* pollsOver(feed, dayStart + minute, dayStart + 2 * minute)
      const ids = server.asked.flatMap(({ query }) => query.get("ids") ?? [])
      assert.deepStrictEqual([...new Set(ids)], ["1-2"])
      const teams = server.asked.filter(({ path }) => path === "odds").map(({ query }) => query.get("fixture"))
      assert.deepStrictEqual(teams, [...new Set(teams)])
    }).pipe(isolated)
  )

  it.effect("asks once a day for what the plan does not have, says so once, and goes on with the live list", () =>
    Effect.gen(function* () {
      const server = yield* provider({ limit: 100 }, (asked) => {
        if (asked.query.has("ids")) return { errors: { plan: "Free plans do not have access to the Ids parameter." } }
        return { response: asked.query.has("id") ? [fixtureOf(inPlay("1"), true)] : rows(asked, "1") }
      })
      const memory = Layer.succeedContext(yield* Layer.build(FeedMemory.layerMemory))
      const options = { ...every, memory, leagues: [39, 140] }
      const one = yield* apiFootballFeed(server.url, options)
      const other = yield* apiFootballFeed(server.url, options)
      const outcomes = [
        ...(yield* pollsOver(one, dayStart, dayStart + 30 * minute, minute)),
        ...(yield* pollsOver(other, dayStart + 30 * minute, dayStart + 60 * minute, minute))
      ]
      const asked = (name: string) => server.asked.filter(({ query }) => query.has(name))
      assert.lengthOf(asked("ids"), 1)
      assert.isAbove(asked("live").length, 5)
      assert.strictEqual(asked("live")[0]?.query.get("live"), "39-140")
      assert.isAtMost(asked("id").length, asked("live").length)
      assert.deepStrictEqual([...new Set(outcomes)].sort(), ["paused", "shown"])
      const [match] = yield* Effect.andThen(TestClock.adjust("30 minutes"), other.poll)
      assert.deepInclude(match?.statistics ?? {}, { shots: { home: 3, away: 2 } })
      const told = yield* (yield* Logs).lines("API-Football does not give this with the plan: polls go on without it")
      assert.deepStrictEqual(
        told.map(({ fields }) => fields.what),
        ["fixtures by ids"]
      )
      yield* pollsOver(other, midnight + minute, midnight + 61 * minute, minute)
      assert.lengthOf(asked("ids"), 2)
    }).pipe(isolated)
  )

  it.effect("asks for no more at once than the plan's minute has, and for all in turn", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 250 }, (_, index) => String(index + 1))
      const asked = new Map<number, number>()
      let now = dayStart
      const server = yield* provider({ limit: 900, perMinute: 10 }, ({ path, query }) => {
        asked.set(Math.floor(now / minute), (asked.get(Math.floor(now / minute)) ?? 0) + 1)
        if ((asked.get(Math.floor(now / minute)) ?? 0) > 10) return { errors: { rateLimit: "Too many requests." } }
        const ids = query.get("ids")?.split("-") ?? all
        return { response: path === "fixtures" ? ids.map((id) => fixtureOf(inPlay(id), query.has("ids"))) : [] }
      })
      const feed = yield* apiFootballFeed(server.url, every)
      const seen = new Set<unknown>()
      for (; seen.size < all.length && now < dayStart + 40 * minute; now += minute) {
        yield* TestClock.setTime(now)
        const polled = yield* Effect.result(feed.poll)
        for (const { match } of Result.isSuccess(polled) ? polled.success : []) seen.add(match.id)
      }
      assert.strictEqual(seen.size, 250)
    }).pipe(isolated)
  )

  it.effect("asks once a minute for statistics and prices that do not come", () =>
    Effect.gen(function* () {
      const server = yield* provider({ limit: 75_000 }, (asked) =>
        asked.query.has("ids") || asked.path === "odds/live"
          ? { errors: { bug: "This is on our side" } }
          : { response: rows(asked, "1") }
      )
      const feed = yield* apiFootballFeed(server.url, every)
      yield* pollsOver(feed, dayStart, dayStart + 10 * minute)
      assert.lengthOf(
        server.asked.filter(({ query }) => query.has("live")),
        40
      )
      assert.isAtMost(server.asked.filter(({ query }) => query.has("ids")).length, 11)
      assert.isAtMost(server.asked.filter(({ path }) => path === "odds/live").length, 11)
    }).pipe(isolated)
  )

  it.effect("asks for ids that are numbers, whatever rows hold", () =>
    Effect.gen(function* () {
      const server = yield* provider({ limit: 75_000 }, (asked) => {
        const ids = asked.query.get("ids")
        if (ids !== null && !/^\d+(-\d+)*$/.test(ids)) return { errors: { ids: "must contain integers" } }
        const good = fixtureOf(inPlay("1"), ids !== null)
        const bad = [{ ...good, fixture: { ...good.fixture, id: null } }, null, { ...good, fixture: { id: "x-1" } }]
        return { response: asked.path !== "fixtures" ? [] : ids === null ? [good, ...bad] : [good] }
      })
      const feed = yield* apiFootballFeed(server.url, every)
      yield* TestClock.setTime(dayStart)
      const [match] = yield* feed.poll
      assert.deepInclude(match?.statistics ?? {}, { shots: { home: 3, away: 2 } })
    }).pipe(isolated)
  )

  it.effect("asks anew for figures that are of a time to come, and offers no price of such a time", () =>
    Effect.gen(function* () {
      let arePricesThere = true
      const live = {
        fixture: { id: 1 },
        odds: [
          {
            id: 59,
            values: [
              { value: "Home", odd: "2" },
              { value: "Away", odd: "4" }
            ]
          }
        ]
      }
      const server = yield* provider({ limit: 75_000 }, (asked) => {
        if (asked.path !== "odds/live") return { response: rows(asked, "1") }
        return arePricesThere ? { response: [live] } : { errors: { bug: "This is on our side" } }
      })
      const feed = yield* apiFootballFeed(server.url, every)
      yield* TestClock.setTime(dayStart)
      const [match] = yield* feed.poll
      assert.deepStrictEqual(match?.odds, { win: { home: 2, away: 4 } })
      arePricesThere = false
      const before = server.asked.length
      yield* TestClock.setTime(dayStart - 120 * minute)
      const [again] = yield* feed.poll
      assert.deepStrictEqual(again?.odds, {})
      const asked = server.asked.slice(before)
      assert.isTrue(asked.some(({ query }) => query.has("ids")))
      assert.isTrue(asked.some(({ query }) => query.has("date")))
    }).pipe(isolated)
  )
})

describe("SportMonks' feed in trouble", () => {
  it.effect("waits for an hour at the most, whatever wait it is told", () =>
    Effect.gen(function* () {
      for (const wait of [1e13, 1_795_800_000, -1e13]) {
        for (const reply of [
          json({ message: "Too many", retry_after: wait }, 429),
          json({ data: [], rate_limit: { remaining: 0, resets_in_seconds: wait, requested_entity: "Fixture" } })
        ]) {
          const server = yield* makeProviderServer(() => reply)
          const feed = yield* sportMonksFeed(server.url, every)
          yield* pollsOver(feed, dayStart, dayStart + 15_000)
          const asked = server.asked.length
          yield* pollsOver(feed, dayStart + 60 * minute, dayStart + 61 * minute)
          assert.isAbove(server.asked.length, asked)
        }
      }
    }).pipe(isolated)
  )
})
