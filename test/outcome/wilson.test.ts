import { assert, describe, it } from "@effect/vitest"
import { wilson } from "../../src/outcome/wilson.ts"

describe("The Wilson interval", () => {
  // 81 of 263 is the example of R. G. Newcombe, "Two-sided confidence intervals for the single proportion" (1998).
  it.each([
    [0, 10, 0, 0.2775],
    [1, 1, 0.2065, 1],
    [3, 3, 0.4385, 1],
    [5, 10, 0.2366, 0.7634],
    [50, 100, 0.4038, 0.5962],
    [81, 263, 0.2553, 0.3662]
  ])("of %d hits of %d is %d to %d", (hits, trials, low, high) => {
    const interval = wilson(hits, trials) ?? [Number.NaN, Number.NaN]
    assert.approximately(interval[0], low, 0.00005)
    assert.approximately(interval[1], high, 0.00005)
  })

  it("does not exist without a trial", () => {
    assert.isUndefined(wilson(0, 0))
  })

  it("holds the rate, and stays within 0 and 1", () => {
    for (let trials = 1; trials <= 60; trials++) {
      for (let hits = 0; hits <= trials; hits++) {
        const [low = Number.NaN, high = Number.NaN] = wilson(hits, trials) ?? []
        assert.isTrue(0 <= low && low <= hits / trials && hits / trials <= high && high <= 1, `${hits} of ${trials}`)
      }
    }
  })
})
