/**
 * What is asked for less often than the list of live matches, and taken from the poll before in between: a match's statistics
 * and prices, with when they came. Times are in milliseconds since the epoch.
 */
import { Option, Schema } from "effect"
import type { Prices } from "../provider/prices.ts"
import type { SeenMatch } from "../provider/Seen.ts"
import { slowly } from "../provider/spacing.ts"
import type { SidedFigures } from "./statistics.ts"

const More = Schema.Struct({
  statistics: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  statisticsAt: Schema.optionalKey(Schema.Finite),
  /** How often in a row there were none. */
  empty: Schema.optionalKey(Schema.Int),
  odds: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  oddsAt: Schema.optionalKey(Schema.Finite),
  /** When they were last asked for, whatever came. */
  statisticsTriedAt: Schema.optionalKey(Schema.Finite),
  oddsTriedAt: Schema.optionalKey(Schema.Finite)
})
export type More = typeof More.Type
const decodeMore = Schema.decodeUnknownOption(More)

/** What is known of a match that the last poll saw. */
export const moreOf = (match: SeenMatch | undefined): More => Option.getOrElse(decodeMore(match?.more), () => ({}))

/** A match whose statistics came back empty this often is one of a league without, and asked for again now and then. */
const emptyOften = 3
const nowAndThen = 10

/** Prices that are older than this are nobody's offer any more. */
const longestOffered = 5 * slowly

/** Nothing is of a time to come: a clock was set back, and how old it is cannot be said. */
const isYounger = (at: number | undefined, now: number, than: number): boolean =>
  at !== undefined && at <= now && now - at < than

const isFresh = (at: number | undefined, now: number, factor = 1): boolean => isYounger(at, now, slowly * factor * 0.95)

export const wantsStatistics = ({ empty = 0, statisticsAt, statisticsTriedAt }: More, now: number): boolean =>
  !isFresh(statisticsAt, now, empty >= emptyOften ? nowAndThen : 1) && !isFresh(statisticsTriedAt, now)

/** Since when a match waits for its statistics: the one that waits longest comes first. */
export const statisticsSince = ({ statisticsAt = 0, statisticsTriedAt = 0 }: More): number =>
  Math.max(statisticsAt, statisticsTriedAt)

export const wantsPrices = ({ oddsAt, oddsTriedAt }: More, now: number): boolean =>
  !isFresh(oddsAt, now) && !isFresh(oddsTriedAt, now)

/** What is known after a poll that asked for these, and brought them as far as it did. */
export const moreAfter = (
  more: More,
  now: number,
  { odds, statistics }: { readonly odds: Prices | undefined; readonly statistics: SidedFigures | undefined },
  asked: { readonly odds: boolean; readonly statistics: boolean }
): More => ({
  ...more,
  ...(asked.statistics ? { statisticsTriedAt: now } : {}),
  ...(asked.odds ? { oddsTriedAt: now } : {}),
  ...(statistics === undefined
    ? {}
    : { statistics, statisticsAt: now, empty: Object.keys(statistics).length === 0 ? (more.empty ?? 0) + 1 : 0 }),
  ...(odds === undefined ? {} : { odds, oddsAt: now })
})

/** The prices that still are an offer. */
export const offered = ({ odds = {}, oddsAt }: More, now: number): { readonly [name: string]: unknown } =>
  isYounger(oddsAt, now, longestOffered) ? odds : {}
