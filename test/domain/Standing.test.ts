import { assert, describe, it } from "@effect/vitest"
import type { MatchClock } from "../../src/domain/Snapshot.ts"
import { isFrozen, type Standing, stand } from "../../src/domain/Standing.ts"

const minute = 60_000

type At = number | Partial<MatchClock>

/** The polls of a minute each, by whether the clock counts as frozen after each: `.` and `F`. */
const course = (polls: ReadonlyArray<At>): string => {
  let standing: Standing | undefined
  return polls
    .map((at, index) => {
      const shown: MatchClock = { period: "2H", minute: 81, added: 0, status: "live" }
      standing = stand(standing, { ...shown, ...(typeof at === "number" ? { minute: at } : at) }, index * minute)
      return isFrozen(standing) ? "F" : "."
    })
    .join("")
}

const times = (count: number, ...all: ReadonlyArray<At>): ReadonlyArray<At> =>
  Array.from({ length: count }, () => all).flat()

describe("The clock of a match", () => {
  it("stands after 20 minutes, until it moves", () => {
    assert.strictEqual(course([...times(22, 81), 82, 82, 83]), `${".".repeat(20)}FF...`)
  })

  it("that goes from a minute to the next and back, again and again, stands", () => {
    assert.strictEqual(course(times(15, 81, 82)), `${".".repeat(21)}${"F".repeat(9)}`)
    // From the poll on at which the minute beyond is taken back.
    assert.strictEqual(course([...times(22, 81), ...times(4, 82, 81)]), `${".".repeat(20)}FF.${"F".repeat(7)}`)
    assert.strictEqual(course(times(15, 81, { minute: 81, added: 1 })), `${".".repeat(21)}${"F".repeat(9)}`)
  })

  it.each(["break", "interrupted", "suspended", "delayed", "scheduled"] as const)(
    "is not freed by a poll that says %s",
    (status) => {
      const other = { status, ...(status === "scheduled" ? { period: "1H" as const, minute: 0 } : {}) }
      assert.strictEqual(course([...times(22, 81), other, 81, other, other, 81]), `${".".repeat(20)}${"F".repeat(7)}`)
      // Nor does a poll like that, now and then, keep it from standing.
      assert.include(course(times(20, 81, 81, 81, 81, other)), "F".repeat(50))
    }
  )

  it("does not stand while its half is not played, however long that is", () => {
    for (const status of ["break", "interrupted", "suspended"] as const) {
      assert.strictEqual(course([...times(10, 81), ...times(40, { status }), ...times(5, 81), 82]), ".".repeat(56))
    }
  })

  it("begins anew with a match that is played again, and not with a poll that is wrong once", () => {
    const again = [1, 2, 3, 4].map((each) => ({ period: "1H" as const, minute: each }))
    assert.strictEqual(course([...times(22, 81), ...again]), `${".".repeat(20)}FFF...`)
    assert.strictEqual(course([...times(22, 81), 60, 81, 60, 81]), `${".".repeat(20)}${"F".repeat(6)}`)
    assert.strictEqual(course([...times(12, 81), 90, ...times(12, 82), 83]).includes("F"), false)
  })

  it("goes with a match that is corrected by a minute or two", () => {
    assert.notInclude(course(Array.from({ length: 30 }, (_, index) => 50 + index - (index % 3))), "F")
  })

  it("stands over five polls at the least", () => {
    let standing: Standing | undefined
    for (const at of [0, 20, 40, 60]) {
      standing = stand(standing, { period: "2H", minute: 81, added: 0, status: "live" }, at * minute)
      assert.isFalse(isFrozen(standing))
    }
  })
})
