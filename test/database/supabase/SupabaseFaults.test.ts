/** The Supabase database when things go wrong on the way: a stand-in over HTTP plays what a real project rarely does. */
import { createServer, type ServerResponse } from "node:http"
import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { Database } from "../../../src/database/Database.ts"
import { layerSupabase } from "../../../src/database/supabase/SupabaseDatabase.ts"
import { eventually } from "../../fixtures/eventually.ts"
import { listening } from "../../fixtures/postgrest.ts"

const key = "the-service-role-key"

type Answer = (response: ServerResponse) => void

const answer =
  (status: number, body: unknown): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json" })
    response.end(typeof body === "string" ? body : JSON.stringify(body))
  }

const rows = answer(200, [{ state: "sent", count: 2 }])
const never: Answer = () => {}
const hangUp: Answer = (response) => response.destroy()

/**
 * Calls a project which answers like this, one after the other and the last again and again. The start comes before
 * and always succeeds. Answers with what came of the call and how many requests it took.
 */
const called = (...answers: ReadonlyArray<Answer>) =>
  Effect.scoped(
    Effect.gen(function* () {
      let [requests, unanswered] = [-1, 0]
      const server = createServer((_, response) => {
        const play = requests < 0 ? rows : (answers[requests] ?? answers.at(-1))
        requests += 1
        if (play === never) unanswered += 1
        play?.(response)
      })
      const url = new URL(`http://127.0.0.1:${yield* listening(server)}`)
      const database = layerSupabase(
        { url, serviceRoleKey: Redacted.make(key) },
        { timeout: "150 millis", retry: Schedule.recurs(3) }
      )
      const context = yield* Layer.build(database)
      const calling = yield* Effect.forkChild(
        Effect.result(Effect.flatMap(Database, ({ call }) => call("count_alerts", {})).pipe(Effect.provide(context)))
      )
      // Time passes only for a request that nobody answers: no answer is late because the machine is busy.
      const isOver = () => calling.pollUnsafe() !== undefined
      for (let passed = 0; !isOver(); passed++) {
        yield* eventually(
          Effect.sync(() => isOver() || unanswered > passed),
          (isNext) => isNext
        )
        if (!isOver()) yield* TestClock.adjust("150 millis")
      }
      return { result: yield* Fiber.join(calling), requests }
    })
  )

const succeeds = { _tag: "Success", success: [{ state: "sent", count: 2 }] }
const fails = (reason: string, message: string) => ({
  _tag: "Failure",
  failure: { _tag: "DatabaseError", operation: "count_alerts", reason, message: expect.stringContaining(message) }
})

for (const [what, first] of [
  ["that is not available", answer(503, { message: "overloaded" })],
  ["that takes no more requests now", answer(429, { message: "too many requests" })],
  ["whose gateway answers with a page", answer(502, "<html>Bad gateway</html>")],
  ["whose PostgREST has no connection", answer(503, { code: "PGRST002", message: "Could not query the database" })],
  ["whose query ran into a deadlock", answer(500, { code: "40P01", message: "deadlock detected" })],
  ["that hangs up", hangUp],
  ["that does not answer in time", never]
] as const) {
  it.effect(`asks a project ${what} again`, () =>
    Effect.gen(function* () {
      expect(yield* called(first, rows)).toMatchObject({ result: succeeds, requests: 2 })
    })
  )
}

it.effect("gives up after four requests, and says what the last one met", () =>
  Effect.gen(function* () {
    expect(yield* called(answer(503, { message: "overloaded" }))).toMatchObject({
      result: fails("unavailable", "overloaded (HTTP 503)"),
      requests: 4
    })
    expect(yield* called(answer(502, "<html>Bad gateway</html>"))).toMatchObject({
      result: fails("unavailable", "no reason given (HTTP 502)")
    })
  })
)

it.effect("ends every call to a project that never answers", () =>
  Effect.gen(function* () {
    expect(yield* called(never)).toMatchObject({
      result: fails("unavailable", "did not answer count_alerts within 150ms"),
      requests: 4
    })
  })
)

for (const [what, refusal, message] of [
  ["a refused key", answer(401, { message: "Invalid API key" }), "refuses the key: Invalid API key (HTTP 401)"],
  ["an expired key", answer(401, { code: "PGRST301", message: "JWT expired" }), "SUPABASE_SERVICE_ROLE_KEY takes"],
  ["a key without rights", answer(403, { code: "42501", message: "permission denied" }), "does not let this key call"],
  ["a missing function", answer(404, { code: "PGRST202", message: "Could not find it" }), "supabase db push"],
  ["a missing table", answer(404, { code: "42P01", message: "no relation triggers" }), "Apply supabase/migrations"],
  ["a bad value", answer(400, { code: "22P02", message: "invalid input" }), "invalid input (HTTP 400, 22P02)"],
  ["a server of another kind", answer(404, "<html>Not found</html>"), "is no Supabase project"],
  ["an empty page", answer(404, ""), "does not answer count_alerts as Supabase does"],
  ["a website", answer(200, "<html>Welcome</html>"), "no reason given (HTTP 200)"]
] as const) {
  it.effect(`takes ${what} for final`, () =>
    Effect.gen(function* () {
      expect(yield* called(refusal)).toMatchObject({ result: fails("refused", message), requests: 1 })
    })
  )
}

it.effect("keeps the key to itself when a server repeats it", () =>
  Effect.gen(function* () {
    const { result } = yield* called(answer(400, { message: `no such key: ${key}` }))
    expect(result).toMatchObject(fails("refused", "no such key: <redacted>"))
  })
)

it.live("stops the start at an address where nobody listens, and names it", () =>
  Effect.gen(function* () {
    const port = yield* Effect.scoped(listening(createServer()))
    const settings = { url: new URL(`http://127.0.0.1:${port}`), serviceRoleKey: Redacted.make(key) }
    const error = yield* Effect.flip(Effect.scoped(Layer.build(layerSupabase(settings, { retry: Schedule.recurs(0) }))))
    expect(error).toMatchObject({ reason: "unavailable" })
    expect(error.message).toBe(
      `Supabase at 127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port} (ECONNREFUSED). Check SUPABASE_URL and the network.`
    )
  })
)
