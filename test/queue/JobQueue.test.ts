import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schedule } from "effect"
import { alertRetryPolicy } from "../../src/alert/AlertQueue.ts"
import { retryDelays } from "../../src/queue/JobQueue.ts"

describe("A retry policy", () => {
  it.effect("of the alerts is three attempts: two delays, 2 s and 4 s", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* retryDelays(alertRetryPolicy)).map(Duration.toMillis), [2000, 4000])
    })
  )

  it.effect("has as many delays as its schedule repeats", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* retryDelays(Schedule.recurs(0))).map(Duration.toMillis), [])
      const three = Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 3 }))
      assert.deepStrictEqual((yield* retryDelays(three)).map(Duration.toMillis), [1000, 1000, 1000])
      const tenSeconds = Schedule.exponential("1 second").pipe(Schedule.upTo({ duration: "10 seconds" }))
      assert.deepStrictEqual((yield* retryDelays(tenSeconds)).map(Duration.toMillis), [1000, 2000, 4000, 8000])
    })
  )
})
