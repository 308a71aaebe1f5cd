import { Effect, Schema } from "effect"
import { Match, Sides } from "./Match.ts"
import { isMetricName, type Metric, type MetricName, metrics } from "./Metric.ts"

/** First and second half, first and second half of extra time, shoot-out; in the order in which they are played. */
export const periods = ["1H", "2H", "E1", "E2", "P"] as const
export const Period = Schema.Literals(periods)
export type Period = typeof Period.Type

/** The minute at which a period begins: a scoreboard shows `start + 1` in its first minute. */
export const periodStart: Readonly<Record<Period, number>> = { "1H": 0, "2H": 45, E1: 90, E2: 105, P: 120 }

/** The minute at which a scoreboard stops; what is played beyond it is added time. */
export const periodEnd: Readonly<Record<Period, number>> = { "1H": 45, "2H": 90, E1: 105, E2: 120, P: 120 }

/**
 * The least scoreboard minute of each period. Halves may be shorter than 45 minutes (2 × 40, 2 × 30), and a shoot-out may
 * follow any of them: `P` keeps the minute at which it was reached.
 */
const least: Readonly<Record<Period, number>> = { "1H": 0, "2H": 30, E1: 60, E2: 65, P: 60 }

/**
 * What is known of a match's play.
 *
 * - `live`: it is played. `break`: the pause between two periods, in which the clock keeps the last period, minute and added
 *   minute.
 * - `scheduled`: it has not begun. `delayed`: it begins later on the day. `postponed`: on another day.
 * - `interrupted`: play stopped and is about to go on. `suspended`: it stopped, and goes on at a time that is not known. The clock
 *   keeps the moment at which it stopped.
 * - `finished`: played to its end. `abandoned`: it stopped for good. `cancelled`: it is not played. `awarded`: decided by somebody
 *   else than the teams on the pitch, with a score to suit. `walkover`: a team did not come.
 */
export const MatchStatus = Schema.Literals([
  "scheduled",
  "live",
  "break",
  "finished",
  "abandoned",
  "suspended",
  "interrupted",
  "postponed",
  "delayed",
  "cancelled",
  "awarded",
  "walkover"
])
export type MatchStatus = typeof MatchStatus.Type

interface State {
  readonly status: MatchStatus
}

/** Whether a strategy may fire: play goes on, or pauses between two periods. Nothing fires in a shoot-out. */
export const isInPlay = ({ period, status }: State & { readonly period: Period }): boolean =>
  (status === "live" || status === "break") && period !== "P"

/** Whether the match is over, played to the end or not. What waits to go on, or to begin, is not. */
export const isOver = ({ status }: State): boolean => status === "finished" || isCalledOff({ status })

/** Whether the match is over without having been decided by play. */
export const isCalledOff = ({ status }: State): boolean =>
  status === "abandoned" || status === "cancelled" || status === "awarded" || status === "walkover"

/** Whether the match waits: it stopped and may go on, or has not begun when it should. How long is for others to bound. */
export const isWaiting = ({ status }: State): boolean =>
  status === "suspended" || status === "interrupted" || status === "postponed" || status === "delayed"

/**
 * Whether clock and score are those of play. Where they are not, they are 0 or whatever a table says, and no part of the
 * match's past.
 */
export const isPlayed = ({ status }: State): boolean => {
  switch (status) {
    case "live":
    case "break":
    case "suspended":
    case "interrupted":
    case "finished":
    case "abandoned":
      return true
    default:
      return false
  }
}

const Minutes = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 120 })))

/** A moment of play as a scoreboard shows it, such as 90+4 of the second half: `minute` 90 and `added` 4. */
export const MatchMinute = Schema.Struct({ period: Period, minute: Minutes, added: Minutes })
export interface MatchMinute extends Schema.Schema.Type<typeof MatchMinute> {}

/** Whether a scoreboard may show this minute in this period. */
export const isMinuteOf = (period: Period, minute: number): boolean =>
  minute >= least[period] && minute <= periodEnd[period]

/** The match clock: where play stands, and whether it goes on. Minutes are scoreboard minutes (1 to 120, 0 before kick-off). */
export const MatchClock = Schema.Struct({ ...MatchMinute.fields, status: MatchStatus }).pipe(
  Schema.check(
    Schema.makeFilter(
      ({ minute, period, status }) =>
        !isPlayed({ status }) ||
        isMinuteOf(period, minute) ||
        `minute ${minute} is not in period ${period} (${least[period]} to ${periodEnd[period]})`
    )
  )
)
export interface MatchClock extends Schema.Schema.Type<typeof MatchClock> {}

/**
 * The scoreboard minute of an instant, `seconds` after its period began: floor(seconds / 60) + 1 counted from the
 * period's start, capped at the period's last minute with the excess as added minutes.
 */
export const matchMinute = (period: Period, seconds: number): MatchMinute => {
  const minute = periodStart[period] + Math.floor(seconds / 60) + 1
  const capped = Math.min(minute, periodEnd[period])
  return { period, minute: capped, added: minute - capped }
}

/** Orders moments of one match: negative when `a` comes before `b`. */
export const compareMatchMinutes = (a: MatchMinute, b: MatchMinute): number =>
  periods.indexOf(a.period) - periods.indexOf(b.period) || a.minute - b.minute || a.added - b.added

/** `67`, `90+4`. */
export const matchMinuteLabel = ({ added, minute }: Pick<MatchMinute, "minute" | "added">): string =>
  added === 0 ? `${minute}` : `${minute}+${added}`

const Goals = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 99 })))

/** Goals of each team. */
export const Score = Schema.Struct({ home: Goals, away: Goals })
export interface Score extends Schema.Schema.Type<typeof Score> {}

/** The value of a metric: one number for the match, or one for each side. */
export const Figure = Schema.Union([Schema.Finite, Sides])
export type Figure = typeof Figure.Type

/** Metric values by their name in the catalogue. A metric that is absent has no value; it is never taken for 0. */
export type Figures = { readonly [name in MetricName]?: Figure }

/** See {@link Figures}. Names that the catalogue does not know (any more) are kept and never asked for. */
export const Figures: Schema.Codec<Figures> = Schema.Record(Schema.String, Figure)

/** Why `figure` cannot be a value of the metric, or undefined when it can. */
export const misfit = ({ range: [least, most], sided }: Metric, figure: Figure): string | undefined => {
  if (typeof figure === "number") {
    if (sided) return "needs a value for home and away"
    return figure >= least && figure <= most ? undefined : `${figure} is not within ${least} to ${most}`
  }
  if (!sided) return "needs a single value"
  const { away, home } = figure
  return home >= least && home <= most && away >= least && away <= most
    ? undefined
    : `${home} and ${away} is not within ${least} to ${most}`
}

const fitsCatalogue = (prefix: string) =>
  Schema.makeFilter((figures: { readonly [key: string]: Figure }) =>
    Object.entries(figures).flatMap(([key, figure]) => {
      const row = metrics.get(`${prefix}${key}`)
      const issue = row === undefined ? undefined : misfit(row, figure)
      return issue === undefined ? [] : [{ path: [key], issue }]
    })
  )

/**
 * A match at one moment: clock, score, and what the feed knows by metric name. `statistics` holds the in-play metrics,
 * `prematch` and `odds` theirs without the prefix (`odds: { draw: 3.4, win: { home: 2.1, away: 3.9 } }`). Figures that
 * the catalogue does not know are ignored; `goals` is the score, whatever `statistics` says.
 */
export const Snapshot = Schema.Struct({
  match: Match,
  clock: MatchClock,
  score: Score,
  statistics: Schema.Record(Schema.String, Sides).pipe(
    Schema.check(fitsCatalogue("")),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  ),
  prematch: Schema.Record(Schema.String, Figure).pipe(
    Schema.check(fitsCatalogue("prematch.")),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  ),
  odds: Schema.Record(Schema.String, Figure).pipe(
    Schema.check(fitsCatalogue("odds.")),
    Schema.withDecodingDefaultKey(Effect.succeed({}))
  )
})
export interface Snapshot extends Schema.Schema.Type<typeof Snapshot> {}

/** A snapshot as a feed hands it over, before it is decoded. */
export type SnapshotInput = typeof Snapshot.Encoded

/** The names that figures of a group have in the catalogue, by the key that a snapshot has them under. */
const namesOf = (prefix: string): ReadonlyMap<string, MetricName> =>
  new Map(
    [...metrics.keys()]
      .filter(isMetricName)
      .flatMap((name) => (name.startsWith(prefix) ? [[name.slice(prefix.length), name] as const] : []))
  )

const names = { statistics: namesOf(""), prematch: namesOf("prematch."), odds: namesOf("odds.") }

/** The metric values of some groups of a snapshot by their names in the catalogue. */
const figuresOf =
  (...groups: ReadonlyArray<keyof typeof names>) =>
  (snapshot: Snapshot): Figures => {
    const all: { [name in MetricName]?: Figure } = {}
    for (const group of groups) {
      const figures = snapshot[group]
      for (const key in figures) {
        const name = names[group].get(key)
        const figure = figures[key]
        if (name !== undefined && figure !== undefined) all[name] = figure
      }
    }
    all.goals = snapshot.score
    return all
  }

/** Every metric value of a snapshot by its name in the catalogue, the score as `goals`. */
export const figures = figuresOf("statistics", "prematch", "odds")

/** Those that change while the match is played, which are all that its past has to keep. */
export const figuresInPlay = figuresOf("statistics", "odds")
