import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { makeSlots } from "../../src/queue/Slots.ts"

it.effect("A worker takes one more job for each that got its slot soon, and few once one waited for long", () =>
  Effect.gen(function* () {
    const sizes: Array<number> = []
    const slots = makeSlots({ slots: 1, concurrency: 4, resize: (jobs) => sizes.push(jobs) })
    for (const _ of [1, 2, 3]) yield* slots.run(Effect.void)
    expect(sizes).toEqual([3, 4])

    const finish = yield* Deferred.make<void>()
    const slow = yield* Effect.forkChild(slots.run(Deferred.await(finish)), { startImmediately: true })
    const waits = yield* Effect.forkChild(slots.run(Effect.void), { startImmediately: true })
    yield* TestClock.adjust("101 millis")
    expect(sizes).toEqual([3, 4])
    yield* Deferred.succeed(finish, undefined)
    yield* Fiber.joinAll([slow, waits])
    expect(sizes).toEqual([3, 4, 2])
  })
)
