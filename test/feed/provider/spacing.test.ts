import { assert, describe, it } from "@effect/vitest"
import { spacing } from "../../../src/feed/provider/spacing.ts"

const interval = 15_000
const hour = 3_600_000

describe("The time between two polls", () => {
  it("is the interval where requests are plenty, and where there is nothing to ask", () => {
    assert.strictEqual(spacing({ interval, available: 2000, each: hour }), interval)
    assert.strictEqual(spacing({ interval, available: 0, each: 0 }), interval)
  })

  it("makes what is left last", () => {
    assert.strictEqual(spacing({ interval, available: 60, each: hour }), 60_000)
    assert.strictEqual(spacing({ interval, available: 89, each: 24 * hour }), (24 * hour) / 89)
  })

  it("takes what is asked for once a minute from what polls may have", () => {
    // 60 of 180 go to what is asked once a minute, whatever the polls do.
    assert.strictEqual(spacing({ interval, available: 180, each: hour, slow: hour }), 30_000)
    // Where polls are further apart than a minute everything is asked at every one.
    assert.strictEqual(spacing({ interval, available: 60, each: hour, slow: hour }), 120_000)
  })

  it("has no end where nothing is left", () => {
    assert.strictEqual(spacing({ interval, available: 0, each: hour }), Number.POSITIVE_INFINITY)
    assert.strictEqual(spacing({ interval, available: -5, each: hour }), Number.POSITIVE_INFINITY)
  })
})
