import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, PubSub } from "effect"
import { TestClock } from "effect/testing"
import { DatabaseError } from "../../../src/database/Database.ts"
import { PageStore } from "../../../src/http/dashboard/PageStore.ts"
import { Pages } from "../../../src/http/dashboard/Pages.ts"
import { Picture } from "../../../src/http/dashboard/Picture.ts"
import { warmUp } from "../../../src/http/dashboard/warmUp.ts"
import { snapshotOf } from "../../fixtures/pipeline.ts"

const names = { style: "", script: "", mark: "" }

/** What is made after these scans, while the database answers so. */
const making = (scanned: boolean, records: PageStore["Service"]["records"]) =>
  Effect.gen(function* () {
    const made: Array<string> = []
    const scans = yield* PubSub.sliding<void>(1)
    const look = { snapshot: snapshotOf({ id: "7", minute: 60 }), timeline: [], at: 0, view: undefined, stands: false }
    yield* warmUp(names).pipe(
      Effect.provide(
        Layer.mergeAll(
          Layer.mock(Picture, { scans, at: () => 0, find: () => look, all: () => [look] }),
          Layer.mock(PageStore, { records }),
          Layer.mock(Pages, {
            pageOf: (address) =>
              Effect.sync(() => {
                made.push(address)
                return Option.none()
              })
          })
        )
      )
    )
    if (scanned) yield* PubSub.publish(scans, undefined)
    yield* TestClock.adjust("1 second")
    const soon = made.length
    yield* TestClock.adjust("1 hour")
    return { made, soon }
  }).pipe(Effect.scoped)

const record = { id: "a/b", name: "", owner: null, active: true, file: null, triggers: 0, hits: 0, misses: 0, voids: 0 }

describe("Warming up", () => {
  it.effect("makes every kind of page after the first scan, one at a time, and ends", () =>
    Effect.gen(function* () {
      const { made, soon } = yield* making(true, () => Effect.succeed([record]))
      const all = ["/", "/matches/7", "/alerts", "/strategies", "/strategies/a%2Fb", "/strategies/new", "/system"]
      assert.deepStrictEqual([...new Set(made)], all)
      assert.strictEqual(soon, 5)
      assert.lengthOf(made, 3 * all.length)
    })
  )

  it.effect("makes nothing before a scan, and nothing of a database that does not answer", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* making(false, () => Effect.succeed([record]))).made, [])
      const error = new DatabaseError({ operation: "test", reason: "unavailable", message: "away" })
      assert.deepStrictEqual((yield* making(true, () => Effect.fail(error))).made, [])
    })
  )
})
