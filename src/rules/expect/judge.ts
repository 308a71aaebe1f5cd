/** What became of a trigger's expectation, in a match that was played to its end. */

import { correctedTrigger } from "../../domain/Past.ts"
import {
  isPlayed,
  type MatchClock,
  type MatchMinute,
  type Period,
  periodEnd,
  periods,
  type Snapshot
} from "../../domain/Snapshot.ts"
import type { Condition } from "../../domain/Strategy.ts"
import { type Moment, moment } from "../../domain/Timeline.ts"
import { evaluateCondition, type View } from "../evaluate.ts"
import { explainCondition } from "../explain/explain.ts"
import { type Decision, decide, judgedPeriod } from "./decide.ts"

export interface Judgement {
  /** `undecided` without an expectation, and where the match was not played to the end that is judged. */
  readonly result: Decision | "undecided"
  /** The first minute, from the trigger on, at which nothing but a correction could change the result any more. */
  readonly decidedAt: MatchMinute | undefined
  /** Of a miss for want of a value at the end, which it is as a condition without one does not hold: why there is none. */
  readonly missing: ReadonlyArray<string>
}

const undecided: Judgement = { result: "undecided", decidedAt: undefined, missing: [] }

/** The last view of a period, at which expectations are judged. Nothing where it was not played. */
export const judgedView = (views: ReadonlyArray<View>, period: ReturnType<typeof judgedPeriod>): View | undefined =>
  views.findLast(({ snapshot }) => snapshot.clock.period === period)

/** Whether the end of this period is past. */
export const isOverAt = (clock: MatchClock, period: Period): boolean =>
  clock.status === "finished" ||
  (isPlayed(clock) && periods.indexOf(clock.period) > periods.indexOf(period)) ||
  (clock.status === "break" && clock.period === period && clock.minute >= periodEnd[period])

/** The view with what was known before kick-off, where it does not tell. */
export const knowing = (prematch: Snapshot["prematch"], view: View): View =>
  Object.keys(prematch).every((name) => name in view.snapshot.prematch)
    ? view
    : { ...view, snapshot: { ...view.snapshot, prematch: { ...prematch, ...view.snapshot.prematch } } }

/** What is judged of a trigger: what is expected, and the match as it stood when the strategy fired. */
export interface Judged {
  readonly expectation: Condition
  readonly at: Moment
  readonly prematch: Snapshot["prematch"]
}

const minuteOf = ({ added, minute, period }: MatchMinute): MatchMinute => ({ period, minute, added })

/**
 * Judges an expectation for a trigger at view number `fired` of a match's views, which are those of all its minutes in
 * play. The result is that of the evaluator at the end; an early decision only tells when it was settled.
 */
export const judge = (expect: Condition | undefined, views: ReadonlyArray<View>, fired: number): Judgement => {
  const at = views[fired]
  if (expect === undefined || at === undefined) return undecided
  const { snapshot } = at
  return judgeTrigger({ expectation: expect, at: moment(snapshot), prematch: snapshot.prematch }, views, fired)
}

/** The same for a trigger of any moment. View number `first` is the first that is not before it. */
export const judgeTrigger = (
  { at: trigger, expectation: expect, prematch }: Judged,
  views: ReadonlyArray<View>,
  first: number
): Judgement => {
  const end = judgedView(views, judgedPeriod({ trigger }))
  if (end === undefined) return undecided
  // What was known before kick-off is the same at every minute, whatever a poll told of it.
  const before = { ...prematch, ...end.snapshot.prematch }
  const judged = (view: View): View => ({
    ...knowing(before, view),
    trigger: correctedTrigger(trigger, view.timeline)
  })
  const result = evaluateCondition(expect, judged(end)) === undefined ? "miss" : "hit"
  const isDecided = (view: View): boolean => decide(expect, judged(view)) === result
  const last = views.indexOf(end)
  const since = views.slice(first, last)
  const decided = isAsShown(since, end) ? firstByHalving(since, isDecided) : firstOfTheLast(since, isDecided)
  const missing = result === "hit" ? [] : explainCondition(expect, judged(end)).missing
  return { result, decidedAt: minuteOf((since[decided] ?? end).snapshot.clock), missing }
}

/** Whether the last moment of each view is still what it was at the end: nothing was taken back. */
const isAsShown = (views: ReadonlyArray<View>, end: View): boolean =>
  views.every(({ timeline }) => timeline.at(-1) === end.timeline[timeline.length - 1])

/** The number of the first view that is decided, where all after it are; as many as there are when none is. */
const firstByHalving = (views: ReadonlyArray<View>, isDecided: (view: View) => boolean): number => {
  let [from, to] = [0, views.length]
  while (from < to) {
    const middle = (from + to) >> 1
    const view = views[middle]
    if (view !== undefined && isDecided(view)) to = middle
    else from = middle + 1
  }
  return from
}

/** The number of the first view from which on all are decided. */
const firstOfTheLast = (views: ReadonlyArray<View>, isDecided: (view: View) => boolean): number =>
  views.findLastIndex((view) => !isDecided(view)) + 1
