import { assert, describe, it } from "@effect/vitest"
import type { MatchClock } from "../../../src/domain/Snapshot.ts"
import { clockOf, readPeriods, stateOf } from "../../../src/feed/sportmonks/clock.ts"

const row = (type_id: number, minutes: number, more: Readonly<Record<string, unknown>> = {}) => ({
  type_id,
  minutes,
  seconds: 30,
  counts_from: ({ 1: 0, 2: 45, 3: 90, 5: 120, 39: 105, 5314: 90 } as const)[type_id],
  ticking: false,
  has_timer: false,
  ...more
})
const ticking = (type_id: number, minutes: number, more: Readonly<Record<string, unknown>> = {}) =>
  row(type_id, minutes, { ticking: true, has_timer: true, ...more })

const was = (clock: Partial<MatchClock>): MatchClock => ({
  period: "2H",
  minute: 61,
  added: 0,
  status: "live",
  ...clock
})

const first = row(1, 48)
const second = row(2, 94)

describe("SportMonks' clock", () => {
  it.each([
    ["not started", 1, [], undefined, "1H 0+0 scheduled"],
    ["in the first minute", 2, [ticking(1, 0)], undefined, "1H 1+0 live"],
    ["in added time", 2, [ticking(1, 46)], undefined, "1H 45+2 live"],
    ["at half-time", 3, [first], undefined, "1H 45+4 break"],
    ["in the second half, rows in any order", 22, [ticking(2, 68), first], undefined, "2H 69+0 live"],
    ["at 90+9", 22, [first, ticking(2, 98)], undefined, "2H 90+9 live"],
    ["in the second half of 2 × 40", 22, [ticking(2, 41, { counts_from: 40 })], undefined, "2H 42+0 live"],
    ["counting from nowhere", 2, [ticking(1, 35, { counts_from: 30 })], undefined, "1H 6+0 live"],
    ["waiting for extra time", 4, [first, second], undefined, "2H 90+5 break"],
    ["in extra time, one row", 6, [first, second, ticking(3, 92)], undefined, "E1 93+0 live"],
    [
      "in extra time, counted from the second half",
      6,
      [ticking(3, 107, { counts_from: 105 })],
      undefined,
      "E1 93+0 live"
    ],
    ["in its break", 21, [first, second, row(3, 105)], undefined, "E1 105+1 break"],
    ["in its second half, one row", 23, [ticking(3, 110)], undefined, "E2 111+0 live"],
    ["in its second half, a row of its own", 23, [row(5314, 105), ticking(39, 110)], undefined, "E2 111+0 live"],
    ["before a shoot-out", 25, [first, second, row(3, 121)], undefined, "E2 120+2 break"],
    ["before a shoot-out after 90", 25, [first, second], undefined, "2H 90+5 break"],
    ["in a shoot-out", 9, [first, second, row(3, 121), ticking(5, 0)], undefined, "P 120+0 live"],
    ["in a shoot-out after 90", 9, [first, second, ticking(5, 0)], undefined, "P 90+0 live"],
    ["finished", 5, [first, second], undefined, "2H 90+5 finished"],
    ["finished without rows", 5, [], undefined, "2H 90+0 finished"],
    ["suspended", 11, [first, ticking(2, 130)], was({}), "2H 61+0 suspended"],
    ["interrupted, seen for the first time", 18, [first, row(2, 60)], undefined, "2H 61+0 interrupted"],
    ["postponed", 10, [], undefined, "1H 0+0 postponed"],
    ["a walkover", 14, [], undefined, "1H 0+0 walkover"],
    ["lost by the provider", 19, [], was({}), "2H 61+0 interrupted"],
    ["without a row of its period", 22, [first], was({}), "2H 61+0 live"],
    ["at a minute that cannot be", 22, [ticking(2, 300)], was({}), "2H 61+0 live"],
    ["at a minute that cannot be, seen for the first time", 22, [ticking(2, 300)], undefined, undefined],
    ["without rows, seen for the first time", 2, [], undefined, undefined]
  ] as const)("%s", (_, id, rows, before, expected) => {
    const state = stateOf(id)
    if (state === undefined || state === "deleted") throw new Error(`no state ${id}`)
    const clock = clockOf(state, readPeriods(rows).rows, before)
    assert.strictEqual(clock && `${clock.period} ${clock.minute}+${clock.added} ${clock.status}`, expected)
  })

  it("is none for a state that it does not know, and a fixture that was deleted is not shown", () => {
    assert.isUndefined(stateOf(777))
    assert.strictEqual(stateOf(20), "deleted")
  })
})
