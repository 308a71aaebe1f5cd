/**
 * A fixture of SportMonks as a snapshot. Each part is read by itself, so that a bad one costs no more than itself.
 *
 * The order of participants and of periods means nothing: sides are those of `meta.location`. The score is CURRENT, which a
 * shoot-out leaves alone; before the match there is none.
 */
import { Option, Schema } from "effect"
import type { Side } from "../../domain/Match.ts"
import type { MatchClock } from "../../domain/Snapshot.ts"
import { AnyWhole, finiteIn, numberIn, readRows, wholeIn } from "../provider/lenient.ts"
import { competitionName, isoOf, type Read } from "../provider/shown.ts"
import { clockOf, readPeriods, stateOf, unreadTimes } from "./clock.ts"
import { oddsOf } from "./odds.ts"
import { readEvents, readStatistics, statisticsOf } from "./statistics.ts"

const Id = AnyWhole

const Fixture = Schema.Struct({
  id: Id,
  state_id: Id,
  league_id: Schema.optionalKey(Schema.NullOr(Id)),
  season_id: Schema.optionalKey(Schema.Unknown),
  placeholder: Schema.optionalKey(Schema.Unknown),
  name: Schema.optionalKey(Schema.Unknown),
  starting_at: Schema.optionalKey(Schema.Unknown),
  starting_at_timestamp: Schema.optionalKey(Schema.Unknown),
  participants: Schema.optionalKey(Schema.Unknown),
  league: Schema.optionalKey(Schema.Unknown),
  periods: Schema.optionalKey(Schema.Unknown),
  detailedperiods: Schema.optionalKey(Schema.Unknown),
  scores: Schema.optionalKey(Schema.Unknown),
  statistics: Schema.optionalKey(Schema.Unknown),
  events: Schema.optionalKey(Schema.Unknown),
  inplayodds: Schema.optionalKey(Schema.Unknown),
  inplayOdds: Schema.optionalKey(Schema.Unknown)
})
type Fixture = typeof Fixture.Type

const decodeFixture = Schema.decodeUnknownOption(Fixture)
const decodeId = Schema.decodeUnknownOption(
  Schema.Struct({ id: Schema.Unknown, name: Schema.optionalKey(Schema.Unknown) })
)

const Participant = Schema.Struct({
  id: Schema.optionalKey(Schema.Unknown),
  name: Schema.Unknown,
  placeholder: Schema.optionalKey(Schema.Unknown),
  meta: Schema.Struct({
    location: Schema.Literals(["home", "away"]),
    position: Schema.optionalKey(Schema.Unknown)
  })
})
const readParticipants = readRows(Participant)

const decodeLeague = Schema.decodeUnknownOption(
  Schema.Struct({
    name: Schema.Unknown,
    sub_type: Schema.optionalKey(Schema.Unknown),
    country: Schema.optionalKey(Schema.NullOr(Schema.Struct({ name: Schema.Unknown })))
  })
)

const ScoreRow = Schema.Struct({
  description: Schema.String,
  score: Schema.Struct({ goals: Schema.Unknown, participant: Schema.Literals(["home", "away"]) })
})
const readScores = readRows(ScoreRow)

const scoreOf = (value: unknown) => {
  const current = readScores(value).rows.filter(({ description }) => description === "CURRENT")
  const of = (side: Side) => numberIn(current.findLast(({ score }) => score.participant === side)?.score.goals)
  const [home, away] = [of("home"), of("away")]
  return home === undefined || away === undefined ? undefined : { home, away }
}

/** `starting_at` has no zone: it is that of the request, which asks for none, and so UTC. */
const kickOffOf = ({ starting_at, starting_at_timestamp }: Fixture): unknown =>
  isoOf(starting_at_timestamp) ??
  (typeof starting_at === "string" ? `${starting_at.trim().replace(" ", "T")}Z` : starting_at)

/** What a fixture is asked to be read with. */
export interface Reading {
  readonly bookmaker: number
  /** The clock of a fixture at the poll before. */
  readonly clockBefore: (id: string) => MatchClock | undefined
}

/** A fixture that could be read, and what asking for more about it takes. */
export interface ReadFixture {
  readonly id: number
  readonly leagueId: number | undefined
  readonly seasonId: number | undefined
  /** The teams' ids. */
  readonly teams: { readonly home: number; readonly away: number } | undefined
  readonly read: Read
  /** How many rows of its lists cannot be read, by list. */
  readonly unread: { readonly [part: string]: number }
}

/** A table's places mean something in a league alone; a cup has others under the same name. */
const positionOf = (ofHome: unknown, ofAway: unknown, subType: unknown) => {
  const [home, away] = [finiteIn(ofHome), finiteIn(ofAway)]
  return subType === "domestic" && home !== undefined && away !== undefined ? { position: { home, away } } : {}
}

const unreadable = (value: unknown): Read => {
  const { id, name } = Option.getOrElse(decodeId(value), () => ({ id: undefined, name: undefined }))
  const nobody = { name: undefined }
  return {
    match: { id, competition: { id: undefined, name }, home: nobody, away: nobody, kickOff: undefined },
    clock: undefined,
    score: undefined,
    statistics: {},
    prematch: {},
    odds: {}
  }
}

/**
 * Reads a fixture. None for one that is not to be shown: it was deleted, its teams are not known yet, or its state means
 * nothing to this version. What is no fixture at all is handed over as it is, for the scan to tell of.
 */
export const readFixture = (value: unknown, { bookmaker, clockBefore }: Reading): ReadFixture | undefined => {
  const decoded = decodeFixture(value)
  if (Option.isNone(decoded)) {
    return {
      id: Number.NaN,
      leagueId: undefined,
      seasonId: undefined,
      teams: undefined,
      read: unreadable(value),
      unread: {}
    }
  }
  const fixture = decoded.value
  const state = stateOf(fixture.state_id)
  const participants = readParticipants(fixture.participants)
  const { rows } = participants
  if (state === "deleted" || fixture.placeholder === true || rows.some(({ placeholder }) => placeholder === true)) {
    return undefined
  }
  const of = (side: Side) => rows.find(({ meta }) => meta.location === side)
  const [home, away] = [of("home"), of("away")]
  const league = Option.getOrUndefined(decodeLeague(fixture.league))
  const periods = readPeriods(fixture.detailedperiods ?? fixture.periods)
  const statistics = readStatistics(fixture.statistics)
  const events = readEvents(fixture.events)
  const odds = oddsOf(fixture.inplayodds ?? fixture.inplayOdds, bookmaker)
  const [homeId, awayId] = [wholeIn(home?.id), wholeIn(away?.id)]
  const isKnown = homeId !== undefined && awayId !== undefined
  const sides: ReadonlyMap<number, Side> = isKnown
    ? new Map([
        [homeId, "home"],
        [awayId, "away"]
      ])
    : new Map()
  return {
    id: fixture.id,
    leagueId: fixture.league_id ?? undefined,
    seasonId: wholeIn(fixture.season_id),
    teams: isKnown ? { home: homeId, away: awayId } : undefined,
    read: {
      match: {
        id: fixture.id,
        competition: {
          id: fixture.league_id,
          name: competitionName(league?.name, league?.country?.name) ?? `League ${fixture.league_id}`
        },
        home: { name: home?.name },
        away: { name: away?.name },
        kickOff: kickOffOf(fixture)
      },
      clock: state === undefined ? undefined : clockOf(state, periods.rows, clockBefore(String(fixture.id))),
      score: scoreOf(fixture.scores),
      statistics: statisticsOf(
        statistics.rows,
        isKnown && Array.isArray(fixture.events) ? events.rows : undefined,
        sides
      ),
      prematch: positionOf(home?.meta.position, away?.meta.position, league?.sub_type),
      odds: odds.odds
    },
    unread: {
      participants: participants.unread,
      periods: periods.unread + unreadTimes(periods.rows),
      statistics: statistics.unread,
      events: events.unread,
      odds: odds.unread
    }
  }
}
