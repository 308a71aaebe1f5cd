/** What figures from before kick-off cost, and what they come to where the plan does not have all of them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { FeedMemory } from "../../../src/feed/FeedMemory.ts"
import type { MatchFeed } from "../../../src/feed/MatchFeed.ts"
import { fixtureOf } from "../../fixtures/apiFootballServer.ts"
import { eventually, turn } from "../../fixtures/eventually.ts"
import { apiFootballFeed } from "../../fixtures/liveFeed.ts"
import { Logs } from "../../fixtures/logs.ts"
import { dayStart } from "../../fixtures/matchDay.ts"
import { shown } from "../../fixtures/pipeline.ts"
import { type Asked, json, makeProviderServer } from "../../fixtures/providerServer.ts"

const minute = 60_000

const isolated = <A, E>(effect: Effect.Effect<A, E, Logs | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(Logs.layer))

const oddsOf = (id: string | null) => ({
  fixture: { id: Number(id) },
  bookmakers: [{ id: 8, bets: [{ id: 1, values: [{ value: "Draw", odd: "3" }] }] }]
})

/** Matches in play at an account of so many requests a day, of which these are left. */
const provider = (count: number, limit: number, left: number, answer: (asked: Asked) => object | undefined) => {
  let remaining = left
  return makeProviderServer((asked) => {
    if (asked.path === "status") {
      const requests = { current: limit - left, limit_day: limit }
      return json({ errors: [], response: { subscription: { plan: "Free" }, requests } })
    }
    remaining -= 1
    const headers = {
      "x-ratelimit-requests-limit": String(limit),
      "x-ratelimit-requests-remaining": String(remaining),
      "x-ratelimit-limit": "60000"
    }
    const all = Array.from({ length: count }, (_, index) => {
      const snapshot = shown({ id: String(index + 1), competition: "39", minute: 20 })
      const kickOff = new Date(dayStart - 20 * minute).toISOString()
      return fixtureOf({ ...snapshot, match: { ...snapshot.match, kickOff } }, true)
    })
    const rows = asked.path === "fixtures" ? all : asked.path === "odds" ? [oddsOf(asked.query.get("fixture"))] : []
    return json({ errors: [], paging: { total: 1 }, response: rows, ...answer(asked) }, 200, headers)
  })
}

type Server = Effect.Success<ReturnType<typeof makeProviderServer>>

/** Lets what is asked beside go on until nothing more is asked. */
const settled = Effect.fnUntraced(function* ({ asked, isIdle }: Server) {
  for (let quiet = 0; quiet < 2; ) {
    const before = asked.length
    yield* TestClock.adjust("100 millis")
    yield* eventually(Effect.andThen(turn, Effect.sync(isIdle)), (idle) => idle)
    quiet = asked.length === before ? quiet + 1 : 0
  }
})

/** Polls each in turn, a minute apart, and lets what is asked beside go on. */
const minutes = Effect.fnUntraced(function* (
  server: Server,
  feeds: ReadonlyArray<MatchFeed["Service"]>,
  from: number,
  count: number
) {
  const shownAt: Array<ReadonlyArray<{ readonly prematch?: unknown }>> = []
  for (let tick = 0; tick < count; tick++) {
    yield* TestClock.setTime(from + tick * minute)
    const feed = feeds[tick % feeds.length]
    const polled = yield* feed === undefined ? Effect.die("there is none") : Effect.result(feed.poll)
    if (Result.isSuccess(polled)) shownAt.push(polled.success)
    yield* settled(server)
  }
  return shownAt
})

describe("API-Football's figures from before kick-off", () => {
  it.effect("are prices where the plan refuses tables and teams, each of which is asked for once", () =>
    Effect.gen(function* () {
      const server = yield* provider(3, 900, 890, ({ query }) =>
        query.has("season") ? { errors: { plan: "Free plans do not have access to this season." } } : undefined
      )
      const polls = yield* minutes(server, [yield* apiFootballFeed(server.url)], dayStart, 20)
      assert.deepStrictEqual(
        polls.at(-1)?.map(({ prematch }) => prematch),
        [{ draw_odds: 3 }, { draw_odds: 3 }, { draw_odds: 3 }]
      )
      for (const path of ["standings", "teams/statistics"]) {
        assert.lengthOf(
          server.asked.filter((asked) => asked.path === path),
          1
        )
      }
    }).pipe(isolated)
  )

  it.effect("take their part of the day once, over all instances and starts", () =>
    Effect.gen(function* () {
      const server = yield* provider(40, 200, 190, () => undefined)
      const memory = Layer.succeedContext(yield* Layer.build(FeedMemory.layerMemory))
      for (let start = 0; start < 3; start++) {
        const feeds = [yield* apiFootballFeed(server.url, { memory }), yield* apiFootballFeed(server.url, { memory })]
        yield* minutes(server, feeds, dayStart + start * 20 * minute, 20)
      }
      const spent = server.asked.filter(({ path }) => !["fixtures", "status"].includes(path)).length
      assert.isAbove(spent, 10)
      // A match that has begun to be asked for is asked for to its end.
      assert.isAtMost(spent, 24)
    }).pipe(isolated)
  )

  it.effect("hold nothing back from polls late in the day", () =>
    Effect.gen(function* () {
      const evening = dayStart + 90 * minute
      for (const [limit, left] of [
        [100, 11],
        [7500, 1500]
      ] as const) {
        const server = yield* provider(1, limit, left, ({ query }) =>
          query.has("ids") && limit === 100 ? { errors: { plan: "no Ids" } } : undefined
        )
        const polls = yield* minutes(server, [yield* apiFootballFeed(server.url)], evening, 60)
        assert.isAbove(polls.length, limit === 100 ? 1 : 30)
      }
    }).pipe(isolated)
  )

  it.effect("that meet a limit have the polls wait for it too", () =>
    Effect.gen(function* () {
      const server = yield* provider(5, 7500, 7400, ({ path }) =>
        path === "odds" ? { errors: { rateLimit: "Too many requests." } } : undefined
      )
      const feed = yield* apiFootballFeed(server.url)
      yield* minutes(server, [feed], dayStart, 1)
      const error = yield* Effect.flip(feed.poll)
      assert.strictEqual(error.reason, "paused")
      assert.include(error.message, "requests a minute")
      assert.lengthOf(
        server.asked.filter(({ path }) => path === "odds"),
        1
      )
    }).pipe(isolated)
  )
})
