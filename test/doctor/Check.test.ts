import { assert, describe, expect, it } from "@effect/vitest"
import { Data, Effect } from "effect"
import { check, failed, ok } from "../../src/doctor/Check.ts"
import { checkNode } from "../../src/doctor/settings.ts"
import { isAtLeast } from "../../src/nodeVersion.ts"
import { whileTimePasses } from "../fixtures/eventually.ts"

class Broken extends Data.TaggedError("Broken")<{ readonly message: string }> {}

describe("A check", () => {
  it.effect("tells what the look has found, and how long it took", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(check("it", Effect.as(Effect.sleep("300 millis"), ok("fine"))))
      expect(yield* whileTimePasses(fiber)).toEqual({ name: "it", status: "ok", message: "fine", latencyMs: 300 })
      expect(yield* check("it", Effect.succeed(ok("fine", 7)))).toMatchObject({ latencyMs: 7 })
    })
  )

  it.effect("says what to do, from the error's own words or else from its own", () =>
    Effect.gen(function* () {
      const look = (message: string) => check("it", Effect.fail(new Broken({ message })), { todo: "Call someone." })
      expect(yield* look("the door 1.5 is shut. Open it. Go in.")).toMatchObject({
        status: "failed",
        message: "the door 1.5 is shut",
        todo: "Open it. Go in."
      })
      expect(yield* look("the door is shut")).toMatchObject({ message: "the door is shut", todo: "Call someone." })
    })
  )

  it.effect("fails when there is no answer in time, also where the look cannot be interrupted", () =>
    Effect.gen(function* () {
      for (const never of [Effect.never, Effect.uninterruptible(Effect.never)]) {
        const fiber = yield* Effect.forkChild(check("it", never, { todo: "Call someone." }))
        expect(yield* whileTimePasses(fiber)).toEqual({
          name: "it",
          latencyMs: 10_000,
          ...failed("no answer within 10s", "Call someone.")
        })
      }
    })
  )

  it.effect("fails on a defect", () =>
    Effect.gen(function* () {
      const checked = yield* check("it", Effect.die(new Error("a bug")))
      assert.strictEqual(checked.status, "failed")
      assert.include(checked.message, "a bug")
    })
  )
})

describe("Versions", () => {
  it.each([
    ["22.19.0", "22.19.0", true],
    ["22.18.9", "22.19.0", false],
    ["24.0.0", ">=22.19.0", true],
    ["7.0.15", "5.0.0", true],
    ["4.9", "5.0.0", false]
  ])("%s is at least %s: %s", (version, least, expected) => {
    assert.strictEqual(isAtLeast(version, least), expected)
  })

  it.effect("of Node.js are checked against what package.json asks for", () =>
    Effect.gen(function* () {
      expect(yield* checkNode("24.1.0")).toMatchObject({ status: "ok" })
      expect(yield* checkNode("20.20.2")).toMatchObject({ status: "failed", message: "Node.js 20.20.2 is too old" })
    })
  )
})
