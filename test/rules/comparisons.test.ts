import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { comparators } from "../../src/domain/Strategy.ts"
import { compare } from "../../src/rules/compare.ts"
import { admitted } from "../../src/rules/engine/comparisons.ts"

const Threshold = Schema.Union([
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: -40_000, maximum: 40_000 }))),
  Schema.Finite,
  Schema.Literals([-32_768.5, -32_768, -32_767, -0.5, -0, 2.5, 32_766.5, 32_767, 32_768])
])

describe("The integers that a comparison admits", () => {
  it.prop(
    "are those that compare so, and never the one that stands for no value",
    [Schema.Literals(comparators), Threshold],
    ([comparator, threshold]) => {
      const { least, most, others } = admitted(comparator, threshold)
      const admits = (value: number): boolean => (value >= least && value <= most) !== others
      const near = Math.max(-32_766, Math.min(32_766, Math.round(threshold)))
      for (const value of [-32_767, -1, 0, 1, near - 1, near, near + 1, 32_767]) {
        expect(admits(value), `${value} ${comparator} ${threshold}`).toBe(compare(value, comparator, threshold))
      }
      expect(least).toBeGreaterThanOrEqual(-32_767)
      expect(most).toBeLessThanOrEqual(32_767)
    }
  )
})
