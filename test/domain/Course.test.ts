import { assert, describe, it } from "@effect/vitest"
import { type Course, noCourse, recall, show } from "../../src/domain/Course.ts"
import { lastGoal } from "../../src/domain/LastGoal.ts"
import { compareMatchMinutes } from "../../src/domain/Snapshot.ts"
import { moment, type Timeline, valueAt } from "../../src/domain/Timeline.ts"
import { type Scene, snapshot } from "../rules/scene.ts"

/** The timelines of polls that show these scenes one after another. */
const polled = (...scenes: ReadonlyArray<Scene>): ReadonlyArray<Timeline> => {
  let course: Course = noCourse
  return scenes.map((scene) => {
    const shown = moment(snapshot(scene))
    const { course: next, timeline } = show(course, shown)
    course = next
    assert.deepStrictEqual(timeline.at(-1), shown)
    for (const each of timeline) assert.isAtMost(compareMatchMinutes(each, shown), 0)
    return timeline
  })
}

const minutes = (timeline: Timeline | undefined) => timeline?.map(({ added, minute }) => minute + added)

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

const at = (minute: number, home = 0, away = 0): Scene => ({
  minute,
  score: { home, away },
  statistics: { corners: { home: Math.floor(minute / 10), away: 0 } }
})

describe("A clock that goes back", () => {
  it("by a few minutes is corrected, and what is shown has no past beyond it", () => {
    const timelines = polled(at(57), at(58), at(59), at(57), at(60))
    assert.deepStrictEqual(minutes(timelines[3]), [57])
    assert.deepStrictEqual(minutes(timelines[4]), [57, 58, 59, 60])
  })

  it("after one poll that was ahead goes on where it was, without that poll", () => {
    const scenes = [...range(20, 30).map((minute) => at(minute, 1)), at(55, 1, 2), at(31, 1), at(32, 1), at(33, 1)]
    const timelines = polled(...scenes)
    assert.deepStrictEqual(minutes(timelines.at(-3)), [31])
    assert.deepStrictEqual(minutes(timelines.at(-1)), range(20, 33))
    assert.isUndefined(lastGoal(timelines.at(-1) ?? []))
  })

  it("for one poll alone was wrong, and leaves no trace", () => {
    const timelines = polled(at(59), at(60), at(20), at(61), at(62))
    assert.deepStrictEqual(minutes(timelines[2]), [20])
    assert.deepStrictEqual(minutes(timelines[3]), [59, 60, 61])
    assert.deepStrictEqual(minutes(timelines[4]), [59, 60, 61, 62])
  })

  it("for two polls is that of a match that is played again: it has a new past", () => {
    const first = range(1, 70).map((minute) => at(minute, minute >= 10 ? 2 : 0, minute >= 60 ? 1 : 0))
    const again = [...range(1, 19), ...range(30, 33)].map((minute) => at(minute))
    const timelines = polled(...first, ...again)
    assert.isUndefined(lastGoal(timelines.at(-1) ?? []))
    assert.deepStrictEqual(minutes(timelines.at(-1)), [...range(1, 19), ...range(30, 33)])
    // Minutes 20 to 29 of the second play were not seen.
    assert.deepStrictEqual(valueAt(timelines.at(-1) ?? [], "corners", 25), { home: 1, away: 0 })
  })

  it("to an earlier period is such a step too", () => {
    const timelines = polled(at(46), at(47), { ...at(45), period: "1H" }, { ...at(45), period: "1H", added: 1 })
    assert.deepStrictEqual(minutes(timelines[3]), [45, 46])
  })

  it("again and again has no past until it goes on", () => {
    const timelines = polled(at(80), at(81), at(60), at(40), at(20), at(21), at(22))
    assert.deepStrictEqual(timelines.slice(2).map(minutes), [[60], [40], [20], [20, 21], [20, 21, 22]])
  })
})

describe("A poll that shows what was shown", () => {
  it("leaves the past as it is", () => {
    assert.deepStrictEqual(polled(at(60), at(60)).map(minutes), [[60], [60]])
    const shown = moment(snapshot(at(60)))
    const { course } = show(noCourse, shown)
    assert.strictEqual(show(course, moment(snapshot(at(60)))).course.past, course.past)
  })
})

describe("A moment that was recorded", () => {
  const courseOf = (...scenes: ReadonlyArray<Scene>): Course =>
    scenes.reduce<Course>((course, scene) => show(course, moment(snapshot(scene))).course, noCourse)

  it("of a former play is left out, and one of a later play has a past of its own", () => {
    const course = courseOf(...range(1, 40).map((minute) => at(minute)), at(3), at(4))
    assert.strictEqual(course.play, 1)
    assert.strictEqual(recall(course, 0, moment(snapshot(at(39)))), course)
    const later = recall(course, 2, moment(snapshot(at(9))))
    assert.deepStrictEqual([later.play, minutes(later.past.timeline)], [2, [9]])
  })

  it("as it is known is no other poll: one that was ahead is wrong as before", () => {
    const ahead = moment(snapshot(at(55)))
    const course = recall(courseOf(...range(20, 30).map((minute) => at(minute)), at(55)), 0, ahead)
    const { course: doubted } = show(course, moment(snapshot(at(31))))
    assert.deepStrictEqual(minutes(show(doubted, moment(snapshot(at(32)))).timeline), range(20, 32))
  })
})
