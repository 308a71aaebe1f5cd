/**
 * What SportMonks knows of a match before kick-off: the bookmaker's prices, and the figures of each team this season.
 *
 * The figures of teams are read as far as they have the shape that is documented: `{all: {average, percentage}}` by type.
 */
import { Effect, Option, Schema } from "effect"
import { AnyNumber, AnyWhole, readRows } from "../provider/lenient.ts"
import { beforeKickOff, bySides, type PrematchFigures } from "../provider/prematchFigures.ts"
import { oddsOf } from "./odds.ts"
import type { SportMonksApi } from "./SportMonksApi.ts"

/** A match that figures are wanted of. */
export interface Wanted {
  readonly id: string
  readonly season: number | undefined
  readonly teams: { readonly home: number; readonly away: number } | undefined
}

const Priced = Schema.Struct({ id: AnyWhole, odds: Schema.optionalKey(Schema.Unknown) })
const readPriced = readRows(Priced)

const Detail = Schema.Struct({
  type_id: AnyWhole,
  value: Schema.Struct({
    all: Schema.Struct({
      average: Schema.optionalKey(AnyNumber),
      percentage: Schema.optionalKey(AnyNumber)
    })
  })
})
const readDetails = readRows(Detail)

const decodeTeam = Schema.decodeUnknownOption(
  Schema.Struct({ statistics: Schema.Array(Schema.Struct({ season_id: AnyWhole, details: Schema.Unknown })) })
)

const goals = 52
const conceded = 88
const corners = 34
const yellow = 84
const red = 83
const bothScored = 192
const cleanSheets = 194

/** A team's figures of a season by name. */
export const teamFigures = (team: unknown, season: number): { readonly [name: string]: number } => {
  const statistics = Option.getOrUndefined(decodeTeam(team))?.statistics.find(({ season_id }) => season_id === season)
  const { rows } = readDetails(statistics?.details)
  const of = (type: number) => rows.find(({ type_id }) => type_id === type)?.value.all
  const [yellows, reds] = [of(yellow)?.average, of(red)?.average]
  const figures = {
    goals_scored: of(goals)?.average,
    goals_conceded: of(conceded)?.average,
    corners: of(corners)?.average,
    cards: yellows === undefined ? undefined : yellows + (reds ?? 0),
    btts_rate: of(bothScored)?.percentage,
    clean_sheet_rate: of(cleanSheets)?.percentage
  }
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  )
}

/** Asks for the figures of at most 50 matches: one request for the prices of all, and one a team. */
export const askPrematch = Effect.fnUntraced(function* (
  api: SportMonksApi,
  bookmaker: number,
  matches: ReadonlyArray<Wanted>
) {
  const priced = readPriced(yield* api.prices(matches.map(({ id }) => id))).rows
  const pricesOf = new Map(priced.map(({ id, odds }) => [String(id), beforeKickOff(oddsOf(odds, bookmaker).odds)]))
  const found = new Map<string, PrematchFigures>()
  for (const { id, season, teams } of matches) {
    const sides = yield* season === undefined || teams === undefined
      ? Effect.succeedSome({})
      : Effect.all([api.team(teams.home, season), api.team(teams.away, season)]).pipe(
          Effect.map(([home, away]) => bySides(teamFigures(home, season), teamFigures(away, season))),
          Effect.asSome,
          // A plan without the figures of teams has prices all the same; what does not answer now is asked later.
          Effect.catchTag("FeedError", ({ message, reason }) =>
            Effect.as(
              Effect.logDebug("a match goes without the figures of its teams").pipe(
                Effect.annotateLogs({ match: id, reason: message })
              ),
              reason === "refused" ? Option.some({}) : Option.none()
            )
          )
        )
    if (Option.isSome(sides)) found.set(id, { ...sides.value, ...pricesOf.get(id) })
  }
  return found
})
