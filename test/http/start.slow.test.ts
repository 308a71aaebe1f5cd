import { readFileSync, statSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ask } from "../fixtures/httpServer.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"

/** A port that is taken until the scope closes. */
const takenPort = Effect.map(
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((socket) => socket.destroy())
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ),
  (server) => {
    const address = server.address()
    return { server, port: typeof address === "object" && address !== null ? address.port : 0 }
  }
)

const start = (settings: { readonly [name: string]: string }) =>
  Effect.flatMap(temporaryDirectory, (DATA_DIR) =>
    touchline(["start", "--matches", "2"], { DATA_DIR, HTTP: "on", ...settings })
  )

describe("touchline start, over HTTP", () => {
  it.live("serves, and a second one on the same port scans without it, says once who has it, and takes it over", () =>
    Effect.gen(function* () {
      const { port, server } = yield* takenPort
      server.close()
      const first = yield* start({ PORT: `${port}` })
      yield* first.saying(new RegExp(`pages are served at=http://127.0.0.1:${port}`))
      const vitals = yield* ask(port, "/healthz")
      assert.strictEqual(vitals.status, 200)
      assert.include(vitals.body, `"pid":${first.pid}`)

      const second = yield* start({ PORT: `${port}`, POLL_INTERVAL: "500" })
      yield* second.saying(
        new RegExp(
          // A machine that is too busy for it to say who it is says what runs there.
          `pages are not served.*:${port} is taken by process ${first.pid} \\((Touchline|node).*Set PORT to a free one`
        )
      )
      yield* second.saying(/scan .*matches=2[\s\S]*scan .*matches=2/)
      yield* first.kill("SIGTERM")
      assert.strictEqual(yield* first.ended, 0)
      yield* second.saying(/pages are served/)
      assert.include((yield* ask(port, "/healthz")).body, `"pid":${second.pid}`)
      assert.strictEqual(second.output().stdout.match(/pages are not served/g)?.length, 1)
      yield* second.kill("SIGTERM")
      assert.strictEqual(yield* second.ended, 0)
    })
  )

  it.live("with HTTP=required refuses to start where another process has the port, and says which", () =>
    Effect.gen(function* () {
      const { port } = yield* takenPort
      const service = yield* start({ PORT: `${port}`, HTTP: "required" })
      assert.strictEqual(yield* service.ended, 1)
      assert.match(
        service.output().stderr,
        new RegExp(
          `^touchline: http://127.0.0.1:${port} is taken by .*process( ${process.pid} \\(node\\))?\\. Set PORT.*HTTP=off.\\n$`
        )
      )
    })
  )

  it.live("with HTTP=off has no port, and loads nothing for it", () =>
    Effect.gen(function* () {
      const service = yield* start({ HTTP: "off" })
      yield* service.saying(/scan .*matches=2/)
      yield* service.kill("SIGTERM")
      assert.strictEqual(yield* service.ended, 0)
      assert.notInclude(service.output().stdout, "pages")
    })
  )

  it.live("on all addresses makes a token that only its owner may read, tells where, and keeps it", () =>
    Effect.gen(function* () {
      const DATA_DIR = yield* temporaryDirectory
      const settings = { DATA_DIR, HOST: "0.0.0.0", PORT: "0" }
      const tokens: Array<string> = []
      for (const _ of [1, 2]) {
        const service = yield* start(settings)
        const said = yield* service.saying(/pages are served at=\S+ token=".*"/)
        const [, port = "", place = ""] = /:(\d+) token="in (.+)"/.exec(said) ?? []
        assert.strictEqual(place, join(DATA_DIR, "http-token"))
        assert.strictEqual(statSync(place).mode & 0o777, 0o600)
        const token = readFileSync(place, "utf8").trim()
        tokens.push(token)
        const headers = { host: "watch.example" }
        assert.strictEqual((yield* ask(Number(port), "/healthz", { headers })).status, 401)
        const authorization = `Bearer ${token}`
        assert.strictEqual(
          (yield* ask(Number(port), "/healthz", { headers: { ...headers, authorization } })).status,
          200
        )
        yield* service.kill("SIGTERM")
        assert.strictEqual(yield* service.ended, 0)
        assert.notInclude(service.output().stdout, token)
      }
      assert.isAtLeast(tokens[0]?.length ?? 0, 40)
      assert.strictEqual(tokens[0], tokens[1])
    })
  )
})

describe("touchline doctor, about HTTP", () => {
  it.live("shows who has the port: a running service is fine, another process is worth a warning", () =>
    Effect.gen(function* () {
      const { port } = yield* takenPort
      const doctor = yield* touchline(["doctor"], { DATA_DIR: yield* temporaryDirectory, HTTP: "on", PORT: `${port}` })
      assert.strictEqual(yield* doctor.ended, 0)
      assert.match(doctor.output().stdout, new RegExp(`⚠ http .*:${port} is taken by .*process.* → Set PORT`))

      const service = yield* start({ PORT: "0" })
      const [, own = ""] = /:(\d+)$/.exec(yield* service.saying(/pages are served at=\S+/)) ?? []
      const another = yield* touchline(["doctor"], { DATA_DIR: yield* temporaryDirectory, HTTP: "on", PORT: own })
      assert.strictEqual(yield* another.ended, 0)
      assert.match(
        another.output().stdout,
        new RegExp(`✓ http .*:${own} is served by process ${service.pid} \\(Touchline`)
      )
    })
  )
})
