/**
 * The course of a match, poll by poll: its past, and what is made of a clock that goes back. A poll may be wrong once, and a
 * match may be played again under its id; neither may make windows or the last goal speak of what is not this match's past.
 *
 * Guarantees: the past of what is shown never reaches beyond it. A step back of more than three minutes, or to an earlier
 * period, is in doubt at first, and what is shown then has no past; when the next poll goes on from there, either the poll
 * before the step was the wrong one and is forgotten, or the match is played again and has a new past.
 */
import { noPast, type Past, remember } from "./Past.ts"
import { compareMatchMinutes, type Figure, type Figures, type MatchMinute, periods } from "./Snapshot.ts"
import type { Moment, Timeline } from "./Timeline.ts"

export interface Course {
  readonly past: Past
  /** What was shown last. */
  readonly last: Moment | undefined
  /** How many polls in a row have shown the match at about this place: one alone may be wrong. */
  readonly polls: number
  /** What was shown after a step back that is still in doubt. */
  readonly doubted: Moment | undefined
  /** How often the past has begun anew. */
  readonly play: number
}

/** The course of a match that nothing is known of. */
export const noCourse: Course = { past: noPast, last: undefined, polls: 0, doubted: undefined, play: 0 }

/** A clock may be corrected by so many minutes. */
const correction = 3

const position = ({ added, minute }: MatchMinute): number => minute + added

/** How far the clock is from one moment to another: in minutes within a period, without end from one period to another. */
const distance = (from: MatchMinute, to: MatchMinute): number =>
  from.period === to.period
    ? position(to) - position(from)
    : periods.indexOf(to.period) < periods.indexOf(from.period)
      ? Number.NEGATIVE_INFINITY
      : Number.POSITIVE_INFINITY

/** Whether the clock goes back by more than a correction: further than three minutes, or to an earlier period. */
export const stepsBack = (from: MatchMinute, to: MatchMinute): boolean => distance(from, to) < -correction

const isSame = (one: Figure | undefined, other: Figure | undefined): boolean =>
  one === other ||
  (typeof one === "object" && typeof other === "object" && one.home === other.home && one.away === other.away)

const areSame = (one: Figures, other: Figures): boolean => {
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    (names as ReadonlyArray<keyof Figures>).every((name) => isSame(one[name], other[name]))
  )
}

/** Whether the past has the moment just so. */
const isKnown = ({ shown }: Past, moment: Moment): boolean => {
  const same = shown.findLast((each) => compareMatchMinutes(each, moment) === 0)
  return same !== undefined && areSame(same.figures, moment.figures)
}

/** The course with a moment that belongs to its past. */
const goOn = (course: Course, moment: Moment): Course => {
  const { last, past, polls } = course
  return {
    ...course,
    past: isKnown(past, moment) ? past : remember(past, moment),
    last: last === undefined || compareMatchMinutes(last, moment) <= 0 ? moment : last,
    polls: last === undefined || Math.abs(distance(last, moment)) > correction ? 1 : polls + 1
  }
}

/**
 * The course with a moment of its past that was recorded, perhaps by somebody else. The past of a later play takes the place of
 * what is known, and one of a former play is left out. What was known so already is no other poll, and settles no doubt.
 */
export const recall = (course: Course, play: number, moment: Moment): Course => {
  if (play < course.play) return course
  const current = play > course.play ? { ...noCourse, play } : course
  return isKnown(current.past, moment) ? current : goOn(current, moment)
}

/** What becomes of a course by one poll. */
export interface Shown {
  readonly course: Course
  /** The past of what is shown, up to and including it. */
  readonly timeline: Timeline
  /** The moments that are new in the past: all of it where it began anew. */
  readonly settled: ReadonlyArray<Moment>
}

const upTo = (timeline: Timeline, moment: Moment): Timeline => {
  const last = timeline.at(-1)
  return last === undefined || compareMatchMinutes(last, moment) <= 0
    ? timeline
    : timeline.filter((each) => compareMatchMinutes(each, moment) <= 0)
}

/** The course after a poll that shows this moment. */
export const show = (course: Course, moment: Moment): Shown => {
  const { doubted, last, past, play, polls } = course
  if (last === undefined || !stepsBack(last, moment)) {
    const next = { ...goOn(course, moment), last: moment, doubted: undefined }
    return { course: next, timeline: upTo(next.past.timeline, moment), settled: next.past === past ? [] : [moment] }
  }
  if (doubted === undefined || stepsBack(doubted, moment)) {
    return { course: { ...course, doubted: moment }, timeline: [moment], settled: [] }
  }
  const kept = polls > 1 ? [] : past.shown.filter((each) => compareMatchMinutes(each, doubted) < 0)
  const again = [...kept, doubted, moment].reduce(remember, noPast)
  return {
    course: { past: again, last: moment, polls: 2, doubted: undefined, play: play + 1 },
    timeline: upTo(again.timeline, moment),
    settled: again.shown
  }
}
