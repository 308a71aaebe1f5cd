import { assert, describe, expect, it, layer } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer, Metric } from "effect"
import { TestClock } from "effect/testing"
import { Dedup } from "../../src/dedup/Dedup.ts"
import { degradedBatches, layerRedisDedup } from "../../src/dedup/RedisDedup.ts"
import { dedupKey, type Pair } from "../../src/domain/Trigger.ts"
import { Redis } from "../../src/redis/Redis.ts"
import { dedupContract } from "../contracts/dedupContract.ts"
import { eventually, whileTimePasses } from "../fixtures/eventually.ts"
import { Logs } from "../fixtures/logs.ts"
import { unused } from "../fixtures/pipeline.ts"
import {
  memoryRedis,
  onRealRedis,
  passOnRedis,
  rawClient,
  redisOnServer,
  redisServers,
  type Wire,
  wireToServer
} from "../fixtures/redis.ts"
import { hasRedisServer } from "../fixtures/redisServer.ts"

const ttl = Duration.hours(2)
const timeout = Duration.millis(250)
const layerDedup = (options: { readonly ttl: Duration.Duration }) => layerRedisDedup({ timeout, ...options })

for (const { server, where } of redisServers) {
  const on = <E>(dedup: Layer.Layer<Dedup, E, Redis>) =>
    dedup.pipe(Layer.provide(redisOnServer), Layer.provideMerge(server))
  dedupContract(`Dedup on ${where}`, { layer: (options) => on(layerDedup(options)), pass: passOnRedis })
}
if (!hasRedisServer) describe.skip(onRealRedis("Dedup on a real Redis"), () => it("is a Dedup", () => undefined))

const newPairs = (count: number): ReadonlyArray<Pair> =>
  Array.from({ length: count }, () => ({ strategyId: "1", matchId: `match-${unused()}` }))

/** Dedup behind a wire. */
const behindWire = Effect.gen(function* () {
  const wire = yield* wireToServer
  const dedup = yield* Layer.build(
    Layer.fresh(layerDedup({ ttl })).pipe(Layer.provide(Layer.fresh(Redis.layer(wire.settings))))
  )
  return { wire, dedup: Context.get(dedup, Dedup) }
})

/** How many round trips the effect makes. */
const roundTripsOf = <A, E, R>(wire: Wire, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = wire.roundTrips()
    yield* effect
    return wire.roundTrips() - before
  })

const degraded = Effect.map(Metric.value(degradedBatches), ({ count }) => Number(count))

layer(memoryRedis.pipe(Layer.provideMerge(Logs.layer)))("Dedup on Redis", (it) => {
  it.effect("says where it remembers, and for how long", () =>
    Effect.gen(function* () {
      const { dedup, wire } = yield* behindWire
      assert.strictEqual(dedup.name, `Redis at 127.0.0.1:${wire.settings.port}, for 2h`)
    })
  )

  it.effect("keeps each pair under the key that deployments know, for the time to live", () =>
    Effect.gen(function* () {
      const { dedup } = yield* behindWire
      const raw = yield* rawClient
      yield* dedup.remember([{ strategyId: "7", matchId: "m1" }])
      const left = yield* Effect.promise(() => raw.ttl("dedup:7:m1"))
      expect(left).toBeGreaterThan(7190)
      expect(left).toBeLessThanOrEqual(7200)
    })
  )

  it.effect("knows what another deployment remembered, whatever it wrote", () =>
    Effect.gen(function* () {
      const { dedup } = yield* behindWire
      const raw = yield* rawClient
      const batch = newPairs(2)
      yield* Effect.promise(() => raw.set(batch.map(dedupKey)[0] ?? "", ""))
      assert.deepStrictEqual(yield* dedup.unknown(batch), batch.slice(1))
    })
  )

  it.effect("asks for a batch in one round trip, and remembers it in one", () =>
    Effect.gen(function* () {
      const { dedup, wire } = yield* behindWire
      const batch = newPairs(1000)
      assert.strictEqual(yield* roundTripsOf(wire, dedup.unknown(batch)), 1)
      assert.strictEqual(yield* roundTripsOf(wire, dedup.remember(batch)), 1)
    })
  )

  it.effect("asks Redis nothing about no pairs", () =>
    Effect.gen(function* () {
      const { dedup, wire } = yield* behindWire
      assert.strictEqual(yield* roundTripsOf(wire, dedup.unknown([])), 0)
      assert.strictEqual(yield* roundTripsOf(wire, dedup.remember([])), 0)
    })
  )

  it.effect("answers for a batch larger than one command takes", () =>
    Effect.gen(function* () {
      const { dedup } = yield* behindWire
      const raw = yield* rawClient
      const batch = newPairs(20_001)
      const there = batch.filter((_, index) => index % 4000 === 0)
      yield* Effect.promise(() => raw.mset(there.flatMap((pair) => [dedupKey(pair), "1"])))
      assert.deepStrictEqual(
        yield* dedup.unknown(batch),
        batch.filter((_, index) => index % 4000 !== 0)
      )
    })
  )
})

describe("While Redis is away, dedup on it", () => {
  const down = Effect.gen(function* () {
    const all = yield* behindWire
    const known = newPairs(2)
    yield* all.dedup.remember(known)
    const before = yield* degraded
    return { ...all, known, counted: Effect.map(degraded, (now) => now - before) }
  })
  const begins = "Redis does not answer dedup; the database decides alone"
  const ends = "Redis answers dedup again"
  /** With a Redis of its own, which ends after what is connected to it. */
  const isolated = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provide(Effect.scoped(effect), Layer.merge(memoryRedis, Logs.layer))

  it.effect("takes all pairs for unknown, and fails nothing", () =>
    Effect.gen(function* () {
      const { dedup, known, wire } = yield* down
      yield* wire.cut
      const others = newPairs(3)
      yield* dedup.remember(others)
      assert.deepStrictEqual(yield* dedup.unknown([...known, ...others]), [...known, ...others])
    }).pipe(isolated)
  )

  it.effect("says so once, counts each batch, notices by itself that Redis is back, and says that", () =>
    Effect.gen(function* () {
      const { counted, dedup, wire } = yield* down
      const { lines } = yield* Logs
      yield* wire.cut
      yield* dedup.unknown(newPairs(3))
      yield* dedup.remember(newPairs(3))
      yield* dedup.unknown(newPairs(3))
      assert.strictEqual(yield* counted, 3)
      expect(yield* lines(begins)).toMatchObject([
        { level: "WARN", fields: { redis: `127.0.0.1:${wire.settings.port}`, reason: expect.any(String) } }
      ])
      assert.deepStrictEqual(yield* lines(ends), [])

      yield* wire.mend
      yield* eventually(Effect.andThen(dedup.unknown(newPairs(1)), lines(ends)), (seen) => seen.length > 0)
      yield* dedup.unknown(newPairs(1))
      expect(yield* lines(ends)).toMatchObject([{ level: "INFO", fields: { seconds: 0 } }])

      yield* wire.cut
      yield* dedup.unknown(newPairs(1))
      assert.strictEqual((yield* lines(begins)).length, 2)
    }).pipe(isolated)
  )

  it.effect("waits for a Redis that owes its answer no longer than it may", () =>
    Effect.gen(function* () {
      const { dedup, wire } = yield* down
      const { lines } = yield* Logs
      yield* wire.stall
      const batch = newPairs(3)
      const asking = yield* Effect.forkChild(dedup.unknown(batch), { startImmediately: true })
      yield* TestClock.adjust(Duration.subtract(timeout, Duration.millis(1)))
      assert.strictEqual(asking.pollUnsafe(), undefined)
      yield* TestClock.adjust(Duration.millis(1))
      assert.deepStrictEqual(yield* Fiber.join(asking), batch)
      expect(yield* lines(begins)).toMatchObject([{ fields: { reason: "no answer within 250ms" } }])

      const remembering = yield* Effect.forkChild(dedup.remember(batch))
      yield* whileTimePasses(remembering)

      yield* wire.flow
      yield* eventually(Effect.andThen(dedup.unknown(newPairs(1)), lines(ends)), (seen) => seen.length > 0)
    }).pipe(isolated)
  )
})

describe.skipIf(!hasRedisServer)(onRealRedis("Dedup on a real Redis that refuses"), () => {
  it.effect("to write lets the scan go on", () =>
    Effect.gen(function* () {
      const dedup = yield* Dedup
      const raw = yield* rawClient
      yield* Effect.promise(() => raw.config("SET", "maxmemory", "1"))
      const batch = newPairs(2)
      yield* dedup.remember(batch)
      const { lines } = yield* Logs
      const [line] = yield* lines("Redis does not answer dedup; the database decides alone")
      expect(line?.fields.reason).toContain("OOM")
    }).pipe(
      Effect.provide(
        layerDedup({ ttl }).pipe(
          Layer.provide(redisOnServer),
          Layer.provideMerge(redisServers[1]?.server ?? memoryRedis),
          Layer.provideMerge(Logs.layer)
        )
      )
    )
  )
})
