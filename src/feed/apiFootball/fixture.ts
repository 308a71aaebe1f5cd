/**
 * A fixture of API-Football as a snapshot. Each part is read by itself, so that a bad one costs no more than itself.
 *
 * The score is `goals`, which holds extra time and leaves a shoot-out out; before kick-off there is none.
 */
import { Option, Schema } from "effect"
import type { Side } from "../../domain/Match.ts"
import type { MatchClock } from "../../domain/Snapshot.ts"
import { AnyWhole, numberIn, wholeIn } from "../provider/lenient.ts"
import { competitionName, isoOf, type Read } from "../provider/shown.ts"
import { clockOf, Status, unreadMinutes } from "./clock.ts"
import { countsOf, readBlocks, readEvents, type SidedFigures, statisticsOf } from "./statistics.ts"

const Team = Schema.Struct({ id: Schema.optionalKey(Schema.Unknown), name: Schema.Unknown })

const Fixture = Schema.Struct({
  fixture: Schema.Struct({
    id: AnyWhole,
    timestamp: Schema.optionalKey(Schema.Unknown),
    date: Schema.optionalKey(Schema.Unknown),
    status: Schema.optionalKey(Schema.Unknown)
  }),
  league: Schema.Struct({
    id: AnyWhole,
    name: Schema.Unknown,
    country: Schema.optionalKey(Schema.Unknown),
    season: Schema.optionalKey(Schema.Unknown)
  }),
  teams: Schema.Struct({ home: Team, away: Team }),
  goals: Schema.optionalKey(Schema.Unknown),
  events: Schema.optionalKey(Schema.Unknown),
  statistics: Schema.optionalKey(Schema.Unknown)
})

const decodeFixture = Schema.decodeUnknownOption(Fixture)
const decodeStatus = Schema.decodeUnknownOption(Status)
const decodeId = Schema.decodeUnknownOption(Schema.Struct({ fixture: Schema.Struct({ id: Schema.Unknown }) }))
const decodeLeague = Schema.decodeUnknownOption(Schema.Struct({ league: Schema.Struct({ id: AnyWhole }) }))
const decodeGoals = Schema.decodeUnknownOption(
  Schema.Struct({ home: Schema.NullOr(Schema.Unknown), away: Schema.NullOr(Schema.Unknown) })
)

const scoreOf = (goals: unknown) =>
  decodeGoals(goals).pipe(
    Option.filter(({ away, home }) => home !== null && away !== null),
    Option.map(({ away, home }) => ({ home: numberIn(home), away: numberIn(away) })),
    Option.getOrUndefined
  )

/** A fixture that could be read, and what asking for more about it takes. */
export interface ReadFixture {
  readonly id: string
  readonly leagueId: number | undefined
  readonly season: number | undefined
  readonly teams: { readonly home: number; readonly away: number } | undefined
  /** In milliseconds since the epoch. */
  readonly kickOff: number | undefined
  /** Without figures that are asked for beside. */
  readonly read: Read
  /** The statistics that came with it: none where it was asked for without. */
  readonly statistics: SidedFigures | undefined
  /** How many rows of its lists cannot be read, by list. */
  readonly unread: { readonly [part: string]: number }
}

const unreadable = (value: unknown): ReadFixture => {
  const id = Option.getOrUndefined(decodeId(value))?.fixture.id
  const nobody = { name: undefined }
  const match = { id, competition: { id: undefined, name: undefined }, home: nobody, away: nobody, kickOff: undefined }
  return {
    id: String(id),
    leagueId: Option.getOrUndefined(decodeLeague(value))?.league.id,
    season: undefined,
    teams: undefined,
    kickOff: undefined,
    read: { match, clock: undefined, score: undefined, statistics: {}, prematch: {}, odds: {} },
    statistics: undefined,
    unread: {}
  }
}

/** Reads a fixture; `clockBefore` is its clock at the poll before. What is none is handed over for the scan to tell of. */
export const readFixture = (
  value: unknown,
  clockBefore: (id: string) => MatchClock | undefined = () => undefined
): ReadFixture => {
  const decoded = decodeFixture(value)
  if (Option.isNone(decoded)) return unreadable(value)
  const { events: given, fixture, goals, league, statistics, teams } = decoded.value
  const id = String(fixture.id)
  const [home, away] = [wholeIn(teams.home.id), wholeIn(teams.away.id)]
  const isKnown = home !== undefined && away !== undefined
  const sides: ReadonlyMap<number, Side> = isKnown
    ? new Map([
        [home, "home"],
        [away, "away"]
      ])
    : new Map()
  const status = Option.getOrUndefined(decodeStatus(fixture.status))
  const events = readEvents(given)
  const blocks = readBlocks(statistics)
  const kickOff = isoOf(fixture.timestamp) ?? fixture.date
  const at = typeof kickOff === "string" ? Date.parse(kickOff) : Number.NaN
  return {
    id,
    leagueId: league.id,
    season: wholeIn(league.season),
    teams: isKnown ? { home, away } : undefined,
    kickOff: Number.isNaN(at) ? undefined : at,
    read: {
      match: {
        id: fixture.id,
        competition: { id: league.id, name: competitionName(league.name, league.country) },
        home: { name: teams.home.name },
        away: { name: teams.away.name },
        kickOff
      },
      clock: status === undefined ? undefined : clockOf(status, clockBefore(id)),
      score: scoreOf(goals),
      statistics: isKnown ? countsOf(events.rows, sides) : {},
      prematch: {},
      odds: {}
    },
    statistics: statistics === undefined ? undefined : statisticsOf(blocks.rows, sides),
    unread: {
      clock: status === undefined ? 1 : unreadMinutes(status),
      events: events.unread,
      statistics: blocks.unread
    }
  }
}
