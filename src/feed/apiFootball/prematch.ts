/**
 * What API-Football knows of a match before kick-off: a bookmaker's prices, places in the table, and what each team did this
 * season. Tables are asked for once a league, teams once a team, and none is asked for twice by one process in a day.
 * What the plan does not have is left out, and the rest is told all the same.
 */
import { Clock, Duration, Effect, Option, Schema } from "effect"
import { AnyNumber, AnyWhole, readRows } from "../provider/lenient.ts"
import { beforeKickOff, bySides, type PrematchFigures } from "../provider/prematchFigures.ts"
import { type ApiFootballApi, nextDay } from "./ApiFootballApi.ts"
import { pricesBefore } from "./odds.ts"
import type { Refusals } from "./Refusals.ts"

/** A match that figures are wanted of. */
export interface Wanted {
  readonly id: string
  readonly league: number | undefined
  readonly season: number | undefined
  readonly teams: { readonly home: number; readonly away: number } | undefined
}

/** bet365, which has the most matches there. */
const bookmaker = 8

/** The part of the minute's requests that this may take. */
export const minuteShare = 0.2

const Rank = Schema.Struct({ rank: AnyWhole, team: Schema.Struct({ id: AnyWhole }) })
const readRanks = readRows(Rank)
const decodeTable = Schema.decodeUnknownOption(
  Schema.Array(Schema.Struct({ league: Schema.Struct({ standings: Schema.Array(Schema.Unknown) }) }))
)

/** Places by team. A competition of several groups has several firsts: there a place says little, and none is told. */
export const placesOf = (answer: unknown): ReadonlyMap<number, number> => {
  const groups = Option.getOrElse(decodeTable(answer), () => []).flatMap(({ league }) => league.standings)
  return groups.length === 1 ? new Map(readRanks(groups[0]).rows.map(({ rank, team }) => [team.id, rank])) : new Map()
}

const Average = Schema.Struct({
  average: Schema.Struct({ total: AnyNumber })
})
const Counted = Schema.Struct({ total: Schema.NullOr(AnyNumber) })
const decodeTeam = Schema.decodeUnknownOption(
  Schema.Struct({
    fixtures: Schema.Struct({ played: Counted }),
    goals: Schema.Struct({ for: Average, against: Average }),
    clean_sheet: Counted,
    cards: Schema.optionalKey(
      Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Struct({ total: Schema.NullOr(AnyNumber) })))
    )
  })
)

/** What a team did this season, by name. Nothing before its first match. */
export const teamFigures = (answer: unknown): { readonly [name: string]: number } => {
  const team = Option.getOrUndefined(decodeTeam(answer))
  const played = team?.fixtures.played.total ?? 0
  if (team === undefined || played === 0) return {}
  const cards = Object.values(team.cards ?? {})
    .flatMap((byTime) => Object.values(byTime))
    .reduce((sum, { total }) => sum + (total ?? 0), 0)
  return {
    goals_scored: team.goals.for.average.total,
    goals_conceded: team.goals.against.average.total,
    ...(team.cards === undefined ? {} : { cards: cards / played }),
    clean_sheet_rate: (100 * (team.clean_sheet.total ?? 0)) / played
  }
}

/** Asks for what is known of matches before kick-off; `spend` counts a request. */
export const makePrematchSource = (api: ApiFootballApi, refusals: Refusals, spend: Effect.Effect<void>) => {
  /** Answers of this day by what was asked. */
  let answers = new Map<string, unknown>()
  let until = 0
  /** What is asked here may wait: most of the minute's requests are for polls. */
  const ask = (path: string, params: { readonly [name: string]: string }) =>
    refusals
      .unlessRefused(
        path,
        Effect.delay(
          Effect.andThen(spend, api.listOfPlan(path, params)),
          Duration.millis(60_000 / (api.perMinute() * minuteShare))
        )
      )
      .pipe(Effect.map(Option.getOrElse((): ReadonlyArray<unknown> => [])))
  const once = Effect.fnUntraced(function* (path: string, params: { readonly [name: string]: string }) {
    const now = yield* Clock.currentTimeMillis
    if (now >= until) {
      answers = new Map()
      until = nextDay(now)
    }
    const key = `${path} ${JSON.stringify(params)}`
    if (!answers.has(key)) answers.set(key, yield* ask(path, params))
    return answers.get(key)
  })

  const figuresOf = Effect.fnUntraced(function* ({ id, league, season, teams }: Wanted) {
    const prices = pricesBefore(yield* ask("odds", { fixture: id, bookmaker: String(bookmaker) }), bookmaker).get(id)
    const known: PrematchFigures = prices === undefined ? {} : beforeKickOff(prices)
    if (league === undefined || season === undefined || teams === undefined) return known
    const where = { league: String(league), season: String(season) }
    const places = placesOf(yield* once("standings", where))
    const [home, away] = [places.get(teams.home), places.get(teams.away)]
    const team = (of: number) =>
      Effect.map(once("teams/statistics", { ...where, team: String(of) }), (rows) =>
        teamFigures(Array.isArray(rows) ? rows[0] : rows)
      )
    return {
      ...known,
      ...(home === undefined || away === undefined ? {} : { position: { home, away } }),
      ...bySides(yield* team(teams.home), yield* team(teams.away))
    }
  })
  return (matches: ReadonlyArray<Wanted>) =>
    Effect.map(
      Effect.forEach(matches, (match) => Effect.map(figuresOf(match), (figures) => [match.id, figures] as const)),
      (found): ReadonlyMap<string, PrematchFigures> => new Map(found)
    )
}
