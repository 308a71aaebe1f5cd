import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { AlertJob } from "../../src/alert/AlertQueue.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import { eventually } from "../fixtures/eventually.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"

const Span = Schema.Struct({
  name: Schema.String,
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optionalKey(Schema.String)
})
const Traces = Schema.fromJsonString(
  Schema.Struct({
    resourceSpans: Schema.Array(
      Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) })
    )
  })
)
const decodeTraces = Schema.decodeUnknownSync(Traces)

/** A collector that keeps what it is sent. */
const collector = Effect.gen(function* () {
  const heard: Array<{ readonly path: string; readonly body: string; readonly key: string | undefined }> = []
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const made = createServer((request, response) => {
        let body = ""
        request.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk
        })
        request.on("end", () => {
          heard.push({ path: request.url ?? "", body, key: request.headers.authorization })
          response.writeHead(200, { "content-type": "application/json" }).end("{}")
        })
      })
      made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
    }),
    (made) =>
      Effect.sync(() => {
        made.closeAllConnections()
        made.close()
      })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const spans = Effect.sync(() =>
    heard
      .filter(({ path }) => path === "/v1/traces")
      .flatMap(({ body }) => decodeTraces(body).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ spans }) => spans)
  )
  return { heard, port, spans }
})

/** A service on whose match one strategy holds. */
const service = (settings: { readonly [name: string]: string }) =>
  Effect.gen(function* () {
    const STRATEGIES = yield* temporaryDirectory
    writeFileSync(
      join(STRATEGIES, "behind.yaml"),
      'name: Behind\nwhen:\n  - { left: { metric: goals, scope: difference }, comparator: "=", right: 1 }\n'
    )
    return yield* touchline(
      [],
      { STRATEGIES, DATA_DIR: yield* temporaryDirectory, POLL_INTERVAL: "500", ...settings },
      fileURLToPath(new URL("../fixtures/service.ts", import.meta.url))
    )
  })

describe("With a collector", () => {
  it.live(
    "one trace goes from the tick to the receipt, across the queue; logs and metrics arrive too, with its key",
    () =>
      Effect.gen(function* () {
        const { heard, port, spans } = yield* collector
        const running = yield* service({
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
          OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20k3y"
        })
        // A busy machine may take long to start it.
        yield* running.saying(/SENT Behind/)
        const all = yield* eventually(spans, (found) => found.some(({ name }) => name === "Alerter.alert"))
        const alert = all.find(({ name }) => name === "Alerter.alert") ?? assert.fail()
        const found = yield* eventually(spans, (each) =>
          each.some(({ name, traceId }) => name === "Ticker.tick" && traceId === alert.traceId)
        )
        const byId = new Map(found.map((span) => [span.spanId, span]))
        const path: Array<string> = []
        for (let at = byId.get(alert.spanId); at !== undefined; at = byId.get(at.parentSpanId ?? "")) path.push(at.name)
        expect(path).toEqual(["Alerter.alert", "Scanner.offer", "Scanner.tick", "Ticker.tick"])
        yield* eventually(
          Effect.sync(() => new Set(heard.map((each) => each.path))),
          (paths) => paths.has("/v1/logs") && paths.has("/v1/traces")
        )
        assert.isTrue(heard.every(({ key }) => key === "Bearer k3y"))
        yield* running.kill("SIGTERM")
        assert.strictEqual(yield* running.ended, 0)
        // What is counted is sent at the end at the latest.
        assert.include(
          heard.map(({ path }) => path),
          "/v1/metrics"
        )
        assert.notInclude(running.output().stdout, "k3y")
      })
  )

  it.live("that is away, it says so once, scans and alerts all the same, and ends in order", () =>
    Effect.gen(function* () {
      const running = yield* service({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" })
      yield* running.saying(/SENT Behind/)
      yield* running.saying(/the collector takes no telemetry/)
      yield* running.saying(/(scan .*matches=1[\s\S]*){8}/)
      yield* running.kill("SIGTERM")
      assert.strictEqual(yield* running.ended, 0)
      assert.strictEqual(running.output().stdout.match(/the collector takes no telemetry/g)?.length, 1)
    })
  )
})

describe("A job", () => {
  it("of a version that knew no traces is read, and one that carries a trace is read without it there", () => {
    const decode = Schema.decodeUnknownSync(AlertJob)
    assert.deepStrictEqual(decode({ triggerId: "a", turn: 1 }), { triggerId: TriggerId.make("a"), turn: 1 })
    assert.deepStrictEqual(decode({ triggerId: "a", turn: 1, parent: { traceId: "t", spanId: "s" } }).parent, {
      traceId: "t",
      spanId: "s"
    })
    const before = Schema.decodeUnknownSync(Schema.Struct({ triggerId: Schema.String }))
    assert.deepStrictEqual(before({ triggerId: "a", parent: { traceId: "t", spanId: "s" } }), { triggerId: "a" })
  })
})
