/**
 * The past of one match, a moment for each scoreboard minute seen (added minutes one by one). It answers what a metric
 * was at minute m, which is what the windows of a strategy ask.
 */
import { type MetricName, metric } from "./Metric.ts"
import {
  compareMatchMinutes,
  type Figure,
  type Figures,
  figuresInPlay,
  type MatchMinute,
  periodStart,
  periods,
  type Snapshot
} from "./Snapshot.ts"

/** The metric values of a match at the end of one scoreboard minute. */
export interface Moment extends MatchMinute {
  readonly figures: Figures
}

/** Moments of one match in the order of play, at most one for each period, minute and added minute. */
export type Timeline = ReadonlyArray<Moment>

/** The moment that a snapshot shows. What was known before kick-off is no part of the past: no window speaks of it. */
export const moment = (snapshot: Snapshot): Moment => ({
  period: snapshot.clock.period,
  minute: snapshot.clock.minute,
  added: snapshot.clock.added,
  figures: figuresInPlay(snapshot)
})

/**
 * The timeline with this moment in it. A moment of the same minute takes the place of the older one; a moment from
 * before the latest (a feed that corrects its clock) is put where it belongs.
 */
export const record = (timeline: Timeline, next: Moment): Timeline => {
  const after = timeline.findLastIndex((each) => compareMatchMinutes(each, next) <= 0)
  const previous = timeline[after]
  const replaces = previous !== undefined && compareMatchMinutes(previous, next) === 0
  return timeline.toSpliced(replaces ? after : after + 1, replaces ? 1 : 0, next)
}

const zero = { home: 0, away: 0 }

/**
 * The value of a metric at scoreboard minute `minute`: that of the latest moment whose minute is not after it. So
 * minute 45, asked in the second half, is half-time. Before kick-off (minute 0 or less) cumulative metrics are 0.
 *
 * Undefined when there is no such value. That includes the minutes before the first moment of a match that was joined
 * in play: a cumulative metric that stood at 0 by then was 0 before, and one that did not is unknown, for taking it as
 * 0 would make everything that happened unseen look as if it had happened just now.
 */
export const valueAt = (timeline: Timeline, name: MetricName, minute: number): Figure | undefined => {
  const { kind, sided } = metric(name)
  const nothing = kind === "cumulative" ? (sided ? zero : 0) : undefined
  if (minute <= 0 && kind === "cumulative") return nothing
  // A feed may show a period's first moments under the minute at which the last one ended: they come after that minute.
  const seen = timeline.findLast((each) => each.minute <= minute && periodStart[each.period] < Math.max(minute, 1))
  if (seen !== undefined) return seen.figures[name]
  const first = timeline[0]?.figures[name]
  const untouched = typeof first === "number" ? first === 0 : first?.home === 0 && first.away === 0
  return untouched ? nothing : undefined
}

/** Whether `period` is the second half or later. */
export const isAfterHalfTime = (period: MatchMinute["period"]): boolean => periods.indexOf(period) >= 1
