/** What API-Football's feed asks while something is wrong: with the provider, with its answers, or with a clock. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import type { MatchFeed } from "../../../src/feed/MatchFeed.ts"
import { fixtureOf } from "../../fixtures/apiFootballServer.ts"
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

/** Polls from one time to another, every 15 s, and what came of each. */
const pollsOver = Effect.fnUntraced(function* ({ poll }: MatchFeed["Service"], from: number, to: number) {
  const outcomes: Array<string> = []
  for (let time = from; time < to; time += 15_000) {
    yield* TestClock.setTime(time)
    const polled = yield* Effect.result(poll)
    outcomes.push(Result.isSuccess(polled) ? "shown" : polled.failure.reason)
  }
  return outcomes
})

const rows = (asked: Asked, ...ids: ReadonlyArray<string>) =>
  asked.path === "fixtures" ? ids.map((id) => fixtureOf(inPlay(id), asked.query.has("ids"))) : []

describe("API-Football's feed in trouble", () => {
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
        let shownAt = 0
        for (now = midnight - 2 * minute; shownAt === 0 && now < midnight + 120 * minute; now += 15_000) {
          yield* TestClock.setTime(now)
          const polled = yield* Effect.result(feed.poll)
          if (Result.isSuccess(polled) && isNew()) shownAt = now
        }
        assert.isBelow(shownAt - midnight, (lastOfDay === 0 ? 5 : 61) * minute)
      }
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
