/**
 * Decoding of snapshots, a thousand in some milliseconds: what is plainly in order is read by hand, and everything else is left
 * to the schema, which says what is wrong with it. The schema is what is right: where this reads a snapshot at all, it reads
 * what the schema does.
 */
import { DateTime, Option, Result, Schema } from "effect"
import { type Match, MatchId, type Sides } from "./Match.ts"
import { isMetricName, type Metric, metric, metrics } from "./Metric.ts"
import {
  type Figure,
  isMinuteOf,
  isPlayed,
  type MatchClock,
  MatchStatus,
  Period,
  type Score,
  Snapshot
} from "./Snapshot.ts"

type Plain = Readonly<Record<string, unknown>>

export const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

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

const readTeam = (value: unknown): { readonly name: string } | undefined =>
  isPlain(value) && isText(value.name) ? { name: value.name } : undefined

const readMatch = (value: unknown): Match | undefined => {
  if (!isPlain(value) || !isPlain(value.competition)) return undefined
  const id = readId(value.id)
  const competition = readId(value.competition.id)
  const { name } = value.competition
  const home = readTeam(value.home)
  const away = readTeam(value.away)
  if (id === undefined || competition === undefined || !isText(name)) return undefined
  if (home === undefined || away === undefined || typeof value.kickOff !== "string") return undefined
  const kickOff = Option.getOrUndefined(DateTime.make(value.kickOff))
  if (kickOff === undefined) return undefined
  return { id: MatchId.make(id), competition: { id: competition, name }, home, away, kickOff: DateTime.toUtc(kickOff) }
}

const readClock = (value: unknown): MatchClock | undefined => {
  if (!isPlain(value)) return undefined
  const { added, minute, period, status } = value
  if (!isPeriod(period) || !isStatus(status) || !isWhole(minute, 120) || !isWhole(added, 120)) return undefined
  if (isPlayed({ status }) && !isMinuteOf(period, minute)) return undefined
  return { period, minute, added, status }
}

const readScore = (value: unknown): Score | undefined => {
  if (!isPlain(value)) return undefined
  const { away, home } = value
  return isWhole(home, 99) && isWhole(away, 99) ? { home, away } : undefined
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
    [...metrics.keys()]
      .filter(isMetricName)
      .flatMap((name) => (name.startsWith(prefix) ? [[name.slice(prefix.length), metric(name)] as const] : []))
  )

const rows = { statistics: rowsOf(""), prematch: rowsOf("prematch."), odds: rowsOf("odds.") }

const isWithin = (value: number, { range: [least, most] }: Metric): boolean => value >= least && value <= most

const fits = (figure: Figure, row: Metric): boolean =>
  typeof figure === "number"
    ? !row.sided && isWithin(figure, row)
    : row.sided && isWithin(figure.home, row) && isWithin(figure.away, row)

/** Figures by name; where rows of the catalogue are given, those that fit them. */
export const readFigures = (
  value: unknown,
  row: ReadonlyMap<string, Metric> = new Map()
): { [key: string]: Figure } | undefined => {
  if (!isPlain(value)) return undefined
  const figures: { [key: string]: Figure } = {}
  for (const key of Object.keys(value)) {
    const figure = readFigure(value[key])
    const catalogued = row.get(key)
    if (figure === undefined || key === "__proto__") return undefined
    if (catalogued !== undefined && !fits(figure, catalogued)) return undefined
    figures[key] = figure
  }
  return figures
}

const isSided = (figures: { [key: string]: Figure }): figures is { [key: string]: Sides } => {
  for (const key in figures) if (typeof figures[key] === "number") return false
  return true
}

const read = (value: unknown): Snapshot | undefined => {
  if (!isPlain(value)) return undefined
  const statistics = "statistics" in value ? readFigures(value.statistics, rows.statistics) : {}
  const prematch = "prematch" in value ? readFigures(value.prematch, rows.prematch) : {}
  const odds = "odds" in value ? readFigures(value.odds, rows.odds) : {}
  if (statistics === undefined || !isSided(statistics) || prematch === undefined || odds === undefined) return undefined
  const match = readMatch(value.match)
  const clock = readClock(value.clock)
  const score = readScore(value.score)
  if (match === undefined || clock === undefined || score === undefined) return undefined
  return { match, clock, score, statistics, prematch, odds }
}

const decode = Schema.decodeUnknownResult(Snapshot, { errors: "all" })

/** What a feed hands over as a snapshot, or all that is wrong with it. */
export const decodeSnapshot = (input: unknown): ReturnType<typeof decode> => {
  const snapshot = read(input)
  return snapshot === undefined ? decode(input) : Result.succeed(snapshot)
}
