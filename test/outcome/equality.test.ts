/**
 * The live service gives the verdicts that a backtest gives: recorded matches go through the whole pipeline, shared by two
 * instances on Redis of which one is started again in the middle.
 */
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Ref, Result, Scope } from "effect"
import { RateLimiter } from "effect/persistence"
import { AlertChannel } from "../../src/alert/AlertChannel.ts"
import { makeBacktest } from "../../src/backtest/backtestMatch.ts"
import { Database } from "../../src/database/Database.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { Dedup } from "../../src/dedup/Dedup.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { readMatch } from "../../src/feed/recorded/Wyscout.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import { Outcomes } from "../../src/outcome/Outcomes.ts"
import { layerRedisQueue } from "../../src/queue/RedisQueue.ts"
import { layerTicker } from "../../src/scan/Ticker.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { watchedOf } from "../../src/strategies/Watched.ts"
import { pipeline } from "../../src/Touchline.ts"
import { condition, randomMatch, recordingFrom } from "../backtest/recordings.ts"
import { Sql } from "../contracts/Sql.ts"
import { eventually } from "../fixtures/eventually.ts"
import { quiet } from "../fixtures/logs.ts"
import { newStrategy } from "../fixtures/pipeline.ts"
import { memoryRedis, RedisServer, realRedis, redisOnServer } from "../fixtures/redis.ts"
import { hasRedisServer } from "../fixtures/redisServer.ts"
import { type FixtureMatch, wyscoutFile } from "../fixtures/wyscout.ts"
import { generatedStrategies } from "./generatedStrategies.ts"

/** Every tenth match has a first half of extra time and no second: what is expected there is never decided. */
const matches: ReadonlyArray<FixtureMatch> = Array.from({ length: 40 }, (_, index) => ({
  ...randomMatch(`equal ${index}`),
  ...(index % 10 === 0 ? { played: { "1H": 46, "2H": 47, E1: 16 } } : {}),
  id: index + 1
}))

const strategies: ReadonlyArray<Strategy> = [
  ...generatedStrategies("equal", 60),
  { name: "In extra time", when: ["minute >= 91"], expect: "total goals since trigger >= 1" }
].map(({ expect: expected, name, when: [first, ...rest] }) =>
  newStrategy({
    name,
    when: [condition(first ?? "minute >= 1"), ...rest.map(condition)],
    ...(expected === undefined ? {} : { expect: condition(expected) })
  })
)

/** All matches kicked off together, a minute a poll, whichever instance polls; then their ends for a while. */
const makeFeed = Effect.gen(function* () {
  const frames = matches.map((match) => Result.getOrThrow(readMatch(wyscoutFile(match), `${match.id}`)).frames)
  const polls = yield* Ref.make(0)
  const pollsInAll = Math.max(...frames.map(({ length }) => length)) + 2
  const shownAt = (poll: number) =>
    frames.flatMap((each) => {
      const frame = poll < each.length + 2 ? each[Math.min(poll, each.length - 1)] : undefined
      return frame === undefined ? [] : [frame]
    })
  return {
    polls: Ref.get(polls),
    pollsInAll,
    layer: Layer.succeed(MatchFeed, {
      name: "recorded",
      poll: Effect.map(
        Ref.getAndUpdate(polls, (before) => before + 1),
        shownAt
      ),
      finished: (ids) =>
        Effect.succeed(frames.flatMap((each) => each.slice(-1)).filter(({ match }) => ids.includes(`${match.id}`)))
    })
  }
})

const silent = Layer.succeed(AlertChannel, {
  name: "silent",
  send: () => Effect.succeed({ channel: "silent", text: "" })
})

/** An instance that is at work until its scope closes. */
const instance = Effect.fnUntraced(function* (feed: Layer.Layer<MatchFeed>) {
  const [database, redis] = [yield* Database, yield* RedisServer]
  const parts = {
    feed,
    channel: silent,
    dedup: Dedup.layerMemory({ ttl: Duration.hours(2) }),
    database: Layer.succeed(Database, database),
    queue: layerRedisQueue.pipe(
      Layer.provide(redisOnServer),
      Layer.provide(Layer.succeed(RedisServer, redis)),
      Layer.orDie
    ),
    history: MatchHistory.layerShared,
    limits: Layer.provide(RateLimiter.layer, RateLimiter.layerStoreMemory),
    strategies: Layer.succeed(Strategies, {
      name: "generated",
      set: undefined,
      watched: Effect.succeed(watchedOf(strategies))
    })
  }
  const working = layerTicker({ interval: Duration.millis(60), shardSize: 12 }).pipe(
    Layer.provideMerge(pipeline(parts, { settleAfter: Duration.zero, results: "off" })),
    Layer.provide(NodeServices.layer)
  )
  return Context.get(yield* Layer.build(Layer.fresh(working)), Outcomes)
})

/** The same as a program: its end ends the instance. */
const started = Effect.fnUntraced(function* (feed: Layer.Layer<MatchFeed>) {
  const scope = yield* Scope.make()
  const outcomes = yield* Scope.provide(instance(feed), scope)
  return { outcomes, scope }
})

const played = Effect.gen(function* () {
  yield* (yield* StrategyStore).save(strategies)
  const feed = yield* makeFeed
  const first = yield* started(feed.layer)
  const second = yield* started(feed.layer)
  yield* eventually(feed.polls, (polls) => polls > feed.pollsInAll / 2)
  yield* Scope.close(first.scope, yield* Effect.exit(Effect.void))
  const third = yield* started(feed.layer)
  yield* eventually(feed.polls, (polls) => polls > feed.pollsInAll)
  for (const { outcomes, scope } of [second, third]) {
    yield* outcomes.drain
    yield* Scope.close(scope, yield* Effect.exit(Effect.void))
  }
  const { run } = yield* Sql
  const rows = (yield* run(
    "select strategy_id, match_id, verdict, verdict_minute as minute, expectation is not null as expects from triggers"
  )) as ReadonlyArray<{
    strategy_id: string
    match_id: string
    verdict: string | null
    minute: number | null
    expects: boolean
  }>
  return rows
}).pipe(
  Effect.provide(
    Layer.mergeAll(StrategyStore.layer, Sql.layerEmbedded).pipe(
      Layer.provideMerge(layerEmbedded),
      Layer.provideMerge(EmbeddedPostgres.layer()),
      Layer.provideMerge(Layer.mergeAll(NodeServices.layer, hasRedisServer ? realRedis() : memoryRedis, quiet))
    )
  )
)

/** One text for what was found of each pair: void, open and nothing expected are one for a backtest. */
const asBacktested = (verdict: string | null): string =>
  verdict === "hit" || verdict === "miss" ? verdict : "undecided"

describe("The live service and a backtest of the same matches", () => {
  it.live("give the same verdicts, at the same minutes, whatever instance saw what", () =>
    Effect.gen(function* () {
      const live = yield* played
      const backtest = makeBacktest(strategies)
      const expected = matches.flatMap((match) => {
        const { matchId, triggers } = backtest(recordingFrom(match))
        return triggers.map(
          ({ decidedAt, result, strategyId }) =>
            [`${strategyId} on ${matchId}`, result, decidedAt?.minute ?? null] as const
        )
      })
      const found = new Map(
        live.map(({ match_id, minute, strategy_id, verdict }) => [
          `${strategy_id} on ${match_id}`,
          // What is open again keeps the minute of what was taken back.
          [asBacktested(verdict), asBacktested(verdict) === "undecided" ? null : minute] as const
        ])
      )
      expect(expected.length).toBeGreaterThan(1000)
      expect(found.size).toBe(expected.length)
      expect(
        expected.filter(([pair, result, minute]) => {
          const [verdict, at] = found.get(pair) ?? []
          return verdict !== result || at !== minute
        })
      ).toEqual([])
      expect(new Set(live.map(({ expects, verdict }) => (expects ? verdict : "none")))).toEqual(
        new Set(["hit", "miss", "void", "none"])
      )
    })
  )
})
