/** How values read on pages. */
import type { DateTime } from "effect"
import { DateTime as Time } from "effect"
import { type MatchClock, matchMinuteLabel } from "../../domain/Snapshot.ts"
import type { ExplainedComparison } from "../../rules/explain/explain.ts"
import { type Html, html } from "../html.ts"

/** A value: whole, or with two decimals. */
export const number = (value: number | undefined): string =>
  value === undefined ? "none" : Number.isInteger(value) ? `${value}` : value.toFixed(2)

/** An id as a part of an address, whatever it holds. */
export const encoded = (id: string): string => encodeURIComponent(id.toWellFormed())

/** Whether a text is one that a database can be asked for. */
export const isText = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

/** A fraction as a percentage. */
export const percent = (rate: number | undefined): string => (rate === undefined ? "–" : `${(100 * rate).toFixed(1)} %`)

/** Decimal odds; none where nothing was hit. */
export const price = (odds: number | undefined): string =>
  odds === undefined ? "–" : Number.isFinite(odds) ? odds.toFixed(2) : "none"

export { counted } from "../../domain/counted.ts"

/**
 * A moment: in UTC, which the page's script turns into the reader's time zone. `clock` is the time alone, `day` that and the
 * day, `ago` how long ago it is.
 */
export const moment = (at: DateTime.Utc, as: "clock" | "day" | "ago" = "day"): Html => {
  const iso = Time.formatIso(at)
  const text = as === "clock" ? `${iso.slice(11, 19)} UTC` : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
  return html`<time datetime="${iso}" data-as="${as}">${text}</time>`
}

const statuses: Readonly<Record<MatchClock["status"], string>> = {
  scheduled: "to come",
  live: "",
  break: "HT",
  finished: "FT",
  abandoned: "abandoned",
  suspended: "suspended",
  interrupted: "stopped",
  postponed: "postponed",
  delayed: "delayed",
  cancelled: "cancelled",
  awarded: "awarded",
  walkover: "walkover"
}

/** The clock as a scoreboard has it: `67'`, `HT`, `FT`. */
export const clockText = (clock: MatchClock): string => {
  if (clock.status === "live") return clock.period === "P" ? "pens" : `${matchMinuteLabel(clock)}'`
  if (clock.status === "break" && clock.period !== "1H") return `${matchMinuteLabel(clock)}'`
  return statuses[clock.status]
}

/** How far a condition is from holding: `1 short`, or why there is no telling. */
export const shortText = ({ condition, distance, holds, missing }: ExplainedComparison): string => {
  if (holds) return "holds"
  // The minute does not fall.
  if (/^minute <=? \d+$/.test(condition)) return "over"
  if (distance === undefined) return missing.join("; ")
  if (distance === 0) return "equal"
  const amount = distance < 0.01 ? "less than 0.01" : number(distance)
  return /^minute >=? \d+$/.test(condition) ? `in ${amount} min` : `${amount} off`
}
