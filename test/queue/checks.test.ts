import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { checkQueues } from "../../src/queue/checks.ts"
import { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { layerRedisQueue } from "../../src/queue/RedisQueue.ts"
import { quiet } from "../fixtures/logs.ts"
import { openQueue, payload } from "../fixtures/queue.ts"
import { onRealRedis, rawClient, realRedis, redisOnServer } from "../fixtures/redis.ts"
import { hasRedisServer } from "../fixtures/redisServer.ts"

const checked = Effect.gen(function* () {
  const backend = yield* QueueBackend
  const [ticks] = yield* checkQueues(Effect.succeed(backend), undefined)
  return yield* ticks ?? Effect.die("no check")
})

const isolated = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provide(
    Effect.scoped(effect),
    Layer.fresh(layerRedisQueue.pipe(Layer.provide(redisOnServer), Layer.provideMerge(realRedis()), Layer.merge(quiet)))
  )

/** A process that scans, but for the scanning. */
const openTicks = Effect.fnUntraced(function* (name: string) {
  const opened = yield* openQueue({ name })
  yield* opened.queue.every(Duration.minutes(1), payload)
  yield* opened.queue.work(() => Effect.void, { concurrency: 1 })
  return opened
})

describe.skipIf(!hasRedisServer)(onRealRedis("The check of the queue of ticks"), () => {
  it.effect("is well while ticks come, and where nothing runs yet", () =>
    Effect.gen(function* () {
      expect(yield* checked).toMatchObject({ name: "queue scan-tick", status: "ok" })
      yield* openTicks("scan-tick")
      expect(yield* checked).toMatchObject({ status: "ok" })
    }).pipe(isolated)
  )

  it.effect("fails when Redis has lost the schedule of a process that runs", () =>
    Effect.gen(function* () {
      yield* openTicks("scan-tick")
      const raw = yield* rawClient
      yield* Effect.promise(() => raw.flushall())
      const found = yield* checked
      expect(found).toMatchObject({ status: "failed", message: "no match is scanned: no tick is scheduled" })
      expect(found.todo).toContain("within two intervals")
    }).pipe(isolated)
  )

  it.effect("fails for the ticks of strategy directories too, and names them", () =>
    Effect.gen(function* () {
      const { passing, join } = yield* QueueBackend
      yield* join({ queue: "scan-shard-abc", passing: ["scan-tick-abc"] })
      expect(yield* passing).toEqual(["scan-tick-abc"])
      const { raw } = yield* openTicks("scan-tick-abc")
      expect((yield* checked).message).toContain("; scan-tick-abc: 0 waiting")
      yield* Effect.promise(() => raw.removeJobScheduler("scan-tick-abc"))
      expect(yield* checked).toMatchObject({
        status: "failed",
        message: "scan-tick-abc: no match is scanned: no tick is scheduled"
      })
    }).pipe(isolated)
  )
})

describe("The checks of queues", () => {
  it.effect("are made whatever becomes of the backend", () =>
    Effect.gen(function* () {
      const checks = yield* checkQueues(Effect.die(new Error("the backend broke")), undefined)
      const made = yield* Effect.all(checks)
      expect(made.map(({ name, status }) => [name, status])).toEqual([
        ["queue scan-tick", "failed"],
        ["queue send-alert", "failed"]
      ])
      expect(made[0]?.message).toMatch(/the backend broke/)
    })
  )
})
