import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { scopedBull } from "../../src/queue/scopedBull.ts"
import { Logs } from "../fixtures/logs.ts"

/** Workers of which the first so many are cut off before they are ready; the names of those that were made and closed. */
const breaking = (broken: number, closes: () => Promise<void> = () => Promise.resolve()) => {
  const [made, closed]: [Array<number>, Array<number>] = [[], []]
  const open = scopedBull({
    queue: "send-alert",
    what: "worker",
    make: () => {
      const number = made.push(made.length + 1)
      return {
        number,
        on: () => undefined,
        waitUntilReady: () =>
          number <= broken ? Promise.reject(new Error("Connection is closed.")) : Promise.resolve(undefined),
        close: () => {
          closed.push(number)
          return number <= broken ? closes() : Promise.resolve()
        }
      }
    },
    onError: () => undefined
  })
  return { made, closed, open }
}

/** Lets what waits for promises and for the clock go on. */
const goOn = Effect.andThen(
  Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
  TestClock.adjust("1 second")
)

describe("A worker", () => {
  it.effect("whose connection breaks while it is made is made again, and what broke is closed", () =>
    Effect.gen(function* () {
      const { closed, made, open } = breaking(2)
      yield* Effect.gen(function* () {
        const opening = yield* Effect.forkChild(open)
        yield* Effect.replicateEffect(goOn, 10)
        assert.strictEqual((yield* Fiber.join(opening)).number, 3)
        assert.deepStrictEqual(made, [1, 2, 3])
        assert.deepStrictEqual(closed, [1, 2])
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(closed, [1, 2, 3])
    }).pipe(Effect.provide(Logs.layer))
  )

  it.effect("that never becomes ready fails as the queue does, though it does not close either", () =>
    Effect.gen(function* () {
      const { made, open } = breaking(Number.POSITIVE_INFINITY, () => new Promise(() => undefined))
      const opening = yield* Effect.forkChild(Effect.flip(open))
      yield* Effect.replicateEffect(goOn, 20)
      const { message } = yield* Fiber.join(opening)
      assert.strictEqual(message, "queue send-alert failed to start a worker: Connection is closed.")
      assert.deepStrictEqual(made, [1, 2, 3, 4])
    }).pipe(Effect.scoped, Effect.provide(Logs.layer))
  )
})
