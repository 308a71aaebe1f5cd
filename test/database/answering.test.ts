import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { answering, answersWithin } from "../../src/database/answering.ts"
import { Database, DatabaseError } from "../../src/database/Database.ts"
import { chosenBy } from "../../src/Touchline.ts"
import { environment } from "../fixtures/environment.ts"

type Call = Database["Service"]["call"]

const databaseOf = (call: Call) => Layer.succeed(Database, Database.of({ name: "mine", call }))

/** What becomes of a call, however long that takes. */
const called = Effect.gen(function* () {
  const { call } = yield* Database
  const calling = yield* Effect.forkChild(Effect.flip(call("outbox_alerts", {})))
  yield* TestClock.adjust(answersWithin)
  return yield* Fiber.join(calling)
})

const ways: ReadonlyArray<readonly [what: string, call: Call, message: RegExp]> = [
  ["breaks", () => Effect.promise(() => Promise.reject(new Error("fetch failed"))), /broke: fetch failed/],
  [
    "throws",
    () => {
      throw new Error("no such table")
    },
    /broke: no such table/
  ],
  ["does not answer", () => Effect.never, /did not answer within 1m/],
  ["answers with no rows at all", () => Effect.suspend(() => JSON.parse("null")), /broke|something else than rows/]
]

describe("A database of a program of one's own", () => {
  it.effect.each(ways)("that %s has failed, and may be called again", ([, call, message]) =>
    Effect.gen(function* () {
      const error = yield* called
      assert.strictEqual(error.reason, "unavailable")
      assert.match(error.message, /^outbox_alerts: the database /)
      assert.match(error.message, message)
    }).pipe(Effect.provide(answering(databaseOf(call))))
  )

  it.effect("says itself why it fails, and what it answers is its answer", () =>
    Effect.gen(function* () {
      const { call, name } = yield* Database
      assert.strictEqual(name, "mine")
      assert.deepStrictEqual(yield* call("count_alerts_by_standing", {}), [1])
      assert.strictEqual((yield* Effect.flip(call("outbox_alerts", {}))).reason, "refused")
    }).pipe(
      Effect.provide(
        answering(
          databaseOf((operation) =>
            operation === "outbox_alerts"
              ? new DatabaseError({ operation, reason: "refused", message: "no" })
              : Effect.succeed([1])
          )
        )
      )
    )
  )

  it.effect("is held to this when it is brought", () =>
    Effect.gen(function* () {
      const database = databaseOf(() => Effect.die(new Error("fetch failed")))
      const { parts } = yield* Effect.provide(
        chosenBy(() => ({ database })),
        environment({})
      )
      assert.match((yield* Effect.provide(called, parts.database)).message, /broke: fetch failed/)
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
