import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer, Option, Schema } from "effect"
import { EmbeddedPostgres } from "../../../src/database/embedded/EmbeddedPostgres.ts"
import { board, pageOf } from "../../../src/http/board/board.ts"
import { layerEmbeddedQueue } from "../../../src/queue/EmbeddedQueue.ts"
import { askBull, QueueBackend } from "../../../src/queue/QueueBackend.ts"
import { layerRedisQueue } from "../../../src/queue/RedisQueue.ts"
import { ask, serving } from "../../fixtures/httpServer.ts"
import { quiet } from "../../fixtures/logs.ts"
import { redisOnServer, redisServers } from "../../fixtures/redis.ts"

const decodeQueues = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({
      queues: Schema.Array(
        Schema.Struct({
          name: Schema.String,
          readOnlyMode: Schema.Boolean,
          counts: Schema.Record(Schema.String, Schema.Int)
        })
      )
    })
  )
)

const backends = [
  { where: "embedded", live: Layer.orDie(Layer.provide(layerEmbeddedQueue, EmbeddedPostgres.layer(undefined))) },
  ...redisServers.map(({ server, where }) => ({
    where,
    live: layerRedisQueue.pipe(Layer.provide(redisOnServer), Layer.provide(server), Layer.orDie)
  }))
]

for (const { live, where } of backends) {
  layer(Layer.provideMerge(live, Layer.merge(NodeServices.layer, quiet)), { excludeTestServices: true })(
    `The board, ${where}`,
    (it) => {
      it.effect("shows the queues and their jobs, and lets nothing be changed", () =>
        Effect.gen(function* () {
          const backend = yield* QueueBackend
          const queue = yield* backend.queue("send-alert")
          yield* askBull("send-alert", "add", () => queue.add("send-alert", {}, { jobId: "alert-1", delay: 60_000 }))
          const port = yield* serving(board({ mayWrite: false }))
          const page = yield* ask(port, "/board")
          assert.strictEqual(page.status, 200)
          assert.include(page.body, '<base href="/board/"')
          assert.notMatch(page.body, /https?:\/\/(?!www\.w3)/)
          const [, script = ""] = /src="(static\/js\/main[^"]+)"/.exec(page.body) ?? []
          const file = yield* ask(port, `/board/${script}`)
          assert.strictEqual(file.status, 200)
          assert.match(file.headers["content-type"] ?? "", /javascript/)
          assert.strictEqual((yield* ask(port, "/board/static/../../package.json")).status, 404)

          const { body } = yield* ask(port, "/board/api/queues?activeQueue=send-alert&page=1&jobsPerPage=10")
          const { queues } = decodeQueues(body)
          assert.includeMembers(
            queues.map(({ name }) => name),
            ["scan-tick", "send-alert", "amend-alert"]
          )
          assert.isTrue(queues.every(({ readOnlyMode }) => readOnlyMode))
          assert.strictEqual(queues.find(({ name }) => name === "send-alert")?.counts.delayed, 1)

          const promoted = yield* ask(port, "/board/api/queues/send-alert/alert-1/promote", { method: "PUT" })
          assert.strictEqual(promoted.status, 405)
          assert.include(promoted.body, "BOARD_WRITE")
          const counts = yield* askBull("send-alert", "count", () => queue.getJobCounts("delayed"))
          assert.strictEqual(counts.delayed, 1)
        })
      )

      it.effect("lets them be changed where it may", () =>
        Effect.gen(function* () {
          const queue = yield* (yield* QueueBackend).queue("amend-alert")
          yield* askBull("amend-alert", "add", () => queue.add("amend-alert", {}, { jobId: "one", delay: 60_000 }))
          const port = yield* serving(board({ mayWrite: true }))
          const removed = yield* ask(port, "/board/api/queues/amend-alert/one/clean", { method: "PUT" })
          assert.strictEqual(removed.status, 204)
          assert.isTrue(
            Option.isNone(Option.fromUndefinedOr(yield* askBull("amend-alert", "look", () => queue.getJob("one"))))
          )
        })
      )
    }
  )
}

describe("The page of the board", () => {
  it("escapes what is put into it, loads nothing from elsewhere, and is refused where it holds more than values", () => {
    const page = '<link href="https://fonts.example/css" rel="stylesheet"><p title="<%= title %>"><%- config %></p>'
    assert.strictEqual(pageOf(page, { title: '"<', config: "{}" }), '<p title="&quot;&lt;">{}</p>')
    assert.throws(() => pageOf("<% if (a) { %>", {}))
  })
})
