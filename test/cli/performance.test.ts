import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { timeOf } from "../../src/cli/performance.ts"

describe("performance --since", () => {
  it.effect.each([
    "1",
    "12",
    "Jan 1",
    "infinity",
    "now",
    "2026-13-45",
    "99999-01-01",
    "+275760-09-13",
    "-000001-01-01",
    "0000-06-01",
    "9999-12-31T23:59:59-12:00",
    "2026-11-01'; select 1"
  ])("takes no %s, and says what it takes", (text) =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(timeOf(text))
      expect(message).toBe(`--since takes a date or time such as 2026-11-01, and got ${JSON.stringify(text)}`)
    })
  )

  it.effect.each([
    ["2026-11-01", "2026-11-01T00:00:00.000Z"],
    ["2026-11-01T15:00:00+01:00", "2026-11-01T14:00:00.000Z"],
    ["9999-12-31", "9999-12-31T00:00:00.000Z"],
    ["0001-01-01", "0001-01-01T00:00:00.000Z"]
  ] as const)("takes %s", ([text, time]) =>
    Effect.gen(function* () {
      expect(DateTime.formatIso(yield* timeOf(text))).toBe(time)
    })
  )
})
