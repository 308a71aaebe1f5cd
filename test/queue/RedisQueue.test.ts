import { inspect } from "node:util"
import { assert, describe, expect, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Layer, Option, Redacted, Scope } from "effect"
import { TestClock } from "effect/testing"
import { QueueBackend, QueueError } from "../../src/queue/QueueBackend.ts"
import { layerRedisQueue } from "../../src/queue/RedisQueue.ts"
import { Redis, RedisError } from "../../src/redis/Redis.ts"
import type { RedisSettings } from "../../src/redis/settings.ts"
import { queueContract } from "../contracts/queueContract.ts"
import { eventually } from "../fixtures/eventually.ts"
import { Logs, quiet } from "../fixtures/logs.ts"
import { openQueue, payload } from "../fixtures/queue.ts"
import {
  memoryRedis,
  onRealRedis,
  RedisServer,
  rawClient,
  realRedis,
  redisOnServer,
  redisServers,
  redisSettings,
  wireToServer
} from "../fixtures/redis.ts"
import { hasRedisServer } from "../fixtures/redisServer.ts"

for (const { server, where } of redisServers) {
  queueContract(
    where,
    layerRedisQueue.pipe(Layer.provide(redisOnServer), Layer.provide(server), Layer.provideMerge(quiet))
  )
}
if (!hasRedisServer) describe.skip(onRealRedis("On a real Redis,"), () => it("a queue", () => undefined))

const layerOn = (settings: RedisSettings) =>
  Layer.fresh(layerRedisQueue.pipe(Layer.provide(Layer.fresh(Redis.layer(settings)))))

/** The backend behind a wire. */
const behindWire = Effect.gen(function* () {
  const wire = yield* wireToServer
  const backend = Context.get(yield* Layer.build(layerOn(wire.settings)), QueueBackend)
  return { wire, backend }
})

/** With a Redis of its own, which ends after what is connected to it. */
const isolated = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provide(Effect.scoped(effect), Layer.merge(memoryRedis, Logs.layer))

/** How long the effect takes by the clock on the wall. */
const elapsed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const started = performance.now()
    yield* effect
    return performance.now() - started
  })

describe("The queue on Redis", () => {
  it.effect("says where it is, and that others may share it", () =>
    Effect.gen(function* () {
      const { backend, wire } = yield* behindWire
      assert.strictEqual(backend.name, `BullMQ on Redis at 127.0.0.1:${wire.settings.port}`)
      assert.isFalse(backend.exclusive)
    }).pipe(isolated)
  )

  it.effect("does not start without Redis, and says how to start that", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(layerOn(redisSettings(1))))
      assert.instanceOf(error, RedisError)
      expect(error.message).toContain("Redis at 127.0.0.1:1 cannot be reached")
      expect(error.message).toContain("docker run")
    })
  )

  it.effect("shares its jobs with every process", () =>
    Effect.gen(function* () {
      const { backend: here } = yield* behindWire
      const { backend: there } = yield* behindWire
      const worked = yield* Deferred.make<string>()
      const { queue } = yield* Effect.provideService(openQueue({ name: "shared" }), QueueBackend, here)
      const { queue: other } = yield* Effect.provideService(openQueue({ name: "shared" }), QueueBackend, there)
      yield* other.work(({ id }) => Effect.asVoid(Deferred.succeed(worked, id)), { concurrency: 1 })
      yield* queue.offer([{ id: "a", payload }])
      assert.strictEqual(yield* Deferred.await(worked), "a")
    }).pipe(isolated)
  )
})

describe("While Redis is away, the queue on it", () => {
  const begins = "the queue reports an error"
  const ends = "the queue is well again"

  it.effect("takes no job and says so at once; logs that once; and goes on when Redis is back", () =>
    Effect.gen(function* () {
      const { backend, wire } = yield* behindWire
      const { queue } = yield* Effect.provideService(openQueue(), QueueBackend, backend)
      const { lines } = yield* Logs
      const worked = yield* Deferred.make<string>()
      yield* queue.work(({ id }) => Effect.asVoid(Deferred.succeed(worked, id)), { concurrency: 1 })
      yield* wire.cut
      const offer = queue.offer([{ id: "a", payload }])
      const took = yield* elapsed(
        Effect.map(Effect.flip(offer), (error) => {
          assert.instanceOf(error, QueueError)
          expect(error).toMatchObject({ queue: queue.name, operation: "add jobs" })
        })
      )
      expect(took).toBeLessThan(1000)
      yield* eventually(lines(begins), (seen) => seen.length > 0)
      // Time for many attempts to connect, of three connections.
      yield* TestClock.withLive(Effect.sleep("700 millis"))
      expect(yield* lines(begins)).toMatchObject([
        { level: "WARN", fields: { queue: queue.name, redis: `127.0.0.1:${wire.settings.port}` } }
      ])

      yield* wire.mend
      yield* eventually(Effect.exit(offer), Exit.isSuccess)
      assert.strictEqual(yield* Deferred.await(worked), "a")
      expect(yield* lines(ends)).toMatchObject([{ level: "INFO", fields: { queue: queue.name } }])
    }).pipe(isolated)
  )

  const beginJobs = Effect.fnUntraced(function* (kind: "cut" | "stall") {
    const { wire } = yield* behindWire
    const scope = yield* Scope.make()
    const backend = Context.get(yield* Layer.buildWithScope(layerOn(wire.settings), scope), QueueBackend)
    const queues = yield* Effect.forEach(["one", "two"], (name) =>
      Effect.provideService(openQueue({ name }), QueueBackend, backend).pipe(Scope.provide(scope))
    )
    const started = yield* Effect.forEach(queues, ({ queue }) =>
      Effect.gen(function* () {
        const begun = yield* Deferred.make<void>()
        yield* queue
          .work(() => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never), { concurrency: 2 })
          .pipe(Scope.provide(scope))
        yield* queue.offer([{ id: "a", payload }])
        return begun
      })
    )
    yield* Effect.forEach(started, Deferred.await)
    yield* wire[kind]
    return scope
  })

  describe.concurrent("closes within five seconds, jobs in flight or not,", () => {
    for (const kind of ["cut", "stall"] as const) {
      it.live(kind === "cut" ? "when Redis is gone" : "when Redis answers no more", ({ expect }) =>
        Effect.gen(function* () {
          const scope = yield* beginJobs(kind)
          expect(yield* elapsed(Scope.close(scope, Exit.void))).toBeLessThan(5000)
        }).pipe(isolated)
      )
    }
  })
})

describe.skipIf(!hasRedisServer)(onRealRedis("The queue on a real Redis that changes its password"), () => {
  it.effect("keeps ours out of what it logs and of its errors", () =>
    Effect.gen(function* () {
      const secret = "correct-horse-battery"
      const settings = { ...(yield* RedisServer), password: Option.some(Redacted.make(secret)) }
      const admin = yield* rawClient
      yield* Effect.promise(() => admin.config("SET", "requirepass", secret))
      const backend = Context.get(yield* Layer.build(layerOn(settings)), QueueBackend)
      const { queue } = yield* Effect.provideService(openQueue(), QueueBackend, backend)
      const { lines } = yield* Logs
      yield* Effect.promise(async () => {
        await admin.config("SET", "requirepass", "another")
        await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
      })
      const errors: Array<unknown> = []
      const offer = Effect.flip(queue.offer([{ id: "a", payload }])).pipe(
        Effect.tap((error) => Effect.sync(() => errors.push(error)))
      )
      yield* eventually(Effect.andThen(offer, lines("the queue reports an error")), (seen) => seen.length > 0)
      expect(inspect(yield* lines(), { depth: 10 })).toContain("WRONGPASS")
      for (const shown of [errors, yield* lines()]) {
        expect(inspect(shown, { depth: 10, showHidden: true })).not.toContain(secret)
      }
    }).pipe((effect) => Effect.provide(Effect.scoped(effect), Layer.merge(realRedis(), Logs.layer)))
  )
})
