import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { MatchStatus, Period, periodEnd, periodStart, periods } from "../../src/domain/Snapshot.ts"
import { StoredClock, StoredSnapshot } from "../../src/domain/StoredSnapshot.ts"
import { snapshotOf } from "../fixtures/pipeline.ts"

const decode = Schema.decodeUnknownSync(StoredClock)
const encode = Schema.encodeSync(StoredClock)

/** What the first version of all reads as a clock. */
const firstVersion = Schema.Struct({
  period: Period,
  minute: Schema.Int,
  added: Schema.Int,
  status: Schema.Literals(["scheduled", "live", "break", "finished", "abandoned"])
}).check(
  Schema.makeFilter(
    ({ minute, period, status }) =>
      status === "scheduled" || (minute >= periodStart[period] && minute <= periodEnd[period])
  )
)
const decodeFirst = Schema.decodeUnknownSync(firstVersion)

/** Every status in every period, at minutes that a clock of it may show. */
const clocks = MatchStatus.literals.flatMap((status) =>
  periods.flatMap((period) =>
    [41, 45, 60, 90, 120].flatMap((minute) => {
      const clock = { period, minute, added: 1, status }
      return Schema.is(StoredClock)(clock) ? [clock] : []
    })
  )
)

describe("The clock of a stored snapshot", () => {
  it("comes back as it was", () => {
    assert.isAbove(clocks.length, 60)
    for (const clock of clocks) assert.deepStrictEqual(decode(encode(clock)), clock)
  })

  it("is read by the version before states were known, which fires on none that it did not know", () => {
    for (const clock of clocks) {
      const read = decodeFirst(encode(clock))
      assert.deepStrictEqual([read.period, read.minute, read.added], [clock.period, clock.minute, clock.added])
      if (read.status !== "scheduled") assert.strictEqual(read.status, clock.status)
    }
    assert.strictEqual(
      decodeFirst(encode({ period: "2H", minute: 60, added: 0, status: "suspended" })).status,
      "scheduled"
    )
    assert.strictEqual(decodeFirst(encode({ period: "P", minute: 90, added: 0, status: "live" })).status, "scheduled")
    assert.strictEqual(decodeFirst(encode({ period: "2H", minute: 60, added: 0, status: "live" })).status, "live")
  })

  it("is read as that version wrote it", () => {
    for (const status of ["scheduled", "live", "break", "finished", "abandoned"] as const) {
      const clock = { period: "2H", minute: 60, added: 0, status } as const
      assert.deepStrictEqual(decode(clock), clock)
    }
  })
})

describe("A stored snapshot", () => {
  it("is a snapshot in all else", () => {
    const snapshot = snapshotOf({ status: "interrupted", statistics: { corners: { home: 1, away: 2 } } })
    const written = Schema.encodeSync(StoredSnapshot)(snapshot)
    assert.deepStrictEqual(Schema.decodeUnknownSync(StoredSnapshot)(JSON.parse(JSON.stringify(written))), snapshot)
  })
})
