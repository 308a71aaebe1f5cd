import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { Dedup } from "../../src/dedup/Dedup.ts"
import type { Pair } from "../../src/domain/Trigger.ts"
import { dedupContract } from "../contracts/dedupContract.ts"

dedupContract("Dedup in memory", { layer: Dedup.layerMemory })

const pairs = (from: number, to: number): ReadonlyArray<Pair> =>
  Array.from({ length: to - from }, (_, index) => ({ strategyId: "1", matchId: `${from + index}` }))

describe("Dedup in memory", () => {
  it.effect("says for how long it remembers", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Dedup).name, "in memory, for 2h")
    }).pipe(Effect.provide(Dedup.layerMemory({ ttl: Duration.hours(2) })))
  )

  it.effect("forgets each pair in its own time while new ones come", () =>
    Effect.gen(function* () {
      const dedup = yield* Dedup
      yield* dedup.remember(pairs(0, 2))
      yield* TestClock.adjust("6 seconds")
      yield* dedup.remember(pairs(1, 4))
      yield* TestClock.adjust("4 seconds")
      yield* dedup.remember(pairs(4, 5))
      assert.deepStrictEqual(yield* dedup.unknown(pairs(0, 5)), pairs(0, 1))
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(yield* dedup.unknown(pairs(0, 5)), pairs(0, 4))
    }).pipe(Effect.provide(Dedup.layerMemory({ ttl: Duration.seconds(10) })))
  )

  it.effect("starts empty each time it is built", () =>
    Effect.gen(function* () {
      yield* Effect.flatMap(Dedup, ({ remember }) => remember(pairs(0, 1))).pipe(
        Effect.provide(Dedup.layerMemory({ ttl: Duration.hours(2) }))
      )
      const unknown = yield* Effect.flatMap(Dedup, (dedup) => dedup.unknown(pairs(0, 1))).pipe(
        Effect.provide(Dedup.layerMemory({ ttl: Duration.hours(2) }))
      )
      assert.deepStrictEqual(unknown, pairs(0, 1))
    })
  )
})

describe("Dedup of a process that shares its matches with no other", () => {
  it.effect("says for how long a scan knows pairs, and remembers none beside it", () =>
    Effect.gen(function* () {
      const dedup = yield* Dedup
      assert.strictEqual(dedup.name, "in memory, for 2h")
      yield* dedup.remember(pairs(0, 2))
      assert.deepStrictEqual(yield* dedup.unknown(pairs(0, 2)), pairs(0, 2))
    }).pipe(Effect.provide(Dedup.layerProcess({ ttl: Duration.hours(2) })))
  )
})
