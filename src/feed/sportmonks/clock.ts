/**
 * The clock of a fixture of SportMonks: the state says the period, the period's row the minute.
 *
 * The two are written separately and may disagree for a moment, rows have been seen with wrong times, and a row may be missing.
 * A minute that cannot be right is not told; then the fixture keeps the clock of the poll before.
 */
import { Schema } from "effect"
import {
  type MatchClock,
  type MatchStatus,
  type Period,
  periodEnd,
  periodStart,
  periods
} from "../../domain/Snapshot.ts"
import { AnyNumber, AnyWhole, longestAdded, numberIn, readRows } from "../provider/lenient.ts"

/** What a state means. Where no period is given the match keeps that of its last row. */
interface State {
  readonly status: MatchStatus
  readonly period?: Period
}

/** By id: names have changed, and one short name is used twice. */
const states: ReadonlyMap<number, State> = new Map([
  [1, { status: "scheduled" }],
  [2, { status: "live", period: "1H" }],
  [3, { status: "break", period: "1H" }],
  [4, { status: "break", period: "2H" }],
  [5, { status: "finished", period: "2H" }],
  [6, { status: "live", period: "E1" }],
  [7, { status: "finished", period: "E2" }],
  [8, { status: "finished", period: "P" }],
  [9, { status: "live", period: "P" }],
  [10, { status: "postponed" }],
  [11, { status: "suspended" }],
  [12, { status: "cancelled" }],
  [13, { status: "scheduled" }],
  [14, { status: "walkover" }],
  [15, { status: "abandoned" }],
  [16, { status: "delayed" }],
  [17, { status: "awarded" }],
  [18, { status: "interrupted" }],
  // The provider has lost the match, or verifies it: nothing is known of play.
  [19, { status: "interrupted" }],
  [21, { status: "break", period: "E1" }],
  [22, { status: "live", period: "2H" }],
  [23, { status: "live", period: "E2" }],
  [25, { status: "break", period: "E2" }],
  [26, { status: "interrupted" }]
])

/** Fixtures that were taken out. */
const deleted = 20

/** What a state stands for: `deleted` for one that shall not be shown, undefined where it is not known. */
export const stateOf = (id: number): State | "deleted" | undefined => (id === deleted ? "deleted" : states.get(id))

/** A row whose parts are whatever they are: one that cannot be is as if it were not told. */
const PeriodRow = Schema.Struct({
  type_id: AnyWhole,
  minutes: AnyNumber,
  seconds: Schema.optionalKey(Schema.Unknown),
  counts_from: Schema.optionalKey(Schema.Unknown),
  ticking: Schema.optionalKey(Schema.Unknown)
})
type PeriodRow = typeof PeriodRow.Type

const readPeriodRows = readRows(PeriodRow)

/** The rows of periods, and how many more there are that cannot be read. */
export const readPeriods = (value: unknown): ReturnType<typeof readPeriodRows> => {
  const { rows, unread } = readPeriodRows(value)
  const withNumbers = rows.map((row) => ({
    ...row,
    seconds: numberIn(row.seconds),
    counts_from: numberIn(row.counts_from)
  }))
  return { rows: withNumbers, unread }
}

const isWithin = (value: unknown, most: number): value is number =>
  typeof value === "number" && value >= 0 && value <= most
/** Where a period may begin, if not where it does. */
const isStart = (value: unknown): value is number => isWithin(value, periodEnd.P)
/** Of a minute. */
const isSeconds = (value: unknown): value is number => isWithin(value, 59)
const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined

/** How many rows tell a time that cannot be. */
export const unreadTimes = (rows: ReadonlyArray<PeriodRow>): number =>
  rows.filter(
    ({ counts_from, minutes, seconds }) =>
      !isWithin(minutes, periodEnd.P + longestAdded) ||
      !(isAbsent(counts_from) || isStart(counts_from)) ||
      !(isAbsent(seconds) || isSeconds(seconds))
  ).length

/** The types of the rows of each period, the more exact one first: one row may hold both halves of extra time. */
const typesOf: Readonly<Record<Period, ReadonlyArray<number>>> = {
  "1H": [1],
  "2H": [2],
  E1: [5314, 3],
  E2: [39, 3],
  P: [5]
}

/** Whether rows are of one half of extra time alone. */
const both = 3

/** From where the minutes of a period may count: halves may be shorter than 45 minutes. */
const countsFrom: Readonly<Record<Period, readonly [least: number, most: number]>> = {
  "1H": [0, 0],
  "2H": [30, 45],
  E1: [60, 90],
  E2: [65, 105],
  P: [0, 120]
}

/**
 * Minutes since kick-off, pauses left out. A row that counts from where no period begins counts from the period's start; one of
 * before it counts is of no time.
 */
const elapsedIn = ({ counts_from, minutes, seconds }: PeriodRow, period: Period): number | undefined => {
  const [least, most] = countsFrom[period]
  const from = isStart(counts_from) ? counts_from : periodStart[period]
  const shift = from < least || from > most ? periodStart[period] - from : 0
  return minutes < from ? undefined : minutes + shift + (isSeconds(seconds) ? seconds / 60 : 0)
}

/** The moment of a period at this minute, or none where the period cannot have come to it. */
const momentOf = (period: Period, elapsed: number | undefined, isLive: boolean) => {
  if (elapsed === undefined || elapsed < countsFrom[period][0] || elapsed > periodEnd[period] + longestAdded) {
    return undefined
  }
  const minute = isLive ? Math.floor(elapsed) + 1 : Math.ceil(elapsed)
  const shown = Math.min(minute, periodEnd[period])
  return { period, minute: shown, added: minute - shown }
}

/** What the rows say of a period that is played, or that has been. A scoreboard shows the minute that has begun. */
const minuteIn = (rows: ReadonlyArray<PeriodRow>, period: Period, isLive: boolean) => {
  for (const type of typesOf[period]) {
    const row = rows.findLast(({ ticking, type_id }) => type_id === type && (!isLive || ticking === true))
    if (row === undefined) continue
    const elapsed = elapsedIn(row, period)
    // The same row goes on to the second half of extra time: what it says of the first is that it ended.
    if (type === both && period === "E1" && row.minutes > periodEnd.E1 && !isLive) {
      return { period, minute: periodEnd.E1, added: 0 }
    }
    return momentOf(period, elapsed, isLive)
  }
  return undefined
}

/** The last period that there is a row of. */
const lastPeriod = (rows: ReadonlyArray<PeriodRow>): Period | undefined =>
  periods.findLast((period) =>
    rows.some(({ minutes, type_id }) =>
      type_id === both ? period === (minutes >= periodEnd.E1 ? "E2" : "E1") : typesOf[period][0] === type_id
    )
  )

const atKickOff = { period: "1H", minute: 0, added: 0 } as const

/** The clock at the end of a period that no row tells of. */
const atEnd = (period: Period) => ({ period, minute: periodEnd[period], added: 0 })

/**
 * The clock of a fixture in this state with these rows; `before` is its clock at the poll before. Undefined where it is played
 * and nobody can say at which minute.
 */
export const clockOf = (
  { period, status }: State,
  rows: ReadonlyArray<PeriodRow>,
  before: MatchClock | undefined
): MatchClock | undefined => {
  const kept = before === undefined || before.status === "scheduled" ? undefined : before
  if (period === undefined) {
    if (status !== "suspended" && status !== "interrupted" && status !== "abandoned") return { ...atKickOff, status }
    // Play has stopped: the clock stays where it was.
    const last = lastPeriod(rows)
    const moment = last === undefined ? undefined : minuteIn(rows, last, false)
    return { ...(kept ?? moment ?? atKickOff), status }
  }
  if (period === "P") {
    // A shoot-out has no minutes: it keeps the one at which it was reached.
    const extra = lastPeriod(rows.filter(({ type_id }) => type_id !== 5))
    const minute = extra === "E1" || extra === "E2" ? 120 : extra === undefined ? (kept?.minute ?? 120) : 90
    return { period, minute, added: 0, status }
  }
  // Waiting for a shoot-out without extra time.
  const played = period === "E2" && status === "break" && lastPeriod(rows) === "2H" ? "2H" : period
  const moment = minuteIn(rows, played, status === "live")
  if (moment !== undefined) return { ...moment, status }
  if (kept?.period === played) return { ...kept, status }
  return status === "live" ? undefined : { ...atEnd(played), status }
}
