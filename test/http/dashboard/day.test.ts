import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { dayOf } from "../../../src/http/dashboard/day.ts"

/** From when to when a day is, in UTC. */
const times = (day: string, zone?: string) => {
  const found = dayOf(day, zone)
  return found === undefined ? undefined : [found.since, found.until].map((at) => DateTime.formatIso(at).slice(0, 16))
}

describe("A day", () => {
  it("is as long as it is where it is: clocks go on and back within it, at its begin, and by half an hour", () => {
    for (const [day, zone, since, until] of [
      ["2026-11-27", undefined, "2026-11-27T00:00", "2026-11-28T00:00"],
      ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00", "2026-03-29T22:00"],
      ["2026-10-25", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T23:00"],
      ["2026-04-23", "Africa/Cairo", "2026-04-22T22:00", "2026-04-23T22:00"],
      ["2026-04-24", "Africa/Cairo", "2026-04-23T22:00", "2026-04-24T21:00"],
      ["2026-10-29", "Africa/Cairo", "2026-10-28T21:00", "2026-10-29T22:00"],
      ["2026-04-05", "Australia/Lord_Howe", "2026-04-04T13:00", "2026-04-05T13:30"],
      ["2026-12-31", "Pacific/Kiritimati", "2026-12-30T10:00", "2026-12-31T10:00"]
    ] as const)
      assert.deepStrictEqual(times(day, zone), [since, until], `${day} ${zone}`)
  })

  it("is none of what is no day, or of a year that a database does not read", () => {
    for (const day of [
      "",
      "today",
      "2026-13-01",
      "2026-02-31",
      "2026-11-27T00:00",
      "0000-01-01",
      "0001-01-01",
      "9999-12-31"
    ])
      assert.isUndefined(times(day, "Asia/Tokyo"), day)
  })
})
