/**
 * The one place where what a feed shows is decoded. One bad part costs that part: it is left out, and what is left is the
 * snapshot. A thousand take some milliseconds, for they are read by hand; where that fails the schema says what is wrong.
 *
 * Guarantees: what the schema takes is read as the schema reads it, with nothing left out and `momentum` made of the rest; what is read of anything else, the
 * schema takes.
 */
import { DateTime, Formatter, Option, Result, Schema } from "effect"
import { isStorable, longest, type Match, MatchId, type Sides } from "./Match.ts"
import { type Metric, metrics } from "./Metric.ts"
import { withMomentum } from "./momentum.ts"
import { brief } from "./problems.ts"
import {
  type Figure,
  isMinuteOf,
  isPlayed,
  type MatchClock,
  MatchStatus,
  misfit,
  Period,
  periodEnd,
  type Score,
  Snapshot
} from "./Snapshot.ts"

type Plain = Readonly<Record<string, unknown>>

export const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value.isWellFormed() && !value.includes("\0")

export const isWhole = (value: unknown, most: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most

const isFinite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)

export const isPeriod = Schema.is(Period)
const isStatus = Schema.is(MatchStatus)

export const readId = (value: unknown): string | undefined => {
  if (isText(value)) return value
  return Number.isSafeInteger(value) ? String(value) : undefined
}

const readFeedId = (value: unknown): string | undefined => {
  const id = readId(value)
  return id !== undefined && id.length <= longest.id ? id : undefined
}

const isName = (value: unknown): value is string => isText(value) && value.length <= longest.name

/** Notes what cannot be read and is left out. */
type LeaveOut = (part: string, reason: string) => void

const shown = (value: unknown): string => brief(Formatter.format(value))

/** A name. What is too long of one is cut off, and what is no text in it left out, for nothing is decided by it. */
const readName = (value: unknown, part: string, leaveOut: LeaveOut): string | undefined => {
  if (isName(value)) return value
  const text = typeof value === "string" ? value.toWellFormed().replaceAll("\0", "") : ""
  if (text === "") return undefined
  if (text.length <= longest.name) {
    leaveOut(part, "holds characters that are no text")
    return text
  }
  leaveOut(part, `has ${text.length} characters, of which ${longest.name} are kept`)
  return text.slice(0, longest.name).replace(/[\uD800-\uDBFF]$/, "")
}

const readMatch = (value: unknown, leaveOut: LeaveOut): Match | undefined => {
  if (!isPlain(value) || !isPlain(value.competition) || !isPlain(value.home) || !isPlain(value.away)) return undefined
  const id = readFeedId(value.id)
  const competition = readFeedId(value.competition.id)
  const name = readName(value.competition.name, "match.competition.name", leaveOut)
  const home = readName(value.home.name, "match.home.name", leaveOut)
  const away = readName(value.away.name, "match.away.name", leaveOut)
  if (id === undefined || competition === undefined || name === undefined) return undefined
  if (home === undefined || away === undefined || typeof value.kickOff !== "string") return undefined
  const kickOff = Option.getOrUndefined(DateTime.make(value.kickOff))
  if (kickOff === undefined || !isStorable(kickOff)) return undefined
  return {
    id: MatchId.make(id),
    competition: { id: competition, name },
    home: { name: home },
    away: { name: away },
    kickOff: DateTime.toUtc(kickOff)
  }
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined

/** What a match that stopped is taken for where nobody says at which minute: it waits, or is over, all the same. */
const withoutMinute: { readonly [status in MatchStatus]?: MatchStatus } = {
  suspended: "delayed",
  interrupted: "delayed",
  abandoned: "cancelled"
}

/** Where a match ended of which nobody says at which minute: at the end of what is played of it, of regulation time where that is not told. */
const endOf = (period: unknown): { readonly period: Period; readonly minute: number } => {
  const last = period === "E1" || period === "E2" ? "E2" : period === "P" ? "P" : "2H"
  return { period: last, minute: periodEnd[last] }
}

/** A clock. Of a match that is not played only the status is needed, and of one that is finished; added minutes are never. */
const readClock = (value: unknown, leaveOut: LeaveOut): MatchClock | undefined => {
  if (!isPlain(value) || !isStatus(value.status)) return undefined
  const { added, minute, period } = value
  const isMoment = isPeriod(period) && isWhole(minute, 120) && isMinuteOf(period, minute)
  if (!isMoment && value.status === "finished") {
    const end = endOf(period)
    leaveOut("clock", `finished at no minute of play is taken for finished at ${end.minute} of ${end.period}`)
    return { ...end, added: 0, status: "finished" }
  }
  const status = isMoment || !isPlayed({ status: value.status }) ? value.status : withoutMinute[value.status]
  if (status === undefined) return undefined
  if (status !== value.status) leaveOut("clock", `${value.status} at no minute of play is taken for ${status}`)
  if (!(isAbsent(added) || isWhole(added, 120))) leaveOut("clock.added", `${shown(added)} is no number of minutes`)
  return {
    period: isPeriod(period) ? period : "1H",
    minute: isWhole(minute, 120) ? minute : 0,
    added: isWhole(added, 120) ? added : 0,
    status
  }
}

/** A score, which a match that is not played need not have. */
const readScore = (value: unknown, status: MatchStatus, leaveOut: LeaveOut): Score | undefined => {
  if (isPlain(value) && isWhole(value.home, 99) && isWhole(value.away, 99)) {
    return { home: value.home, away: value.away }
  }
  if (isPlayed({ status })) return undefined
  if (!isAbsent(value)) leaveOut("score", `${shown(value)} is no score`)
  return { home: 0, away: 0 }
}

const readFigure = (value: unknown): Figure | undefined => {
  if (isFinite(value)) return value
  if (!isPlain(value)) return undefined
  const { away, home } = value
  return isFinite(home) && isFinite(away) ? { home, away } : undefined
}

/** The catalogue's rows of the metrics of a group, by the key that a snapshot has them under. */
const rowsOf = (prefix: string): ReadonlyMap<string, Metric> =>
  new Map(
    [...metrics].flatMap(([name, row]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), row] as const] : []))
  )

const rows = { statistics: rowsOf(""), prematch: rowsOf("prematch."), odds: rowsOf("odds.") }

/** Figures by name, as something that was recorded has them: all of them in order, or none. */
export const readFigures = (value: unknown): { [key: string]: Figure } | undefined => {
  if (!isPlain(value)) return undefined
  const figures: { [key: string]: Figure } = {}
  for (const key of Object.keys(value)) {
    const figure = readFigure(value[key])
    if (figure === undefined || key === "__proto__") return undefined
    figures[key] = figure
  }
  return figures
}

/** Whether a figure can be kept by this name, which the catalogue does not know. */
const isKept = (key: string): boolean => key !== "__proto__" && isName(key)

type Group = keyof typeof rows

/** The figures of a group that can be read. What the catalogue does not know is nobody's loss. */
const readGroup = <F extends Figure>(
  group: Group,
  value: unknown,
  leaveOut: LeaveOut,
  isOfGroup: (figure: Figure) => figure is F
): { [key: string]: F } => {
  const figures: { [key: string]: F } = {}
  if (value === undefined) return figures
  if (!isPlain(value)) {
    leaveOut(group, `must be figures by name, and is ${shown(value)}`)
    return figures
  }
  const known = rows[group]
  for (const key of Object.keys(value)) {
    const row = known.get(key)
    const figure = readFigure(value[key])
    if (row === undefined) {
      if (figure !== undefined && isOfGroup(figure) && isKept(key)) figures[key] = figure
      continue
    }
    const reason =
      figure === undefined
        ? `${shown(value[key])} is no ${row.sided ? "pair of numbers" : "number"}`
        : misfit(row, figure)
    if (reason !== undefined) leaveOut(`${group}.${key}`, reason)
    else if (figure !== undefined && isOfGroup(figure)) figures[key] = figure
  }
  return figures
}

const isSides = (figure: Figure): figure is Sides => typeof figure === "object"
const isAny = (_: Figure): _ is Figure => true

/** Part of a snapshot that cannot be read. */
export interface Fault {
  /** Where: `statistics.fouls`, `odds`, `clock.added`. */
  readonly part: string
  readonly reason: string
}

/** A snapshot without what cannot be read of it. */
export interface Decoded {
  readonly snapshot: Snapshot
  readonly faults: ReadonlyArray<Fault>
}

const none: ReadonlyArray<Fault> = []

const read = (value: unknown): Decoded | undefined => {
  if (!isPlain(value)) return undefined
  let faults: Array<Fault> | undefined
  const leaveOut: LeaveOut = (part, reason) => {
    faults ??= []
    faults.push({ part, reason })
  }
  const match = readMatch(value.match, leaveOut)
  const clock = match === undefined ? undefined : readClock(value.clock, leaveOut)
  const score = clock === undefined ? undefined : readScore(value.score, clock.status, leaveOut)
  if (match === undefined || clock === undefined || score === undefined) return undefined
  const statistics = withMomentum(readGroup("statistics", value.statistics, leaveOut, isSides))
  const prematch = readGroup("prematch", value.prematch, leaveOut, isAny)
  const odds = readGroup("odds", value.odds, leaveOut, isAny)
  return { snapshot: { match, clock, score, statistics, prematch, odds }, faults: faults ?? none }
}

const decode = Schema.decodeUnknownResult(Snapshot, { errors: "all" })

/**
 * What a feed hands over as a snapshot, without the parts that cannot be read: a figure, a group of figures, a name, the added
 * minutes; of a match that is not played, minute and score too; of one that is finished, the minute. Fails with all that is wrong where the match itself, its clock
 * or the score of its play cannot be read, for there is nothing to scan without them.
 */
export const decodeSnapshot = (input: unknown): Result.Result<Decoded, Schema.SchemaError> => {
  const decoded = read(input)
  return decoded === undefined
    ? Result.map(decode(input), (snapshot) => ({
        snapshot: { ...snapshot, statistics: withMomentum(snapshot.statistics) },
        faults: none
      }))
    : Result.succeed(decoded)
}
