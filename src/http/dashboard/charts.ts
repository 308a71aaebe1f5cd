/**
 * Small pictures as SVG, drawn on the server: no script, sharp at every size, in the colours of the page. What they show also
 * stands in words beside them, so that they may be skipped.
 */
import type { Side, Sides } from "../../domain/Match.ts"
import type { MetricName } from "../../domain/Metric.ts"
import { type MatchMinute, periodEnd } from "../../domain/Snapshot.ts"
import type { Moment, Timeline } from "../../domain/Timeline.ts"
import { type Html, html } from "../html.ts"

const sides = ["home", "away"] as const

const nothing: Sides = { home: 0, away: 0 }

/** Where a moment stands on the axis of the minutes: what is added to a period belongs to its last minute. */
export const minuteOf = ({ minute, period }: Pick<MatchMinute, "minute" | "period">): number =>
  Math.min(minute, periodEnd[period])

const valueOf = ({ figures }: Moment, name: MetricName, side: Side): number | undefined => {
  const figure = figures[name]
  return typeof figure === "object" ? figure[side] : undefined
}

/**
 * What was counted of both sides, minute by minute from the first on, `wide` minutes together; what came while nobody looked is
 * spread over those minutes.
 */
const byMinute = (timeline: Timeline, name: MetricName, minutes: number, wide = 1): Record<Side, Array<number>> => {
  const counts = () => new Array<number>(Math.ceil(minutes / wide)).fill(0)
  const found = { home: counts(), away: counts() }
  let [from, before]: [number, Sides | undefined] = [0, undefined]
  for (const each of timeline) {
    const value = each.figures[name]
    if (typeof value !== "object") continue
    const to = Math.max(1, minuteOf(each))
    before ??= to <= 1 ? nothing : value
    const span = Math.max(1, to - from)
    const home = Math.max(0, value.home - before.home) / span
    const away = Math.max(0, value.away - before.away) / span
    for (let minute = to - span; minute < to && minute < minutes; minute++) {
      const place = Math.floor(minute / wide)
      found.home[place] = (found.home[place] ?? 0) + home
      found.away[place] = (found.away[place] ?? 0) + away
    }
    ;[from, before] = [to, value]
  }
  return found
}

/** What tells best of pressure among what the feed gives. */
const pressures: ReadonlyArray<MetricName> = ["momentum", "dangerous_attacks", "attacks", "shots"]

const pressureOf = (timeline: Timeline): MetricName | undefined =>
  pressures.find((name) => typeof timeline.at(-1)?.figures[name] === "object")

/** The minutes that the axis has: 90, or 120 once extra time is played. */
const lengthOf = (timeline: Timeline): number => (timeline.some(({ period }) => period === "E1") ? 120 : 90)

/** The minutes at which a count of a side rose, with how much it came to. */
export const rises = (
  timeline: Timeline,
  name: MetricName,
  side: Side
): ReadonlyArray<{ readonly at: Moment; readonly by: number }> => {
  const found: Array<{ at: Moment; by: number }> = []
  let before: number | undefined
  for (const at of timeline) {
    const value = valueOf(at, name, side)
    if (value === undefined) continue
    if (before !== undefined ? value > before : value > 0 && at.minute <= 1)
      found.push({ at, by: value - (before ?? 0) })
    before = value
  }
  return found
}

/** The most that stands in one place, `least` or more. */
const mostOf = (counts: Record<Side, ReadonlyArray<number>> | undefined, least: number): number =>
  Math.max(least, ...(counts?.home ?? []), ...(counts?.away ?? []))

/** An outline of steps from the middle line upwards (`up` 1) or downwards (-1). */
const steps = (values: ReadonlyArray<number>, wide: number, middle: number, scale: number, up: 1 | -1): string => {
  let path = `M0 ${middle}`
  let y = middle
  let x = 0
  values.forEach((value, index) => {
    const next = Math.round((middle - up * value * scale) * 10) / 10
    if (next !== y) {
      path += `H${index * wide}V${next}`
      y = next
    }
    x = (index + 1) * wide
  })
  return `${path}H${x}V${middle}Z`
}

/** Minutes that are shown as one step in a small picture. */
const wideness = 3

/** Pressure by minute, the home team's upwards and the away team's downwards, with a mark for each goal. */
export const pressureChart = (timeline: Timeline): Html => {
  const name = pressureOf(timeline)
  const minutes = lengthOf(timeline)
  const counts = name === undefined ? undefined : byMinute(timeline, name, minutes, wideness)
  const scale = 13 / mostOf(counts, 6)
  const goals = sides.flatMap((side) =>
    rises(timeline, "goals", side).map(
      ({ at }) => html`<path class="goal ${side}" d="M${minuteOf(at)} ${side === "home" ? 3 : 29}h.01"/>`
    )
  )
  const now = timeline.at(-1)
  return html`<svg class="pressure" viewBox="0 0 ${minutes} 32" preserveAspectRatio="none" aria-hidden="true"><path class="rule" d="M45 2V30M0 16H${minutes}"/>${
    counts !== undefined &&
    html`<path class="home" d="${steps(counts.home, wideness, 16, scale, 1)}"/><path class="away" d="${steps(counts.away, wideness, 16, scale, -1)}"/>`
  }${now === undefined ? false : html`<path class="now" d="M${minuteOf(now)} 1V31"/>`}${goals}</svg>`
}

/** A mark on the timeline of a match. */
export interface Mark {
  readonly at: Pick<MatchMinute, "minute" | "period">
  readonly kind: "goal" | "yellow" | "red" | "corner" | "shot" | "target" | "trigger"
  readonly side: Side | undefined
  readonly title: string
}

/** How far from the middle the marks of a kind stand, and what they look like around (0, 0). */
const shapes: Readonly<Record<Exclude<Mark["kind"], "trigger">, { readonly row: number; readonly shape: Html }>> = {
  goal: { row: 78, shape: html`<circle r="6"/>` },
  red: { row: 62, shape: html`<rect x="-3" y="-4.5" width="6" height="9"/>` },
  yellow: { row: 62, shape: html`<rect x="-3" y="-4.5" width="6" height="9"/>` },
  target: { row: 48, shape: html`<path d="M0 -5L5 4H-5Z"/>` },
  shot: { row: 48, shape: html`<path d="M0 -4L4 3H-4Z"/>` },
  corner: { row: 36, shape: html`<path d="M-3 3V-4L4 -1L-3 2"/>` }
}

/** The whole match: pressure by minute, and what happened, above for the home team and below for the away team. */
export const timelineChart = (timeline: Timeline, marks: ReadonlyArray<Mark>, label: string): Html => {
  const minutes = lengthOf(timeline)
  const width = minutes * 10
  const name = pressureOf(timeline)
  const counts = name === undefined ? undefined : byMinute(timeline, name, minutes)
  const scale = 30 / mostOf(counts, 3)
  const now = timeline.at(-1)
  const x = (at: Mark["at"]) => Math.max(0, minuteOf(at) - 0.5) * 10
  const placed = marks.map(({ at, kind, side, title }) => {
    if (kind === "trigger") {
      return html`<g class="trigger"><title>${title}</title><path d="M${x(at)} 0V200"/><path class="flag" d="M${x(at)} 0h14l-4 6 4 6h-14z"/></g>`
    }
    const { row, shape } = shapes[kind]
    return html`<g class="${kind} ${side}" transform="translate(${x(at)} ${side === "home" ? 100 - row : 100 + row})"><title>${title}</title>${shape}</g>`
  })
  const ticks = [15, 30, 45, 60, 75, 90, 105].filter((minute) => minute < minutes)
  return html`<svg class="timeline" viewBox="0 0 ${width} 220" role="img" aria-label="${label}">
<path class="rule" d="M0 100H${width}${ticks.map((minute) => `M${minute * 10} 8V192`).join("")}"/><path class="half" d="M450 4V196"/>
${counts !== undefined && html`<path class="home" d="${steps(counts.home, 10, 100, scale, 1)}"/><path class="away" d="${steps(counts.away, 10, 100, scale, -1)}"/>`}
${now !== undefined && html`<path class="now" d="M${x(now)} 4V196"/>`}
${placed}
${ticks.map((minute) => html`<text x="${minute * 10}" y="214">${minute}'</text>`)}
</svg>`
}

/** Hits so far against what the base rate, or else the mean, would have given. */
export const hitsChart = (hits: ReadonlyArray<boolean>, expected: number): Html => {
  const total = hits.length
  const most = Math.max(1, hits.filter(Boolean).length, expected * total)
  const x = (index: number) => Math.round((index / Math.max(1, total)) * 5900) / 10 + 5
  const y = (value: number) => Math.round((140 - (value / most) * 130) * 10) / 10
  let sum = 0
  const line = hits.map((hit, index) => {
    if (hit) sum += 1
    return `H${x(index + 1)}V${y(sum)}`
  })
  return html`<svg class="hits" viewBox="0 0 600 150" role="img" aria-label="${sum} hits of ${total} decided triggers; ${(expected * total).toFixed(1)} would be expected">
<path class="rule" d="M5 140H595M5 10V140"/><path class="expected" d="M5 140L${x(total)} ${y(expected * total)}"/><path class="line" d="M5 140${line.join("")}"/></svg>`
}

/** A rate and its interval on a line from 0 to 1, with the base rate as a tick. */
export const rateChart = (
  rate: number | undefined,
  interval: readonly [number, number] | undefined,
  base?: number
): Html | false => {
  if (rate === undefined || interval === undefined) return false
  const x = (value: number) => Math.round(value * 1000) / 10
  return html`<svg class="rate" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><path class="rule" d="M0 5H100"/><path class="interval" d="M${x(interval[0])} 5H${x(interval[1])}"/><path class="line" d="M${x(rate)} 1V9"/>${
    base !== undefined && html`<path class="base" d="M${x(base)} 0V10"/>`
  }</svg>`
}
