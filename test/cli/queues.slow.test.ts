import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it, layer } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { allQueues, queueTable } from "../../src/cli/queues.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { layerEmbeddedQueue } from "../../src/queue/EmbeddedQueue.ts"
import { queueFigures, ratePerMinute } from "../../src/queue/QueueFigures.ts"
import { layerRedisQueue } from "../../src/queue/RedisQueue.ts"
import { eventually } from "../fixtures/eventually.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"
import { failure, openQueue, payload } from "../fixtures/queue.ts"
import { redisOnServer, redisServers } from "../fixtures/redis.ts"

const minutes = (count: number) => count * 60_000

/** BullMQ's metrics: `count` in all, those of the minute of `prevTS` not yet among the points. */
const metrics = (data: Array<number>, { prevTS = 0, under = 0 } = {}) => {
  const before = data.reduce((sum, point) => sum + point, 0)
  return { meta: { count: before + under, prevTS, prevCount: before }, data, count: data.length }
}

describe("The rate of a queue", () => {
  it("is the mean of the last quarter of an hour, without the minute under way", () => {
    const data = [...Array.from({ length: 15 }, () => 4), 1000]
    expect(ratePerMinute(metrics(data, { prevTS: minutes(100), under: 3 }), minutes(100) + 30_000)).toBe(4)
  })

  it("is the mean of as many minutes as there were", () => {
    expect(ratePerMinute(metrics([2, 4], { prevTS: minutes(100) }), minutes(100))).toBe(3)
    expect(ratePerMinute(metrics([], { prevTS: minutes(100), under: 7 }), minutes(100))).toBeNull()
  })

  it("falls while no job ends", () => {
    const stopped = metrics([4], { prevTS: minutes(100), under: 8 })
    expect(ratePerMinute(stopped, minutes(101))).toBe(6)
    expect(ratePerMinute(stopped, minutes(103))).toBe(3)
    expect(ratePerMinute(stopped, minutes(100_000))).toBe(0)
  })

  it("goes by the latest points where they have no date", () => {
    expect(ratePerMinute(metrics([2, 4]), minutes(100))).toBe(3)
  })
})

describe("The table of queues", () => {
  it("has a line for each, and a dash for a rate that is not known yet", () => {
    const none = { waiting: 0, active: 0, delayed: 1, failed: 0 }
    const table = queueTable([
      { queue: "scan-tick", ...none, completed: 60, completedPerMinute: 4, failedPerMinute: 0 },
      { queue: "send-alert", ...none, completed: 0, completedPerMinute: null, failedPerMinute: null }
    ])
    expect(table.split("\n")).toEqual([
      "queue       waiting  active  delayed  failed  completed  completed/min  failed/min",
      "----------  -------  ------  -------  ------  ---------  -------------  ----------",
      "scan-tick   0        0       1        0       60         4.0            0.0",
      "send-alert  0        0       1        0       0          -              -"
    ])
  })
})

const backends = [
  {
    where: "embedded PostgreSQL",
    backend: layerEmbeddedQueue.pipe(Layer.provide(EmbeddedPostgres.layer()), Layer.provide(NodeServices.layer)),
    names: ["scan-tick", "send-alert"]
  },
  ...redisServers.map(({ server, where }) => ({
    where,
    backend: layerRedisQueue.pipe(Layer.provide(redisOnServer), Layer.provide(server)),
    names: ["scan-tick", "scan-shard", "send-alert"]
  }))
]

for (const { backend, names, where } of backends) {
  layer(Layer.mergeAll(backend))(`On ${where},`, (it) => {
    it.effect("the figures count what waits, and what has completed and failed for good", () =>
      Effect.gen(function* () {
        const { queue } = yield* openQueue()
        yield* queue.offer(["good", "better", "bad"].map((id) => ({ id, payload })))
        expect(yield* queueFigures(queue.name)).toMatchObject({ waiting: 3, completed: 0, completedPerMinute: null })
        yield* queue.work(({ id }) => (id === "bad" ? Effect.fail(failure("give-up")) : Effect.void), {
          concurrency: 1
        })
        const done = yield* eventually(
          queueFigures(queue.name),
          ({ completed, failed }) => completed === 2 && failed === 1
        )
        expect(done).toMatchObject({ queue: queue.name, waiting: 0, active: 0, delayed: 0 })
      })
    )

    it.effect("every queue of the service is shown", () =>
      Effect.map(allQueues, (all) => expect(all.map(({ queue }) => queue)).toEqual(names))
    )
  })
}

const Report = Schema.fromJsonString(
  Schema.Struct({ queues: Schema.Array(Schema.Struct({ queue: Schema.String, failed: Schema.Int })) })
)

describe("touchline queues, as a process", () => {
  it.live("prints one JSON object with --json", () =>
    Effect.gen(function* () {
      const run = yield* touchline(["queues", "--json"], { DATA_DIR: yield* temporaryDirectory })
      assert.strictEqual(yield* run.ended, 0, run.output().stderr)
      const { queues } = yield* Schema.decodeEffect(Report)(run.output().stdout)
      expect(queues).toEqual([
        { queue: "scan-tick", failed: 0 },
        { queue: "send-alert", failed: 0 }
      ])
    })
  )
})
