/** What became of a trigger's expectation, by the views of a match that was seen whole. */

import { correctedTrigger } from "../../domain/Past.ts"
import {
  compareMatchMinutes,
  isPlayed,
  type MatchClock,
  type MatchMinute,
  type Period,
  periodEnd,
  periods,
  type Snapshot
} from "../../domain/Snapshot.ts"
import type { Condition } from "../../domain/Strategy.ts"
import type { Moment } from "../../domain/Timeline.ts"
import { evaluateCondition, type View } from "../evaluate.ts"
import { explainCondition } from "../explain/explain.ts"
import { type Decision, decide, type FiguresAtEnd, type JudgedPeriod, judgedPeriod } from "./decide.ts"

export interface Judgement {
  /** `undecided` without an expectation, and where the match was not played to the end that is judged. */
  readonly result: Decision | "undecided"
  /** The first minute, from the trigger on, at which nothing but a correction could change the result any more. */
  readonly decidedAt: MatchMinute | undefined
  /** Of a miss for want of a value at the end, which it is as a condition without one does not hold: why there is none. */
  readonly missing: ReadonlyArray<string>
  /** Of one that is undecided although the match was played to its end: what was not seen of it. */
  readonly unseen?: string
}

export const undecided: Judgement = { result: "undecided", decidedAt: undefined, missing: [] }

/** The last view of a period, at which expectations are judged. Nothing where it was not played. */
export const judgedView = (views: ReadonlyArray<View>, period: JudgedPeriod): View | undefined =>
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

const later = (one: MatchMinute, other: MatchMinute): MatchMinute => (compareMatchMinutes(one, other) < 0 ? other : one)

/** The number of the first view that is not before a moment; as many as there are when all are. */
const firstSince = (views: ReadonlyArray<View>, at: MatchMinute): number => {
  const first = views.findIndex(({ snapshot }) => compareMatchMinutes(snapshot.clock, at) >= 0)
  return first < 0 ? views.length : first
}

/** What is known of the figures of each view: all triggers of a match are judged by the same ones. */
const figuresOf = new WeakMap<View, FiguresAtEnd>()

const knownOf = (view: View): FiguresAtEnd => {
  const known: FiguresAtEnd = figuresOf.get(view) ?? new Map()
  figuresOf.set(view, known)
  return known
}

/**
 * The first minute, from the trigger on, since which it has been decided that it comes to this, of all views up to the one
 * at which it does; never before the trigger itself, whatever a feed has made of its clock since.
 */
export const decidedSince = (trigger: Judged, views: ReadonlyArray<View>, end: View, result: Decision): MatchMinute => {
  const isDecided = (view: View): boolean =>
    decide(trigger.expectation, judged(trigger, end, view), knownOf(view)) === result
  const since = views.slice(firstSince(views, trigger.at), views.indexOf(end))
  return later(minuteOf((since[firstByHalving(since, isDecided)] ?? end).snapshot.clock), minuteOf(trigger.at))
}

/** A view as a trigger is judged by it. What was known before kick-off is the same at every minute, whatever a poll told of it. */
const judged = ({ at, prematch }: Judged, end: View, view: View): View => ({
  ...knowing({ ...prematch, ...end.snapshot.prematch }, view),
  trigger: correctedTrigger(at, view.timeline)
})

/**
 * Judges a trigger by a match's views: those of all its minutes in play, each with the same past up to it. The result is that of
 * the evaluator at the end; an early decision only tells when it was settled.
 */
export const judgeTrigger = (trigger: Judged, views: ReadonlyArray<View>): Judgement => {
  const end = judgedView(views, judgedPeriod({ trigger: trigger.at }))
  if (end === undefined) return undecided
  const last = judged(trigger, end, end)
  const result = evaluateCondition(trigger.expectation, last) === undefined ? "miss" : "hit"
  const missing = result === "hit" ? [] : explainCondition(trigger.expectation, last).missing
  return { result, decidedAt: decidedSince(trigger, views, end, result), missing }
}

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
