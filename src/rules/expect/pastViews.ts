/**
 * What a match looked like at each of its minutes, from its timeline: the views by which a trigger is judged after the fact.
 *
 * A past need not be whole: the service was down, or joined in play. What nobody saw lies between what was seen before and
 * after it; so of a past with gaps there are two, one in which all that came in a gap came at its end and one in which it
 * came at its beginning. What both agree on is true.
 */
import type { Match } from "../../domain/Match.ts"
import { isMetricName, metric, metrics } from "../../domain/Metric.ts"
import { type Figure, type Figures, type MatchMinute, periodEnd, type Snapshot } from "../../domain/Snapshot.ts"
import type { Moment, Timeline } from "../../domain/Timeline.ts"
import type { View } from "../evaluate.ts"

type Mutable = { [name: string]: Figure }
type MutableSides = { [name: string]: { readonly home: number; readonly away: number } }

/** The snapshot that a moment of the past shows, with what was known before kick-off. */
const snapshotAt = (match: Match, prematch: Snapshot["prematch"], { figures, ...minute }: Moment): Snapshot => {
  const statistics: MutableSides = {}
  const odds: Mutable = {}
  const before: Mutable = { ...prematch }
  for (const [name, figure] of Object.entries(figures)) {
    if (name.startsWith("odds.")) odds[name.slice(5)] = figure
    else if (name.startsWith("prematch.")) before[name.slice(9)] = figure
    else if (typeof figure === "object") statistics[name] = figure
  }
  const { goals } = figures
  return {
    match,
    clock: { period: minute.period, minute: minute.minute, added: minute.added, status: "live" },
    score: typeof goals === "object" ? goals : { home: 0, away: 0 },
    statistics,
    prematch: before,
    odds
  }
}

/** A view for each moment of play, each with the past up to it. */
export const pastViews = (match: Match, prematch: Snapshot["prematch"], timeline: Timeline): ReadonlyArray<View> =>
  timeline.map((each, index) => ({
    snapshot: snapshotAt(match, prematch, each),
    timeline: timeline.slice(0, index + 1)
  }))

const cumulative = [...metrics.keys()].filter(isMetricName).filter((name) => metric(name).kind === "cumulative")

/** The figures of `before` with what is counted as in `after`. */
const countedAs = (before: Figures, after: Figures): Figures => {
  const figures: Mutable = { ...before }
  for (const name of cumulative) {
    const figure = after[name]
    if (figure !== undefined) figures[name] = figure
  }
  return figures
}

const nothingCounted = (figures: Figures): Figures =>
  Object.fromEntries(
    cumulative.flatMap((name) => {
      const figure = figures[name]
      return figure === undefined ? [] : [[name, typeof figure === "number" ? 0 : { home: 0, away: 0 }]]
    })
  )

const kickOff: MatchMinute = { period: "1H", minute: 0, added: 0 }

/** Whether minutes that a window may ask for lie between two moments that follow each other. */
const isGap = (before: Moment, after: Moment): boolean => after.minute - before.minute > 1

const isUntouched = (figures: Figures): boolean =>
  cumulative.every((name) => {
    const figure = figures[name]
    return figure === undefined || (typeof figure === "number" ? figure === 0 : figure.home === 0 && figure.away === 0)
  })

/** The minute after a moment, in the same period. */
const minuteAfter = ({ added, minute, period }: Moment): MatchMinute =>
  minute < periodEnd[period] ? { period, minute: minute + 1, added: 0 } : { period, minute, added: added + 1 }

/** The past as it was seen if it is whole; otherwise the two that it lies between. */
export const possiblePasts = (timeline: Timeline): ReadonlyArray<Timeline> => {
  const [first] = timeline
  if (first === undefined) return [timeline]
  const isJoined = (first.period !== "1H" || first.minute > 1) && !isUntouched(first.figures)
  const hasGap = timeline.some((each, index) => {
    const before = timeline[index - 1]
    return before !== undefined && isGap(before, each)
  })
  if (!isJoined && !hasGap) return [timeline]
  const late: Timeline = isJoined ? [{ ...kickOff, figures: nothingCounted(first.figures) }, ...timeline] : timeline
  const early: Array<Moment> = isJoined ? [{ ...kickOff, figures: countedAs({}, first.figures) }] : []
  timeline.forEach((each, index) => {
    const before = timeline[index - 1]
    if (before !== undefined && isGap(before, each)) {
      early.push({ ...minuteAfter(before), figures: countedAs(before.figures, each.figures) })
    }
    early.push(each)
  })
  return [late, early]
}
