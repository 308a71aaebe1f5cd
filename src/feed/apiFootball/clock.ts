/**
 * The clock of a fixture of API-Football: its status says the period, `elapsed` the scoreboard minute and `extra` the minutes
 * added to it. There are no times of whistles. Of extra time only the minute says which half it is.
 */
import { Schema } from "effect"
import { isMinuteOf, type MatchClock, type MatchStatus, type Period, periodEnd } from "../../domain/Snapshot.ts"
import { longestAdded, numberIn } from "../provider/lenient.ts"

/** A status whose minutes are whatever they are: one that cannot be is as if it were not told. */
export const Status = Schema.Struct({
  short: Schema.String,
  elapsed: Schema.optionalKey(Schema.Unknown),
  extra: Schema.optionalKey(Schema.Unknown)
})
type Status = typeof Status.Type

/** Whole minutes, of which there cannot be more than this. */
const minutesIn = (value: unknown, most: number): number | undefined => {
  const minutes = numberIn(value)
  return typeof minutes === "number" && minutes >= 0 && minutes < most + 1 ? Math.floor(minutes) : undefined
}

/** How many of the minutes of a status are told and cannot be. */
export const unreadMinutes = ({ elapsed, extra }: Status): number =>
  [
    [elapsed, periodEnd.P + longestAdded],
    [extra, longestAdded]
  ].filter(([told, most]) => (told ?? null) !== null && minutesIn(told, Number(most)) === undefined).length

/** What a status means, where it does not depend on the minute. */
const statuses: Readonly<Record<string, { readonly status: MatchStatus; readonly period?: Period }>> = {
  TBD: { status: "scheduled" },
  NS: { status: "scheduled" },
  "1H": { status: "live", period: "1H" },
  HT: { status: "break", period: "1H" },
  "2H": { status: "live", period: "2H" },
  P: { status: "live", period: "P" },
  FT: { status: "finished", period: "2H" },
  AET: { status: "finished", period: "E2" },
  PEN: { status: "finished", period: "P" },
  SUSP: { status: "suspended" },
  INT: { status: "interrupted" },
  PST: { status: "postponed" },
  CANC: { status: "cancelled" },
  ABD: { status: "abandoned" },
  AWD: { status: "awarded" },
  WO: { status: "walkover" }
}

const atKickOff = { period: "1H", minute: 0, added: 0 } as const

/** The minute at which a match stands of which only the status is told. */
const defaultMinute: Readonly<Record<Period, number | undefined>> = {
  "1H": 45,
  "2H": 90,
  E1: undefined,
  E2: 120,
  P: 120
}

/** The period of a minute that pauses or has stopped. */
const periodAt = (minute: number): Period => {
  if (minute <= 45) return "1H"
  if (minute <= 90) return "2H"
  return minute <= 105 ? "E1" : "E2"
}

/** The half of extra time: 105 ends the first, and stands for the second once that has begun or the pause was shown. */
const halfOf = (minute: number, before: MatchClock | undefined): Period => {
  if (minute > 105 || before?.period === "E2") return "E2"
  return minute === 105 && before?.period === "E1" && before.status === "break" ? "E2" : "E1"
}

/** Whether a period can have come to this minute. */
const isMinuteIn = (period: Period, minute: number): boolean =>
  isMinuteOf(period, Math.min(minute, periodEnd[period])) && minute <= periodEnd[period] + longestAdded

/** A moment, with the added minutes that are told, or else those of the clock before where it has not moved since. */
const momentOf = (period: Period, elapsed: number, extra: number, before: MatchClock | undefined) => {
  const minute = Math.min(elapsed, periodEnd[period])
  const added = extra + elapsed - minute
  const stays = before !== undefined && before.period === period && before.minute === minute
  return { period, minute, added: period === "P" ? 0 : stays ? Math.max(added, before.added) : added }
}

/**
 * The clock of a fixture of this status; `before` is its clock at the poll before. Undefined where it is played and nobody can
 * say at which minute, or where the status means nothing to this version.
 */
export const clockOf = ({ elapsed, extra, short }: Status, before: MatchClock | undefined): MatchClock | undefined => {
  const kept = before === undefined || before.status === "scheduled" ? undefined : before
  const minute = minutesIn(elapsed, periodEnd.P + longestAdded)
  const added = minutesIn(extra, longestAdded) ?? 0
  // In play, and no more is known.
  if (short === "LIVE") return kept === undefined ? undefined : { ...kept, status: "live" }
  if (short === "ET") {
    if (minute === undefined)
      return kept?.period === "E1" || kept?.period === "E2" ? { ...kept, status: "live" } : undefined
    return { ...momentOf(halfOf(minute, kept), Math.max(minute, 90), added, kept), status: "live" }
  }
  if (short === "BT") {
    if (minute === undefined) return kept === undefined ? undefined : { ...kept, status: "break" }
    return { ...momentOf(periodAt(minute), minute, added, kept), status: "break" }
  }
  const known = statuses[short]
  if (known === undefined) return undefined
  const { period, status } = known
  if (period !== undefined) {
    const told = minute !== undefined && isMinuteIn(period, minute) ? minute : undefined
    // A shoot-out keeps the minute at which it was reached.
    const reached = period === "P" ? kept?.minute : undefined
    const shown = told ?? reached ?? (status === "live" && period !== "P" ? undefined : defaultMinute[period])
    if (shown !== undefined) return { ...momentOf(period, shown, added, kept), status }
    return kept?.period === period ? { ...kept, status } : undefined
  }
  if (status !== "suspended" && status !== "interrupted" && status !== "abandoned") return { ...atKickOff, status }
  // Play has stopped: the clock stays where it was.
  const stopped = minute === undefined ? atKickOff : momentOf(periodAt(minute), minute, added, undefined)
  return { ...(kept ?? stopped), status }
}
