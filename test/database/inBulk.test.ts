import { assert, describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { DatabaseError } from "../../src/database/Database.ts"
import { inBulk } from "../../src/database/inBulk.ts"
import { eventually } from "../fixtures/eventually.ts"

const failed = (reason: DatabaseError["reason"]) => new DatabaseError({ operation: "test", reason, message: reason })

const inParallel = { concurrency: "unbounded" } as const

/** Doubles numbers, in calls that are noted. */
const doubling = (answer: (items: ReadonlyArray<number>) => Effect.Effect<void, DatabaseError> = () => Effect.void) => {
  const calls: Array<ReadonlyArray<number>> = []
  const double = inBulk((items: ReadonlyArray<number>) => {
    calls.push(items)
    return Effect.as(
      answer(items),
      items.map((item) => 2 * item)
    )
  })
  return { calls, double }
}

describe("In bulk,", () => {
  it.effect("what is asked at the same moment goes in one call, and each gets its own answer", () =>
    Effect.gen(function* () {
      const { calls, double } = doubling()
      expect(yield* Effect.forEach([3, 1, 3], double, inParallel)).toEqual([6, 2, 6])
      expect(calls).toEqual([[3, 1, 3]])
    })
  )

  it.effect("what comes during a call goes together in the next one", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const { calls, double } = doubling((items) => (items.includes(1) ? Deferred.await(answered) : Effect.void))
      const first = yield* Effect.forkChild(double(1))
      yield* eventually(
        Effect.sync(() => calls.length),
        (made) => made === 1
      )
      const others = yield* Effect.forkChild(Effect.forEach([2, 3], double, inParallel), { startImmediately: true })
      yield* Effect.yieldNow
      expect(calls).toEqual([[1]])
      yield* Deferred.succeed(answered, undefined)
      expect([yield* Fiber.join(first), ...(yield* Fiber.join(others))]).toEqual([2, 4, 6])
      expect(calls).toEqual([[1], [2, 3]])
    })
  )

  it.effect("more than a hundred items go in several calls", () =>
    Effect.gen(function* () {
      const { calls, double } = doubling()
      const items = Array.from({ length: 250 }, (_, index) => index)
      expect(yield* Effect.forEach(items, double, inParallel)).toEqual(items.map((item) => 2 * item))
      expect(calls.map(({ length }) => length)).toEqual([100, 100, 50])
    })
  )

  it.effect("an item that is refused fails alone", () =>
    Effect.gen(function* () {
      const { double } = doubling((items) => (items.includes(5) ? Effect.fail(failed("refused")) : Effect.void))
      const exits = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7], (item) => Effect.exit(double(item)), inParallel)
      expect(exits).toEqual(
        [1, 2, 3, 4, 5, 6, 7].map((item) => (item === 5 ? Exit.fail(failed("refused")) : Exit.succeed(2 * item)))
      )
    })
  )

  it.effect("a call without an answer fails for all of its items, and is not made again", () =>
    Effect.gen(function* () {
      const { calls, double } = doubling(() => Effect.fail(failed("unavailable")))
      const exits = yield* Effect.forEach([1, 2, 3], (item) => Effect.exit(double(item)), inParallel)
      assert.isTrue(exits.every(Exit.isFailure))
      expect(calls).toEqual([[1, 2, 3]])
    })
  )

  it.effect("who is interrupted leaves the others their answers, and the next their call", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const { calls, double } = doubling(() => Deferred.await(answered))
      const gone = yield* Effect.forkChild(double(1), { startImmediately: true })
      const stays = yield* Effect.forkChild(double(2), { startImmediately: true })
      yield* eventually(
        Effect.sync(() => calls.length),
        (made) => made === 1
      )
      const neverAsked = yield* Effect.forkChild(double(3), { startImmediately: true })
      yield* Fiber.interrupt(gone)
      yield* Fiber.interrupt(neverAsked)
      yield* Deferred.succeed(answered, undefined)
      assert.strictEqual(yield* Fiber.join(stays), 4)
      assert.strictEqual(yield* double(4), 8)
      expect(calls).toEqual([[1, 2], [4]])
    })
  )
})
