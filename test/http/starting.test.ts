import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeServer } from "../../src/http/Server.ts"
import { ask } from "../fixtures/httpServer.ts"

describe("A server that is about to have its routes", () => {
  it.live("answers that it starts, and then what the routes say", () =>
    Effect.gen(function* () {
      const server = makeServer()
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
        () => Effect.sync(() => server.close())
      )
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const early = yield* ask(port, "/healthz")
      assert.deepStrictEqual([early.status, early.headers["cache-control"]], [503, "no-store"])
      server.on("request", (_, response) => void response.end("routes"))
      assert.strictEqual((yield* ask(port, "/healthz")).body, "routes")
    }).pipe(Effect.scoped)
  )
})
