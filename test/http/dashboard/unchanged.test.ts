import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { IsRenewal, makeUnchanged } from "../../../src/http/dashboard/Unchanged.ts"

/** Reads that say how often they were made, of a database whose state a mark names. */
const reading = () => {
  const held: { mark: string | undefined; reads: number } = { mark: "1", reads: 0 }
  const unchanged = makeUnchanged<number, never>(Effect.sync(() => held.mark))
  const asked = (key = "one") =>
    unchanged(
      key,
      Effect.sync(() => ++held.reads)
    )
  return { held, asked, renewed: (key = "one") => Effect.provideService(asked(key), IsRenewal, true) }
}

describe("What a page reads", () => {
  it.effect("is not read again for who watches it while the database is as it was, for a minute", () =>
    Effect.gen(function* () {
      const { asked, held, renewed } = reading()
      assert.strictEqual(yield* asked(), 1)
      assert.strictEqual(yield* renewed(), 1)
      assert.strictEqual(yield* renewed("another"), 2)
      assert.strictEqual(yield* renewed(), 1)
      held.mark = "2"
      assert.strictEqual(yield* renewed(), 3)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* renewed(), 3)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* renewed(), 4)
    })
  )

  it.effect("is read by whoever asks for the page, and always where no change is told of", () =>
    Effect.gen(function* () {
      const { asked, held, renewed } = reading()
      assert.deepStrictEqual([yield* asked(), yield* asked()], [1, 2])
      held.mark = undefined
      assert.deepStrictEqual([yield* renewed(), yield* renewed()], [3, 4])
    })
  )
})
