import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Deferred, Duration, Effect, Layer } from "effect"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { layerEmbeddedQueue } from "../../src/queue/EmbeddedQueue.ts"
import { queueContract } from "../contracts/queueContract.ts"
import { heard } from "../fixtures/eventually.ts"
import { quiet } from "../fixtures/logs.ts"
import { unused } from "../fixtures/pipeline.ts"
import { openQueue, payload } from "../fixtures/queue.ts"

const postgres = EmbeddedPostgres.layer().pipe(Layer.provide(NodeServices.layer), Layer.provideMerge(quiet))

queueContract("the embedded backend", layerEmbeddedQueue.pipe(Layer.provideMerge(postgres)))

/** Another process's turn: what is opened in it is closed when it ends. */
const newBackend = Effect.provide(Layer.fresh(layerEmbeddedQueue))

layer(postgres)("The embedded queue", (it) => {
  it.effect("holds no tick that the last process left when it has a schedule", () =>
    Effect.gen(function* () {
      const name = `queue-${unused()}`
      yield* newBackend(
        Effect.gen(function* () {
          const { queue } = yield* openQueue({ name })
          yield* queue.offer([{ id: "left", payload }])
        })
      )
      yield* newBackend(
        Effect.gen(function* () {
          const { queue } = yield* openQueue({ name })
          yield* queue.every(Duration.hours(1), payload)
          const { client } = yield* EmbeddedPostgres
          const { rows } = yield* Effect.promise(() =>
            client.query("select id from bullmq.job where queue = $1 and id = 'left'", [name])
          )
          assert.deepStrictEqual(rows, [])
        })
      )
    })
  )

  it.effect("gives a job that was active when the process died to the next process", () =>
    Effect.gen(function* () {
      const name = `queue-${unused()}`
      const { client } = yield* EmbeddedPostgres
      yield* newBackend(
        Effect.gen(function* () {
          const { queue } = yield* openQueue({ name })
          yield* queue.offer([{ id: "a", payload }])
          yield* Effect.promise(() =>
            client.query(
              "update bullmq.job set state = 'active', lock_token = 'dead', locked_until_ms = 99999999999999 where queue = $1",
              [name]
            )
          )
          assert.strictEqual((yield* queue.counts).active, 1)
        })
      )
      yield* newBackend(
        Effect.gen(function* () {
          const { queue } = yield* openQueue({ name })
          const worked = yield* Deferred.make<string>()
          yield* queue.work(({ id }) => Effect.asVoid(Deferred.succeed(worked, id)), { concurrency: 1 })
          assert.strictEqual(yield* heard(worked), "a")
        })
      )
    })
  )
})
