import { assert, describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Option, Queue } from "effect"
import { TestClock } from "effect/testing"
import { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { layerRedisQueue } from "../../src/queue/RedisQueue.ts"
import { type Observation, Scanner } from "../../src/scan/Scanner.ts"
import { layerTicker } from "../../src/scan/Ticker.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { makeWatchedSet } from "../../src/strategies/Watched.ts"
import { closedInTime, eventually, turn } from "../fixtures/eventually.ts"
import { Logs } from "../fixtures/logs.ts"
import { snapshotOf } from "../fixtures/pipeline.ts"
import { memoryRedis, redisOnServer } from "../fixtures/redis.ts"

const snapshots = Array.from({ length: 25 }, (_, index) => snapshotOf({ id: `${index}` }))

interface Judged {
  readonly by: string
  readonly matches: number
}

const report = {
  scans: 1,
  snapshots: 0,
  dropped: 0,
  partsLeftOut: 0,
  held: 0,
  duplicates: 0,
  triggers: 0,
  heldBack: 0,
  failures: 0,
  elapsed: 0
}

/** A process that scans on the Redis of the test, and tells what it judges. */
const instance = Effect.fnUntraced(function* (
  by: string,
  judged: Queue.Queue<Judged>,
  set?: string,
  judging: (matches: number) => Effect.Effect<void> = () => turn
) {
  const scanner = Layer.mock(Scanner, {
    observe: Effect.succeed({ snapshots }),
    judge: ({ snapshots: matches }: Observation) =>
      judging(matches.length).pipe(
        Effect.andThen(Queue.offer(judged, { by, matches: matches.length })),
        Effect.as(report)
      )
  })
  const strategies = Layer.succeed(Strategies, { name: by, set, watched: Effect.succeed(makeWatchedSet().now()) })
  const backend = layerRedisQueue.pipe(Layer.provide(redisOnServer))
  const ticker = layerTicker({ interval: Duration.millis(100), shardSize: 10 })
  const running = Layer.provideMerge(ticker, Layer.mergeAll(scanner, strategies, backend))
  return Context.get(yield* Layer.build(Layer.fresh(running)), QueueBackend)
})

/** Looks at what is judged, one after the other, until it holds. Dies when nothing comes, or so much without it. */
const untilJudged = Effect.fnUntraced(function* (judged: Queue.Queue<Judged>, holds: (seen: Judged) => boolean) {
  for (let looks = 0; looks < 100; looks++) {
    const next = yield* eventually(Queue.poll(judged), Option.isSome)
    if (holds(Option.getOrThrow(next))) return
  }
  assert.fail(`100 were judged, and none for which ${holds}`)
})

const isolated = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provide(closedInTime(effect), Layer.merge(memoryRedis, Logs.layer))

describe("A tick", () => {
  it.effect("is judged whole by a process that has nobody to share it with", () =>
    Effect.gen(function* () {
      const judged = yield* Queue.unbounded<Judged>()
      yield* instance("alone", judged)
      expect(yield* Queue.takeN(judged, 3)).toEqual(Array.from({ length: 3 }, () => ({ by: "alone", matches: 25 })))
    }).pipe(isolated)
  )

  it.effect("is spread in shards over the processes that are there to share it", () =>
    Effect.gen(function* () {
      const judged = yield* Queue.unbounded<Judged>()
      yield* instance("first", judged)
      yield* instance("second", judged)
      // The first hears of the second.
      yield* TestClock.adjust("1 second")
      yield* untilJudged(judged, ({ matches }) => matches === 10)
      const workers = new Set<string>()
      yield* untilJudged(judged, ({ by, matches }) => {
        assert.include([10, 5], matches)
        return workers.add(by).size === 2
      })
    }).pipe(isolated)
  )

  it.effect("is judged in all its shards though one of an earlier tick broke", () =>
    Effect.gen(function* () {
      const judged = yield* Queue.unbounded<Judged>()
      let broken = 0
      const judging = (matches: number) => {
        if (matches !== 5 || broken > 0) return turn
        broken += 1
        return Effect.die(new Error("a bug"))
      }
      yield* instance("first", judged, undefined, judging)
      yield* instance("second", judged, undefined, judging)
      yield* TestClock.adjust("1 second")
      let shards = 0
      yield* untilJudged(judged, ({ matches }) => {
        if (matches === 10) shards += 1
        assert.isBelow(shards, 20)
        return matches === 5
      })
      assert.strictEqual(broken, 1)
    }).pipe(isolated)
  )

  it.effect("is another's business where another set of strategies is watched: each judges its own, whole", () =>
    Effect.gen(function* () {
      const judged = yield* Queue.unbounded<Judged>()
      const { passing } = yield* instance("database", judged)
      yield* instance("directory", judged, "abc")
      yield* TestClock.adjust("1 second")
      const ticks = new Map<string, number>()
      yield* untilJudged(judged, ({ by, matches }) => {
        assert.strictEqual(matches, 25)
        ticks.set(by, (ticks.get(by) ?? 0) + 1)
        return ticks.size === 2 && Math.min(...ticks.values()) > 2
      })
      expect(yield* passing).toEqual(["scan-shard-abc", "scan-tick-abc"])
    }).pipe(isolated)
  )
})
