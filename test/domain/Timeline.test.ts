import { describe, expect, it } from "@effect/vitest"
import type { Figures, MatchMinute } from "../../src/domain/Snapshot.ts"
import { isAfterHalfTime, type Moment, record, type Timeline, valueAt } from "../../src/domain/Timeline.ts"

const at = (minute: number, figures: Figures = {}, rest: Partial<MatchMinute> = {}): Moment => ({
  period: minute <= 45 ? "1H" : "2H",
  minute,
  added: 0,
  ...rest,
  figures
})

const corners = (home: number, away = 0): Figures => ({ corners: { home, away } })

const timelineOf = (...moments: ReadonlyArray<Moment>): Timeline => moments.reduce<Timeline>(record, [])

const minutes = (timeline: Timeline) => timeline.map(({ added, minute, period }) => `${period} ${minute}+${added}`)

describe("recording", () => {
  it("keeps moments in the order of play, added minutes one by one", () => {
    const timeline = timelineOf(at(44), at(45), at(45, {}, { added: 1 }), at(45, {}, { added: 2 }), at(46))
    expect(minutes(timeline)).toEqual(["1H 44+0", "1H 45+0", "1H 45+1", "1H 45+2", "2H 46+0"])
  })

  it("a moment of the same minute takes the place of the older one", () => {
    const timeline = timelineOf(at(10, corners(1)), at(11, corners(2)), at(11, corners(3)))
    expect(timeline.map(({ figures }) => figures.corners)).toEqual([
      { home: 1, away: 0 },
      { home: 3, away: 0 }
    ])
  })

  it("a moment from before the latest is put where it belongs", () => {
    expect(minutes(timelineOf(at(10), at(12), at(11), at(9)))).toEqual(["1H 9+0", "1H 10+0", "1H 11+0", "1H 12+0"])
  })

  it("the period counts before the minute", () => {
    const timeline = timelineOf(at(46), at(45, {}, { added: 4 }))
    expect(minutes(timeline)).toEqual(["1H 45+4", "2H 46+0"])
  })

  it("leaves the timeline that it was given as it was", () => {
    const before = timelineOf(at(10))
    record(before, at(11))
    expect(before).toHaveLength(1)
  })
})

describe("the value of a metric at a minute", () => {
  const timeline = timelineOf(
    at(10, corners(1)),
    at(45, corners(3)),
    at(45, corners(4), { added: 2 }),
    at(50, corners(5))
  )

  it.each([
    [10, 1],
    [30, 1],
    [44, 1],
    [45, 4],
    [49, 4],
    [50, 5],
    [90, 5]
  ])("%i is that of the latest moment not after it: %i", (minute, home) => {
    expect(valueAt(timeline, "corners", minute)).toEqual({ home, away: 0 })
  })

  it("is 0 at kick-off and before for what is counted, and nothing for a gauge", () => {
    expect(valueAt(timeline, "corners", 0)).toEqual({ home: 0, away: 0 })
    expect(valueAt(timeline, "corners", -5)).toEqual({ home: 0, away: 0 })
    expect(valueAt(timeline, "possession", 0)).toBeUndefined()
    expect(valueAt([], "corners", 0)).toEqual({ home: 0, away: 0 })
  })

  it("is not known before the first moment of a match joined in play", () => {
    expect(valueAt(timeline, "corners", 5)).toBeUndefined()
    expect(valueAt([], "corners", 5)).toBeUndefined()
  })

  it("is 0 before the first moment when the metric still stood at 0 then", () => {
    expect(valueAt(timelineOf(at(10, corners(0))), "corners", 5)).toEqual({ home: 0, away: 0 })
  })

  it("is missing where the moment does not have it, though an earlier one has", () => {
    expect(valueAt(timelineOf(at(10, corners(1)), at(11)), "corners", 11)).toBeUndefined()
  })
})

it("the second half and all that follows is after half-time", () => {
  expect((["1H", "2H", "E1", "E2", "P"] as const).map(isAfterHalfTime)).toEqual([false, true, true, true, true])
})
