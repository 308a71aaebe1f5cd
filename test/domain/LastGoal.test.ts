import { describe, expect, it } from "@effect/vitest"
import { lastGoal } from "../../src/domain/LastGoal.ts"
import { moment, record, type Timeline } from "../../src/domain/Timeline.ts"
import { type Shown, snapshotOf } from "../fixtures/pipeline.ts"

const score = (home: number, away: number) => ({ home, away })

/** The timeline of a match that showed these scores, each minute once. */
const seen = (...shown: ReadonlyArray<Shown>): Timeline =>
  shown.reduce<Timeline>((timeline, each) => record(timeline, moment(snapshotOf(each))), [])

describe("the last goal", () => {
  it("is dated by the first minute that shows it", () => {
    const timeline = seen(
      { minute: 30, score: score(0, 0) },
      { minute: 31, score: score(0, 1) },
      { minute: 32, score: score(0, 1) }
    )
    expect(lastGoal(timeline)).toEqual({ side: "away", period: "1H", minute: 31, added: 0, isExact: true })
  })

  it("is that of the side that scored later", () => {
    const timeline = seen(
      { minute: 30, score: score(0, 0) },
      { minute: 31, score: score(0, 1) },
      { minute: 32, score: score(1, 1) }
    )
    expect(lastGoal(timeline)).toMatchObject({ side: "home", minute: 32 })
  })

  it("has an added minute where the scoreboard has one", () => {
    const timeline = seen({ minute: 45, score: score(0, 0) }, { minute: 45, added: 1, score: score(1, 0) })
    expect(lastGoal(timeline)).toMatchObject({ minute: 45, added: 1, isExact: true })
  })

  it("is exact in the first minute of a half whose break was seen", () => {
    const timeline = seen({ minute: 45, added: 2, score: score(0, 0) }, { minute: 46, score: score(1, 0) })
    expect(lastGoal(timeline)).toMatchObject({ minute: 46, isExact: true })
  })

  it("is not exact when minutes before it were not seen", () => {
    const timeline = seen({ minute: 40, score: score(0, 0) }, { minute: 60, score: score(1, 0) })
    expect(lastGoal(timeline)).toMatchObject({ side: "home", minute: 60, isExact: false })
  })

  it("is of no side when both scored in its minute", () => {
    const timeline = seen({ minute: 40, score: score(0, 0) }, { minute: 41, score: score(1, 1) })
    expect(lastGoal(timeline)).toEqual({ period: "1H", minute: 41, added: 0, isExact: true })
  })

  it("is the one before when the latest was withdrawn", () => {
    const timeline = seen(
      { minute: 20, score: score(0, 0) },
      { minute: 21, score: score(1, 0) },
      { minute: 50, score: score(1, 1) },
      { minute: 51, score: score(1, 0) }
    )
    expect(lastGoal(timeline)).toMatchObject({ side: "home", minute: 21 })
  })

  it("is not known when it came before the match was joined", () => {
    expect(lastGoal(seen({ minute: 30, score: score(1, 0) }, { minute: 31, score: score(1, 0) }))).toBeUndefined()
  })

  it("is known of a match joined in play once a goal was seen", () => {
    const timeline = seen({ minute: 30, score: score(1, 0) }, { minute: 31, score: score(1, 1) })
    expect(lastGoal(timeline)).toMatchObject({ side: "away", minute: 31 })
  })

  it("of the first minute is known", () => {
    expect(lastGoal(seen({ minute: 1, score: score(0, 1) }))).toMatchObject({ side: "away", minute: 1, isExact: true })
  })

  it("is nothing without goals, or without a past", () => {
    expect(lastGoal(seen({ minute: 30 }, { minute: 31 }))).toBeUndefined()
    expect(lastGoal([])).toBeUndefined()
  })
})
