import { appRoutes } from "@bull-board/api/dist/routes.js"
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

/** Every route of bull-board, of this queue, job and state. */
const boardRoutes = (queue: string, job: string, state: string) =>
  appRoutes.api.flatMap(({ method, route }) =>
    [method].flat().flatMap((each) =>
      [route].flat().map((pattern) => ({
        method: each.toUpperCase(),
        pattern,
        path: pattern
          .replace(":queueName", queue)
          .replace(":jobId", job)
          .replace(":queueStatus", state)
          .replace(":schedulerId", "none")
      }))
    )
  )

/** Of what is no look: makes up jobs, changes them, or takes away a queue, its schedule or its bounds. */
const isForbidden = (pattern: string): boolean =>
  !/\/(pause|resume|retry|promote|clean)(\/:queueStatus)?$/.test(pattern)

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

      it.effect("answers for each of its routes, and changes nothing by any where it may not", () =>
        Effect.gen(function* () {
          const queue = yield* (yield* QueueBackend).queue("send-alert")
          yield* askBull("send-alert", "add", () => queue.add("send-alert", {}, { jobId: "kept", delay: 60_000 }))
          const before = yield* askBull("send-alert", "count", () => queue.getJobCounts("delayed"))
          const [shown, writing] = [
            yield* serving(board({ mayWrite: false })),
            yield* serving(board({ mayWrite: true }))
          ]
          const queues = boardRoutes("send-alert", "kept", "delayed")
          assert.isAbove(queues.length, 30)
          for (const { method, path } of queues.filter(({ method }) => method !== "GET")) {
            const { body, status } = yield* ask(shown, `/board${path}`, { method })
            assert.strictEqual(status, 405, `${method} ${path}`)
            assert.include(body, "BOARD_WRITE")
          }
          for (const { path } of queues.filter(({ method }) => method === "GET")) {
            assert.isBelow((yield* ask(shown, `/board${path}`)).status, 500, path)
          }
          for (const { method, path } of queues.filter(
            ({ method, pattern }) => method !== "GET" && isForbidden(pattern)
          )) {
            const { body, status } = yield* ask(writing, `/board${path}`, { method })
            assert.strictEqual(status, 403, `${method} ${path}`)
            assert.include(body, "not done here")
          }
          assert.deepStrictEqual(yield* askBull("send-alert", "count", () => queue.getJobCounts("delayed")), before)
          assert.isFalse(yield* askBull("send-alert", "look", () => queue.isPaused()))
        })
      )

      it.effect("has nothing of another name, and answers what cannot be read", () =>
        Effect.gen(function* () {
          const port = yield* serving(board({ mayWrite: true }))
          const json = { "content-type": "application/json" }
          const answers = yield* Effect.all([
            ask(port, "/board/api/nothing"),
            ask(port, "/board/api/queues/nothing/metrics"),
            ask(port, "/board/api/queues/nothing/pause", { method: "PUT" }),
            ask(port, "/board/api/queues/send-alert/none/retry", { method: "PUT" }),
            ask(port, "/board/api/queues/send-alert/pause", { method: "PUT", body: "{", headers: json }),
            ask(port, "/board/anything", { method: "POST" }),
            ask(port, "/board/api/queues/%00/%ff")
          ])
          for (const { body, status } of answers) {
            assert.isAtLeast(status, 400, body)
            assert.isBelow(status, 500, body)
          }
        })
      )

      it.effect("pauses a queue and lets it go on where it may", () =>
        Effect.gen(function* () {
          const queue = yield* (yield* QueueBackend).queue("amend-alert")
          const isPaused = askBull("amend-alert", "look", () => queue.isPaused())
          const port = yield* serving(board({ mayWrite: true }))
          yield* ask(port, "/board/api/queues/amend-alert/pause", { method: "PUT" })
          assert.isTrue(yield* isPaused)
          yield* ask(port, "/board/api/queues/amend-alert/resume", { method: "PUT" })
          assert.isFalse(yield* isPaused)
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
