/**
 * A window speaks of one moment of a match or of what came between two. An anchor is such a moment, relative to a view:
 * `last 15 minutes` lies between the anchors *15 minutes ago* and *now*. Many windows and all metrics share few anchors,
 * and an anchor is looked up in a timeline once for all of them.
 */
import { periodStart } from "../../domain/Snapshot.ts"
import type { Window } from "../../domain/Strategy.ts"
import { isAfterHalfTime, type Moment, type Timeline } from "../../domain/Timeline.ts"
import type { View } from "../evaluate.ts"

/** A moment that a window begins or ends at. An `at` that the match has not reached is absent. */
export type Anchor =
  | { readonly kind: "now" | "first half" | "second half" | "half-time" | "trigger" }
  | { readonly kind: "ago" | "at"; readonly minutes: number }

/** One text for each anchor. */
export const anchorKey = (anchor: Anchor): string =>
  "minutes" in anchor ? `${anchor.kind} ${anchor.minutes}` : anchor.kind

const now: Anchor = { kind: "now" }

/** A window as the value at one anchor, less the value at another if there is one. */
export const anchorsOf = (window: Window | undefined): { readonly later: Anchor; readonly earlier?: Anchor } => {
  if (window === undefined) return { later: now }
  if (typeof window === "object") {
    if ("last" in window) return { later: now, earlier: { kind: "ago", minutes: window.last } }
    if ("since" in window) return { later: now, earlier: { kind: "at", minutes: window.since } }
    if ("at" in window) return { later: { kind: "at", minutes: window.at } }
    if ("ago" in window) return { later: { kind: "ago", minutes: window.ago } }
    const [from, to] = window.between
    return { later: { kind: "at", minutes: to }, earlier: { kind: "at", minutes: from } }
  }
  switch (window) {
    case "first half":
      return { later: { kind: "first half" } }
    case "second half":
      return { later: { kind: "second half" }, earlier: { kind: "half-time" } }
    case "half-time":
      return { later: { kind: "half-time" } }
    case "since trigger":
      return { later: now, earlier: { kind: "trigger" } }
  }
}

/** What an anchor is in a view: the moment that is shown, that of the trigger, a past minute, or nothing (yet). */
export type Instant = "absent" | "now" | "trigger" | number

/** What this anchor is in a view. A minute that is not positive is kick-off. */
export const instantOf = (anchor: Anchor, { snapshot: { clock }, trigger }: View): Instant => {
  switch (anchor.kind) {
    case "now":
      return "now"
    case "ago":
      return clock.minute - anchor.minutes
    case "at":
      return clock.minute >= anchor.minutes ? anchor.minutes : "absent"
    case "first half":
      return isAfterHalfTime(clock.period) ? 45 : "now"
    case "second half":
      if (!isAfterHalfTime(clock.period)) return "absent"
      return clock.period === "2H" ? "now" : 90
    case "half-time":
      return isAfterHalfTime(clock.period) || clock.status === "break" ? 45 : "absent"
    case "trigger":
      return trigger === undefined ? "absent" : "trigger"
  }
}

/** Whether a moment is what `valueAt` goes by for this minute, or comes before it. */
export const isBy = (moment: Moment, minute: number): boolean =>
  moment.minute <= minute && periodStart[moment.period] < minute

/**
 * The number of the latest moment whose minute is not after this one, which must be positive: what `valueAt` finds, for
 * all metrics at once, and by halving, for moments are in the order of play. -1 when none was seen.
 */
export const latestBy = (timeline: Timeline, minute: number): number => {
  let low = 0
  let high = timeline.length
  while (low < high) {
    const middle = (low + high) >> 1
    const moment = timeline[middle]
    if (moment !== undefined && isBy(moment, minute)) low = middle + 1
    else high = middle
  }
  return low - 1
}
