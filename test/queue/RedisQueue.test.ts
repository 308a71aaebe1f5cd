import { inspect } from "node:util"
import { assert, describe, expect, it } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Exit, Layer, Option, Redacted, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Redis as Client } from "ioredis"
import { QueueBackend, QueueError } from "../../src/queue/QueueBackend.ts"
import { layerRedisQueue } from "../../src/queue/RedisQueue.ts"
import { Redis, RedisError } from "../../src/redis/Redis.ts"
import type { RedisSettings } from "../../src/redis/settings.ts"
import { queueContract } from "../contracts/queueContract.ts"
import { openTicks } from "../contracts/queueSchedule.ts"
import { eventually, heard } from "../fixtures/eventually.ts"
import { faultProxy } from "../fixtures/faultProxy.ts"
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
import { hasRedisServer, startRedisServer } from "../fixtures/redisServer.ts"

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

describe("The queue on Redis", () => {
  it.effect("says where it is, and that others may share it", () =>
    Effect.gen(function* () {
      const { backend, wire } = yield* behindWire
      assert.strictEqual(backend.name, `BullMQ on Redis at 127.0.0.1:${wire.settings.port}`)
      assert.isFalse(backend.exclusive)
    }).pipe(isolated)
  )

  it.effect("works a job that processes have left again and again by dying: it is not failed for that", () =>
    Effect.gen(function* () {
      const [{ backend }, client] = [yield* behindWire, yield* rawClient]
      const { queue } = yield* Effect.provideService(openQueue({ name: "left" }), QueueBackend, backend)
      yield* queue.offer([{ id: "a", payload }])
      // As a process leaves it that dies in the middle of the job, for the eighth time.
      yield* Effect.promise(async () => {
        await client.lrem("bull:left:wait", 1, "a")
        await client.lpush("bull:left:active", "a")
        await client.sadd("bull:left:stalled", "a")
        await client.hset("bull:left:a", "stc", 7)
      })
      const worked = yield* Deferred.make<number>()
      yield* queue.work(({ attempt }) => Effect.asVoid(Deferred.succeed(worked, attempt)), {
        concurrency: 1,
        takeOver: "soon"
      })
      assert.strictEqual(yield* heard(worked), 1)
      yield* eventually(queue.counts, ({ active, failed, waiting }) => active + failed + waiting === 0)
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
      assert.strictEqual(yield* heard(worked), "a")
    }).pipe(isolated)
  )
})

describe("On a Redis that fails,", () => {
  /** A backend behind a proxy to this port. */
  const behindProxy = Effect.fnUntraced(function* (port: number) {
    const proxy = yield* faultProxy({ port })
    const backend = Context.get(yield* Layer.build(layerOn(redisSettings(proxy.port))), QueueBackend)
    return { proxy, on: Effect.provideService(QueueBackend, backend) }
  })

  /** Where nothing is in the way. */
  const direct = Effect.flatMap(RedisServer, ({ port }) => Effect.map(behindProxy(port), ({ on }) => on))

  describe.concurrent("a worker", () => {
    it.live("whose connections go silent, and are not closed, works on within seconds", ({ expect }) =>
      Effect.gen(function* () {
        const { on, proxy } = yield* behindProxy((yield* RedisServer).port)
        const worked = yield* Deferred.make<string>()
        const { queue } = yield* on(openQueue({ name: "silent" }))
        yield* on(queue.work(({ id }) => Effect.asVoid(Deferred.succeed(worked, id)), { concurrency: 1 }))
        yield* proxy.silence
        const { queue: other } = yield* Effect.flatMap(direct, (here) => here(openQueue({ name: "silent" })))
        yield* other.offer([{ id: "a", payload }])
        expect(yield* Deferred.await(worked)).toBe("a")
      }).pipe(isolated)
    )

    it.live("of ticks that is gone with one under way leaves it to another within seconds", ({ expect }) =>
      Effect.gen(function* () {
        const { on, proxy } = yield* behindProxy((yield* RedisServer).port)
        const [begun, worked] = [yield* Deferred.make<void>(), yield* Deferred.make<string>()]
        const { queue } = yield* on(openQueue({ name: "gone" }))
        yield* on(
          queue.work(() => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never), {
            concurrency: 1,
            takeOver: "soon"
          })
        )
        yield* queue.offer([{ id: "a", payload }])
        yield* Deferred.await(begun)
        yield* proxy.refuse
        const here = yield* direct
        const { queue: other } = yield* here(openQueue({ name: "gone" }))
        yield* here(
          other.work(({ id }) => Effect.asVoid(Deferred.succeed(worked, id)), { concurrency: 1, takeOver: "soon" })
        )
        expect(yield* Deferred.await(worked)).toBe("a")
      }).pipe(isolated)
    )
  })

  it.effect("and comes back empty, the schedule is there again, one tick at a time, and its loss is told once", () =>
    Effect.gen(function* () {
      const { on } = yield* behindProxy((yield* RedisServer).port)
      const raw = yield* rawClient
      const ticks = yield* openTicks({ name: "ticks" }).pipe(on)
      yield* ticks.queue.every(Duration.millis(20), payload)
      yield* ticks.tick
      yield* Effect.promise(() => raw.flushall())
      yield* eventually(ticks.queue.counts, ({ active, delayed, waiting }) => active + delayed + waiting === 0)
      yield* ticks.clear
      yield* ticks.untilTick
      assert.strictEqual(yield* Effect.promise(() => ticks.raw.getGlobalConcurrency()), 1)
      const { lines } = yield* Logs
      yield* eventually(
        Effect.andThen(TestClock.adjust("1 second"), lines("ticks come again")),
        ({ length }) => length > 0
      )
      expect(yield* lines("ticks have stopped coming: they are scheduled anew")).toMatchObject([
        { level: "ERROR", fields: { queue: "ticks", reason: expect.stringContaining("the schedule was lost") } }
      ])
    }).pipe(isolated)
  )

  it.effect("and loses the next tick but not the schedule, ticks come again", () =>
    Effect.gen(function* () {
      const { on } = yield* behindProxy((yield* RedisServer).port)
      const raw = yield* rawClient
      const ticks = yield* openTicks({ name: "ticks" }).pipe(on)
      yield* ticks.queue.every(Duration.seconds(1), payload)
      yield* ticks.tick
      yield* eventually(ticks.queue.counts, ({ delayed }) => delayed === 1)
      yield* Effect.promise(() => raw.del("bull:ticks:delayed"))
      yield* ticks.clear
      yield* eventually(
        Effect.andThen(
          TestClock.adjust("1 second"),
          Effect.promise(() => ticks.raw.getJobCounts("delayed"))
        ),
        ({ delayed }) => delayed === 1
      )
      yield* ticks.tick
    }).pipe(isolated)
  )
})

describe("Processes that share a queue on Redis", () => {
  const join = (queue: string, passing: ReadonlyArray<string> = []) =>
    Effect.flatMap(QueueBackend, (backend) => backend.join({ queue, passing }))

  for (const { server, where } of redisServers) {
    const here = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.provide(
        Effect.scoped(effect),
        Layer.fresh(layerRedisQueue.pipe(Layer.provide(redisOnServer), Layer.provideMerge(server), Layer.merge(quiet)))
      )

    it.effect(`know how many they are, and what all have done, on ${where}`, () =>
      Effect.gen(function* () {
        const first = yield* join("shared")
        expect(yield* first.beat(2)).toEqual({ processes: 1, done: 2 })
        yield* Effect.scoped(
          Effect.gen(function* () {
            const second = yield* join("shared")
            yield* join("another")
            expect(yield* second.beat(3)).toEqual({ processes: 2, done: 5 })
            expect(yield* first.beat(0)).toEqual({ processes: 2, done: 5 })
          })
        )
        expect(yield* first.beat(1)).toEqual({ processes: 1, done: 6 })
      }).pipe(here)
    )

    it.effect(`count one that has not told for long as gone, on ${where}`, () =>
      Effect.gen(function* () {
        const raw = yield* rawClient
        const first = yield* join("shared")
        yield* Effect.promise(() => raw.zadd("bull:shared:members", 1, "long gone"))
        expect(yield* first.beat(0)).toMatchObject({ processes: 1 })
        expect(yield* Effect.promise(() => raw.pttl("bull:shared:members"))).toBeGreaterThan(0)
      }).pipe(here)
    )

    it.effect(`remove passing queues of which nobody told for a day, and no others, on ${where}`, () =>
      Effect.gen(function* () {
        const raw = yield* rawClient
        const { passing } = yield* QueueBackend
        yield* join("shared", ["old-ticks", "new-ticks"])
        for (const name of ["old-ticks", "new-ticks"]) {
          const { queue } = yield* openQueue({ name })
          yield* queue.offer([{ id: "a", payload }])
        }
        expect(yield* passing).toEqual(["new-ticks", "old-ticks"])
        yield* Effect.promise(() => raw.zadd("bull:passing", 1, "old-ticks"))
        yield* join("shared", ["new-ticks"])
        expect(yield* passing).toEqual(["new-ticks"])
        expect((yield* Effect.promise(() => raw.keys("bull:*-ticks:a"))).sort()).toEqual(["bull:new-ticks:a"])
      }).pipe(here)
    )
  }
})

describe.skipIf(!hasRedisServer)(onRealRedis("When a real Redis fails over, the queue on it"), () => {
  it.live("goes on with the new primary, though the old one still answers", () =>
    Effect.gen(function* () {
      const { port } = yield* RedisServer
      const next = yield* Effect.acquireRelease(
        Effect.promise(() => startRedisServer(["--replicaof", "127.0.0.1", `${port}`])),
        ({ stop }) => Effect.promise(stop)
      )
      const proxy = yield* faultProxy({ port })
      const settings = redisSettings(proxy.port)
      const backend = Context.get(yield* Layer.build(layerOn(settings)), QueueBackend)
      const worked = yield* Deferred.make<string>()
      const { queue } = yield* Effect.provideService(openQueue({ name: "over" }), QueueBackend, backend)
      yield* queue
        .work(({ id }) => Effect.asVoid(Deferred.succeed(worked, id)), { concurrency: 1 })
        .pipe(Effect.provideService(QueueBackend, backend))
      const admin = (port: number) =>
        Effect.acquireRelease(
          Effect.sync(() => new Client(port, "127.0.0.1")),
          (client) => Effect.sync(() => client.disconnect())
        )
      const [old, fresh] = [yield* admin(port), yield* admin(next.port)]
      yield* eventually(
        Effect.promise(() => fresh.info("replication")),
        (info) => info.includes("master_link_status:up")
      )
      yield* proxy.leadTo(next.port)
      yield* Effect.promise(() => fresh.replicaof("NO", "ONE"))
      yield* Effect.promise(() => old.replicaof("127.0.0.1", `${next.port}`))
      yield* eventually(Effect.exit(queue.offer([{ id: "a", payload }])), Exit.isSuccess)
      assert.strictEqual(yield* Deferred.await(worked), "a")
      const { lines } = yield* Logs
      yield* eventually(lines("the queue is well again"), (seen) => seen.length > 0)
      const [first] = yield* lines("the queue reports an error")
      expect(first?.fields.reason).toMatch(/UNBLOCKED|READONLY/)
    }).pipe((effect) => Effect.provide(Effect.scoped(effect), Layer.merge(realRedis(), Logs.layer)))
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
      const error = yield* Effect.flip(offer)
      assert.instanceOf(error, QueueError)
      expect(error).toMatchObject({ queue: queue.name, operation: "add jobs" })
      yield* eventually(lines(begins), (seen) => seen.length > 0)
      // Time for many attempts to connect, of three connections.
      yield* TestClock.withLive(Effect.sleep("700 millis"))
      expect(yield* lines(begins)).toMatchObject([
        { level: "WARN", fields: { queue: queue.name, redis: `127.0.0.1:${wire.settings.port}` } }
      ])

      yield* wire.mend
      yield* eventually(Effect.exit(offer), Exit.isSuccess)
      assert.strictEqual(yield* heard(worked), "a")
      expect(yield* lines(ends)).toMatchObject([{ level: "INFO", fields: { queue: queue.name } }])
    }).pipe(isolated)
  )

  it.effect("says when it is well again, though it works no job", () =>
    Effect.gen(function* () {
      const { backend, wire } = yield* behindWire
      const { queue } = yield* Effect.provideService(openQueue(), QueueBackend, backend)
      const { lines } = yield* Logs
      yield* wire.cut
      yield* eventually(lines(begins), (seen) => seen.length > 0)
      yield* wire.mend
      yield* eventually(lines(ends), (seen) => seen.length > 0)
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
    yield* backend.onEnd("one", () => undefined).pipe(Scope.provide(scope))
    yield* backend.join({ queue: "one", passing: [] }).pipe(Scope.provide(scope))
    yield* Effect.forEach(started, heard)
    yield* wire[kind]
    return scope
  })

  describe.concurrent("closes with jobs in flight", () => {
    for (const kind of ["cut", "stall"] as const) {
      it.live(kind === "cut" ? "when Redis is gone" : "when Redis answers no more", () =>
        Effect.gen(function* () {
          const scope = yield* beginJobs(kind)
          // A close that waits for Redis would never come to its end.
          yield* Scope.close(scope, Exit.void)
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
