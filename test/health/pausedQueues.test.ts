import { NodeServices } from "@effect/platform-node"
import { assert, expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { Health, layerHealth } from "../../src/health/Health.ts"
import { layerPausedQueues, lookedEvery } from "../../src/health/pausedQueues.ts"
import { layerEmbeddedQueue } from "../../src/queue/EmbeddedQueue.ts"
import { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { Logs } from "../fixtures/logs.ts"

const backend = Layer.orDie(Layer.provide(layerEmbeddedQueue, EmbeddedPostgres.layer(undefined))).pipe(
  Layer.provide(NodeServices.layer)
)

layer(backend)("A queue that somebody paused", (it) => {
  it.effect("is trouble of what it works for until it goes on, told once each", () =>
    Effect.gen(function* () {
      const { lines } = yield* Logs
      const { parts } = yield* Health
      const all = yield* QueueBackend
      const paused = new Set<string>()
      const watched = QueueBackend.of({
        ...all,
        queue: (name) =>
          Effect.map(all.queue(name), (queue) => ({ ...queue, isPaused: () => Promise.resolve(paused.has(name)) }))
      })
      yield* Layer.build(Layer.provide(layerPausedQueues, Layer.succeed(QueueBackend, watched)))
      const look = Effect.gen(function* () {
        yield* TestClock.adjust(lookedEvery)
        yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
        return (yield* parts).filter(({ state }) => state !== "ok")
      })
      assert.deepStrictEqual(yield* look, [])
      paused.add("send-alert")
      expect(yield* look).toMatchObject([
        { part: "alerts", state: "down", what: "no alert is sent: the queue is paused" }
      ])
      paused.add("scan-tick").add("amend-alert")
      assert.deepStrictEqual(
        (yield* look).map(({ part }) => part),
        ["scanning", "alerts", "results"]
      )
      yield* look
      paused.clear()
      assert.deepStrictEqual(yield* look, [])
      const told = yield* lines()
      assert.strictEqual(told.filter(({ message }) => message.includes("is paused")).length, 3)
      assert.strictEqual(told.filter(({ message }) => message === "the queue goes on").length, 3)
      assert.include(String(told[0]?.fields.reason), "/board")
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(layerHealth, Logs.layer)))
  )
})
