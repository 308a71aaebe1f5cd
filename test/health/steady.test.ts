import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { aroundBySteadyClock, bySteadyClock, steadyMillis } from "../../src/health/steady.ts"
import { machineClock } from "../fixtures/machineClock.ts"

describe("A steady clock", () => {
  it.live("goes on while the time of day is set, and lets what it runs sleep", () =>
    Effect.gen(function* () {
      const { ahead } = yield* machineClock
      const [before, day] = [yield* steadyMillis, yield* Clock.currentTimeMillis]
      yield* ahead("-1 hour")
      const within = yield* bySteadyClock(Effect.andThen(Effect.sleep(1), Clock.currentTimeMillis))
      assert.isAtLeast(within, before)
      assert.isBelow(within, before + 600_000)
      assert.isBelow(yield* Clock.currentTimeMillis, day)
      const [around, inside] = yield* aroundBySteadyClock((effect: Effect.Effect<number>) =>
        Effect.all([Clock.currentTimeMillis, effect])
      )(Clock.currentTimeMillis)
      assert.isBelow(around, before + 600_000)
      assert.isAbove(inside, day - 7_200_000)
    }).pipe(Effect.scoped)
  )
})
