/**
 * The live service gives the verdicts that a backtest gives: recorded matches go through the whole pipeline, shared by two
 * instances on Redis of which one is started again in the middle. Half of the matches are not seen
 * whole, and in others goals are taken back.
 */
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Ref, Result, Scope } from "effect"
import { RateLimiter } from "effect/persistence"
import { AlertChannel } from "../../src/alert/AlertChannel.ts"
import { makeBacktest } from "../../src/backtest/backtestMatch.ts"
import { recordingOf } from "../../src/backtest/Recording.ts"
import { Database } from "../../src/database/Database.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { Dedup } from "../../src/dedup/Dedup.ts"
import type { Score } from "../../src/domain/Snapshot.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { readMatch } from "../../src/feed/recorded/Wyscout.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import { Outcomes } from "../../src/outcome/Outcomes.ts"
import { layerRedisQueue } from "../../src/queue/RedisQueue.ts"
import { layerTicker } from "../../src/scan/Ticker.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { watchedOf } from "../../src/strategies/Watched.ts"
import { pipeline } from "../../src/Touchline.ts"
import { condition, randomMatch } from "../backtest/recordings.ts"
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

/** Whether the feed shows a match at a poll: every fourth is joined in play, and another fourth is lost now and then. */
const isShown = (id: number, poll: number): boolean => {
  const next = seeded(`seen ${id}`)
  if (id % 4 === 1) return poll >= 5 + 60 * next()
  const gaps = Array.from({ length: 3 }, () => [90 * next(), 20 * next()] as const)
  return id % 4 !== 2 || gaps.every(([from, length]) => poll < from || poll > from + length)
}

/** A frame as it is shown at a poll: every fourth match has goals that are taken back some minutes later. */
const shownAs = <A extends { readonly score: Score }>(id: number, poll: number, frame: A): A => {
  const next = seeded(`taken back ${id}`)
  const goals = Array.from({ length: 3 }, () => [Math.floor(90 * next()), 1 + Math.floor(6 * next())] as const)
  const taken = id % 4 === 3 ? goals.filter(([from, length]) => poll >= from && poll < from + length).length : 0
  return taken === 0 ? frame : { ...frame, score: { ...frame.score, home: frame.score.home + taken } }
}

/** What is shown of each match, poll by poll: at the end its last frame, three times. */
const shown = matches.map((match) => {
  const read = Result.getOrThrow(readMatch(wyscoutFile(match), `${match.id}`))
  const last = read.frames.length - 1
  const polls = Array.from({ length: read.frames.length + 2 }, (_, poll) => {
    const frame = read.frames[Math.min(poll, last)]
    const isSeen = frame !== undefined && (poll >= last || isShown(match.id, poll))
    return isSeen ? shownAs(match.id, poll, frame) : undefined
  })
  return { match: read, polls }
})

/** The same as it was recorded, a minute a poll. */
const recordings = shown.map(({ match, polls }) => {
  const recorded = polls.flatMap((frame, poll) => (frame === undefined ? [] : [{ frame, at: 60_000 * poll }]))
  return Result.getOrThrow(
    recordingOf({ ...match, frames: recorded.map(({ frame }) => frame), at: recorded.map(({ at }) => at) })
  )
})

/** All matches kicked off together, a minute a poll, whichever instance polls. */
const makeFeed = Effect.gen(function* () {
  const polls = yield* Ref.make(0)
  const pollsInAll = Math.max(...shown.map((each) => each.polls.length))
  const shownAt = (poll: number) => shown.flatMap((each) => each.polls[poll] ?? [])
  return {
    polls: Ref.get(polls),
    pollsInAll,
    layer: Layer.succeed(MatchFeed, {
      name: "recorded",
      poll: Effect.map(
        Ref.getAndUpdate(polls, (before) => before + 1),
        shownAt
      ),
      // The end of a match is known once it was played.
      finished: (ids) =>
        Effect.map(Ref.get(polls), (poll) =>
          shown.flatMap((each) => {
            const last = each.polls.at(-1)
            return last !== undefined && poll >= each.polls.length && ids.includes(`${last.match.id}`) ? [last] : []
          })
        )
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
    "select strategy_id, match_id, verdict, verdict_minute as minute, verdict_reason as reason, expectation is not null as expects from triggers"
  )) as ReadonlyArray<{
    strategy_id: string
    match_id: string
    verdict: string | null
    minute: number | null
    reason: string | null
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
      const expected = recordings.flatMap((recording) => {
        const { matchId, triggers } = backtest(recording)
        return triggers.map(
          ({ decidedAt, result, strategyId }) =>
            [`${strategyId} on ${matchId}`, result, decidedAt?.minute ?? null] as const
        )
      })
      const found = new Map(
        live.map(({ match_id, minute, reason, strategy_id, verdict }) => {
          const result = asBacktested(verdict)
          // What is open again keeps the minute of what was taken back.
          return [`${strategy_id} on ${match_id}`, { result, at: result === "undecided" ? null : minute, reason }]
        })
      )
      expect(expected.length).toBeGreaterThan(1000)
      expect(found.size).toBe(expected.length)
      expect(
        expected.flatMap(([pair, result, minute]) => {
          const told = found.get(pair)
          return told?.result === result && told.at === minute ? [] : [{ pair, result, minute, told }]
        })
      ).toEqual([])
      expect(new Set(live.map(({ expects, verdict }) => (expects ? verdict : "none")))).toEqual(
        new Set(["hit", "miss", "void", "none"])
      )
      expect(live.filter(({ reason }) => reason === "it depends on minutes that were not seen").length).toBeGreaterThan(
        10
      )
    })
  )
})
