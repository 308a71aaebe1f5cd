/** What both providers' answers mean, whatever shape their parts have, and what is told of them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { isPlain } from "../../../src/domain/decodeSnapshot.ts"
import { readFixture as readApiFootball } from "../../../src/feed/apiFootball/fixture.ts"
import type { MatchFeed } from "../../../src/feed/MatchFeed.ts"
import { waitIn } from "../../../src/feed/provider/waitIn.ts"
import { readFixture as readSportMonks } from "../../../src/feed/sportmonks/fixture.ts"
import { fixtureOf as apiFootballOf, key } from "../../fixtures/apiFootballServer.ts"
import { apiFootballFeed, sportMonksFeed } from "../../fixtures/liveFeed.ts"
import { Logs } from "../../fixtures/logs.ts"
import { dayStart } from "../../fixtures/matchDay.ts"
import { shown } from "../../fixtures/pipeline.ts"
import { json, makeProviderServer, type Reply } from "../../fixtures/providerServer.ts"
import { fixtureOf as sportMonksOf, token } from "../../fixtures/sportMonksServer.ts"

const isolated = <A, E>(effect: Effect.Effect<A, E, Logs | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(Logs.layer))

const match = shown({ id: "1", competition: "39", minute: 60 })

const status = { subscription: { plan: "Ultra" }, requests: { current: 5, limit_day: 75_000 } }

/** A feed of API-Football whose list is answered so. */
const apiFootball = Effect.fnUntraced(function* (reply: () => Reply) {
  const server = yield* makeProviderServer(({ path, query }) => {
    if (path === "status") return json({ errors: [], response: status })
    return query.has("live") ? reply() : json({ errors: [], response: [] })
  })
  return yield* apiFootballFeed(server.url)
})

const sportMonks = Effect.fnUntraced(function* (reply: (filters: string | null) => Reply) {
  const server = yield* makeProviderServer(({ path, query }) =>
    path === "livescores/inplay" ? reply(query.get("filters")) : json({ data: [] })
  )
  return yield* sportMonksFeed(server.url)
})

/** What a poll at this time comes to. */
const polledAt = Effect.fnUntraced(function* ({ poll }: MatchFeed["Service"], time: number) {
  yield* TestClock.setTime(time)
  const polled = yield* Effect.result(poll)
  return Result.isSuccess(polled) ? `${polled.success.length} shown` : polled.failure.reason
})

/** A minute later each time. */
const minutes = () => {
  let time = dayStart
  return () => {
    time += 60_000
    return time
  }
}

/** Shapes that a part of an answer may have instead of its own. */
const odd: ReadonlyArray<unknown> = [null, 7, "text", true, [], [1], {}, { total: "2 pages" }]

describe("An answer", () => {
  it.effect("of API-Football is read whatever shape its other parts have, and its errors count in every shape", () =>
    Effect.gen(function* () {
      let body: object = {}
      const feed = yield* apiFootball(() => json(body))
      const response = [apiFootballOf(match)]
      const next = minutes()
      for (const part of odd) {
        body = { errors: [], message: part, paging: part, parameters: part, results: part, response }
        assert.strictEqual(yield* polledAt(feed, next()), "1 shown", JSON.stringify(part))
      }
      for (const errors of ["too much", 7, ["no"], { token: "no" }, { bug: null }]) {
        body = { errors, response }
        assert.include(["refused", "unavailable"], yield* polledAt(feed, next()), JSON.stringify(errors))
      }
      for (const none of [null, 7, "text", {}, { a: 1 }]) {
        body = { errors: [], response: none }
        assert.strictEqual(yield* polledAt(feed, next()), "unavailable", JSON.stringify(none))
      }
    }).pipe(isolated)
  )

  it.effect("of SportMonks is read whatever shape its other parts have, and is no empty list without data", () =>
    Effect.gen(function* () {
      let body: unknown = {}
      const feed = yield* sportMonks(() => json(body))
      const next = minutes()
      for (const part of odd) {
        body = { data: [sportMonksOf(match)], rate_limit: part, subscription: part, retry_after: part, code: part }
        assert.strictEqual(yield* polledAt(feed, next()), "1 shown", JSON.stringify(part))
      }
      for (const none of [null, 7, "text", [], {}, { data: null }, { data: 7 }, { data: { a: 1 } }]) {
        body = none
        assert.strictEqual(yield* polledAt(feed, next()), "unavailable", JSON.stringify(none))
      }
      // What an include costs is known from its code, whatever stands beside it.
      let isFirst = true
      const without = yield* sportMonks(() => {
        if (!isFirst) return json({ data: [sportMonksOf(match)] })
        isFirst = false
        return json({ message: "Not with this plan", code: 5002, rate_limit: null }, 403)
      })
      assert.strictEqual(yield* polledAt(without, next()), "1 shown")
    }).pipe(isolated)
  )

  it.effect.each([
    { said: "120", waits: 120 },
    { said: " 5 ", waits: 5 },
    { said: new Date(dayStart + 240_000).toUTCString(), waits: 240 },
    { said: "86400", waits: 3600 },
    { said: "soon", waits: 60 },
    { said: "-5", waits: 60 },
    { said: undefined, waits: 60 }
  ])("of status 429 with Retry-After $said is waited for that long, and at most an hour", ({ said, waits }) =>
    Effect.gen(function* () {
      const limit = json({ message: "Too many" }, 429, said === undefined ? {} : { "retry-after": said })
      for (const kind of ["API-Football", "SportMonks"] as const) {
        let reply = limit
        const feed = kind === "SportMonks" ? yield* sportMonks(() => reply) : yield* apiFootball(() => reply)
        yield* TestClock.setTime(dayStart)
        assert.strictEqual(yield* polledAt(feed, dayStart), "paused")
        reply = kind === "SportMonks" ? json({ data: [] }) : json({ errors: [], response: [] })
        assert.strictEqual(yield* polledAt(feed, dayStart + 1000 * (waits - 1)), "paused")
        assert.strictEqual(yield* polledAt(feed, dayStart + 1000 * waits), "0 shown", kind)
      }
    }).pipe(isolated)
  )

  it("says how long to wait in seconds or by a date, and nothing else is taken for it", () => {
    const wait = (told?: string) => waitIn({ headers: told === undefined ? {} : { "retry-after": told } }, dayStart)
    assert.strictEqual(wait("30"), 30_000)
    assert.strictEqual(wait(new Date(dayStart + 90_000).toUTCString()), 90_000)
    assert.strictEqual(wait(new Date(dayStart - 90_000).toUTCString()), 0)
    assert.strictEqual(wait("9".repeat(400)), 3_600_000)
    for (const told of [undefined, "", "1e3", "-1", "1.5", "soon", "NaN"]) assert.isUndefined(wait(told), told)
  })

  it.effect("holds no key in what is told, in whichever refusal the provider repeats it, and says what to do", () =>
    Effect.gen(function* () {
      const bodies = [5000, 5002, 5003, 5005, 5007, 5010, undefined].flatMap((code) =>
        [200, 400, 401, 403, 404, 422, 500].map((status) => json({ message: `no ${token} no`, code }, status))
      )
      for (const reply of bodies) {
        const error = yield* Effect.flip((yield* sportMonks(() => reply)).poll)
        assert.notInclude(JSON.stringify(error), token)
      }
      const forbidden = yield* Effect.flip((yield* sportMonks(() => json({ message: "no" }, 403))).poll)
      assert.include(forbidden.message, "Check that the plan")
      for (const about of ["token", "access", "ip", "plan", "bug", "rateLimit", "other"]) {
        const feed = yield* apiFootball(() => json({ errors: { [about]: `no ${key} no` }, response: [] }))
        assert.notInclude(JSON.stringify(yield* Effect.flip(feed.poll)), key)
      }
      const told = JSON.stringify(yield* (yield* Logs).lines())
      assert.include(told, "polls go on without it")
      for (const secret of [token, key]) assert.notInclude(told, secret)
    }).pipe(isolated)
  )

  it("means the same where its numbers are written as text", () => {
    const asText = (value: unknown): unknown => {
      if (typeof value === "number") return String(value)
      if (Array.isArray(value)) return value.map(asText)
      return isPlain(value)
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asText(each)]))
        : value
    }
    const whole = {
      ...match,
      score: { home: 2, away: 1 },
      statistics: { shots: { home: 5, away: 3 }, possession: { home: 55, away: 45 } },
      odds: { draw: 3.2 }
    }
    const readers = [
      [sportMonksOf(whole), (value: unknown) => readSportMonks(value, { bookmaker: 2, clockBefore: () => undefined })],
      [apiFootballOf(whole, true), (value: unknown) => readApiFootball(value)]
    ] as const
    for (const [fixture, read] of readers) {
      const [numbers, texts] = [read(fixture), read(asText(fixture))]
      assert.deepStrictEqual(numbers?.read.score, { home: 2, away: 1 })
      assert.deepStrictEqual(texts, numbers)
    }
  })
})
