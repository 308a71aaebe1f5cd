/**
 * The past of a match as it stands corrected. What is counted can be taken back: a goal at 60' that the video referee
 * cancels at 61' was none, and windows over the past must not count it, nor fall below zero once it is gone.
 *
 * Guarantees: in a corrected timeline no cumulative metric of a team ever falls; each moment has what it showed or the
 * least that was shown since, whichever is less. It depends on the moments seen alone, not on the order in which they came.
 */
import type { Sides } from "./Match.ts"
import { isMetricName, metric, metrics } from "./Metric.ts"
import { compareMatchMinutes, type Figure, type Figures } from "./Snapshot.ts"
import { type Moment, record, type Timeline } from "./Timeline.ts"

/** The past of one match: its moments as they were shown, and as they stand corrected. One array where nothing was. */
export interface Past {
  readonly shown: Timeline
  readonly timeline: Timeline
  /** The latest that is known of each metric before the last moment: a moment need not show all of them. */
  readonly before: Figures
}

/** The past of a match that nothing is known of. */
export const noPast: Past = { shown: [], timeline: [], before: {} }

const cumulative = [...metrics.keys()].filter(isMetricName).filter((name) => metric(name).kind === "cumulative")

const isSides = (figure: Figure | undefined): figure is Sides => typeof figure === "object"

/** The lesser of two figures, team by team: the first one itself where it is nowhere the larger. */
const lesser = (figure: Figure | undefined, later: Figure | undefined): Figure | undefined => {
  if (isSides(figure) && isSides(later)) {
    if (figure.home <= later.home && figure.away <= later.away) return figure
    return { home: Math.min(figure.home, later.home), away: Math.min(figure.away, later.away) }
  }
  return typeof figure === "number" && typeof later === "number" ? Math.min(figure, later) : figure
}

/** Whether anything that is counted is less in the later figures. */
const fall = (figures: Figures, later: Figures): boolean =>
  cumulative.some((name) => lesser(figures[name], later[name]) !== figures[name])

/** A moment with no more counted than later figures have: itself where that is so already. */
const capped = (moment: Moment, later: Figures): Moment => {
  if (!fall(moment.figures, later)) return moment
  const figures: { [name: string]: Figure } = { ...moment.figures }
  for (const name of cumulative) {
    const figure = lesser(moment.figures[name], later[name])
    if (figure !== undefined) figures[name] = figure
  }
  return { ...moment, figures }
}

/** The figures of a moment, and those that it does not show as they were known. */
const over = (known: Figures, { figures }: Moment): Figures => ({ ...known, ...figures })

/** The moments corrected: each capped by those after it. */
const corrected = (shown: Timeline): Timeline => {
  let later: Figures = {}
  const timeline = shown.toReversed().map((each) => {
    const moment = capped(each, later)
    later = over(later, moment)
    return moment
  })
  return timeline.toReversed()
}

/** The past with this moment in it, as `record` puts it there. */
export const remember = (past: Past, moment: Moment): Past => {
  const shown = record(past.shown, moment)
  const last = past.shown.at(-1)
  const isLast = shown.at(-1) === moment
  const before = shown.length > past.shown.length && last !== undefined ? over(past.before, last) : past.before
  // Nothing was ever taken back, which is how nearly all matches go on.
  if (past.shown === past.timeline && isLast && !fall(before, moment.figures)) return { shown, timeline: shown, before }
  const all = corrected(shown)
  return {
    shown,
    timeline: all.every((each, index) => each === shown[index]) ? shown : all,
    before: shown.slice(0, -1).reduce(over, {})
  }
}

/**
 * The moment at which a strategy fired, as it stands corrected: no more counted than the moments that the match has had
 * since, those of its corrected timeline. Itself where nothing that it showed was taken back.
 */
export const correctedTrigger = (trigger: Moment, timeline: Timeline): Moment => {
  const since = timeline.findIndex((each) => compareMatchMinutes(each, trigger) >= 0)
  if (since < 0) return trigger
  const first = capped(trigger, timeline[since]?.figures ?? {})
  // What the first of them does not know, a later one may.
  const unknown = cumulative.filter((name) => first.figures[name] !== undefined && !timeline[since]?.figures[name])
  return unknown.reduce((moment, name) => {
    const known = timeline.find((each, index) => index > since && each.figures[name] !== undefined)
    return capped(moment, known === undefined ? {} : { [name]: known.figures[name] })
  }, first)
}
