/**
 * The public Wyscout event format: what the file of one match says, as one snapshot for each scoreboard minute.
 *
 * Pure: text in, a recorded match or the reason why there is none out. The format is that of Pappalardo et al., "A public
 * data set of spatio-temporal match events in soccer competitions" (2019), with a file for each match: its events, and its
 * two teams by id, in one variant as they are and in the other under a further key `team`.
 */
import { Result, Schema, Struct } from "effect"
import { Match, type Side, type Sides, TextOrNumber } from "../../domain/Match.ts"
import type { MetricName } from "../../domain/Metric.ts"
import { matchMinute, Period, periods, type Score, type SnapshotInput } from "../../domain/Snapshot.ts"
import { decode, decodeJson, HomeOrAway, type OfficialRecord, type RecordingError, refuse } from "./WyscoutRecord.ts"

/** A match as it was played. */
export interface RecordedMatch {
  readonly match: Match
  /** Where polls were recorded: when each of the frames was shown, in milliseconds since the epoch. */
  readonly at?: ReadonlyArray<number>
  /**
   * What each poll showed, where polls were recorded. Else one live snapshot for each scoreboard minute, added minutes one by one, each holding every event to the end of its
   * minute; then the last of them again as `finished`. Never empty. Figures that a minute left alone are shared with
   * the frame before, so that a match takes some tens of kilobytes.
   */
  readonly frames: ReadonlyArray<SnapshotInput>
  /** Goals by the events when the match ended; those of a shoot-out do not count. */
  readonly final: Score
  /** The same by the official record, where there is one: after extra time if it was played. */
  readonly official: Score | undefined
}

/** The kick-off of a match of which there is no official record: its file does not say when it was played. */
export const unknownKickOff = "1970-01-01T00:00:00.000Z"

// A corrupt second would otherwise become millions of frames. No period has ever lasted two hours.
const Seconds = Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 7199 })))

const Event = Schema.Struct({
  eventName: Schema.String,
  subEventName: Schema.String,
  tags: Schema.Array(Schema.Struct({ id: Schema.Int })),
  teamId: TextOrNumber,
  matchId: Schema.optionalKey(TextOrNumber),
  matchPeriod: Period,
  eventSec: Seconds
})
type Event = typeof Event.Type

const TeamInfo = Schema.Struct({
  name: Schema.NonEmptyString,
  type: Schema.optionalKey(Schema.String),
  area: Schema.optionalKey(Schema.Struct({ name: Schema.String })),
  side: Schema.optionalKey(HomeOrAway)
})
type TeamInfo = typeof TeamInfo.Type
const NestedTeam = Schema.Struct({ team: TeamInfo, side: TeamInfo.fields.side })

const MatchFile = Schema.Struct({
  events: Schema.Array(Event),
  teams: Schema.Record(Schema.String, Schema.Union([NestedTeam, TeamInfo]))
})

const tag = { goal: 101, ownGoal: 102, accurate: 1801, blocked: 2101, red: 1701, yellow: 1702, secondYellow: 1703 }

const has = (event: Event, id: number): boolean => event.tags.some((each) => each.id === id)
const isSub = (event: Event, ...names: ReadonlyArray<string>): boolean => names.includes(event.subEventName)
const isShot = (event: Event): boolean => event.eventName === "Shot" || isSub(event, "Free kick shot", "Penalty")
// The goalkeeper's side of an attempt. A goal is marked on it too, and must not be counted twice.
const isSave = (event: Event): boolean => event.eventName === "Save attempt"
const isGoal = (event: Event): boolean => isShot(event) && has(event, tag.goal)
const isOwnGoal = (event: Event): boolean => has(event, tag.ownGoal) && !isSave(event)

/** Which events count for which metric, each for the team that it is of. Goals are kept apart, as the score. */
const counted = {
  shots: isShot,
  shots_on_target: (event) => isShot(event) && has(event, tag.accurate),
  shots_off_target: (event) =>
    isShot(event) && !has(event, tag.accurate) && !has(event, tag.blocked) && !has(event, tag.goal),
  shots_blocked: (event) => isShot(event) && has(event, tag.blocked),
  corners: (event) => isSub(event, "Corner"),
  fouls: (event) => event.eventName === "Foul",
  offsides: (event) => event.eventName === "Offside",
  yellow_cards: (event) => has(event, tag.yellow),
  red_cards: (event) => has(event, tag.red) || has(event, tag.secondYellow),
  penalties: (event) => isSub(event, "Penalty"),
  saves: (event) => isSave(event) && has(event, tag.accurate) && !has(event, tag.goal) && !has(event, tag.ownGoal),
  passes: (event) => event.eventName === "Pass",
  accurate_passes: (event) => event.eventName === "Pass" && has(event, tag.accurate),
  crosses: (event) => isSub(event, "Cross", "Free kick cross"),
  free_kicks: (event) => isSub(event, "Free Kick", "Free kick cross", "Free kick shot"),
  throw_ins: (event) => isSub(event, "Throw in")
} satisfies { readonly [name in MetricName]?: (event: Event) => boolean }

const counters = Object.entries<(event: Event) => boolean>(counted)

const counts = (event: Event): boolean => isOwnGoal(event) || counters.some(([, counts]) => counts(event))

/** The metrics that a recorded match has, besides `goals`: those that its events bear out. */
export const recordedMetrics: ReadonlyArray<MetricName> = [...Struct.keys(counted), "possession"]

const other = (side: Side): Side => (side === "home" ? "away" : "home")

/** Share of the passes so far, in percent to one decimal; none before the first pass. */
const possession = ({ away, home }: Sides): Sides | undefined => {
  if (home + away === 0) return undefined
  const share = Math.round((1000 * home) / (home + away)) / 10
  return { home: share, away: Math.round(10 * (100 - share)) / 10 }
}

/** Counts events and gives the figures so far, sharing those that did not change since they were last asked for. */
const makeTally = () => {
  const score = { home: 0, away: 0 }
  const totals = new Map(counters.map(([name]) => [name, { home: 0, away: 0 }]))
  let shown: { [name: string]: Sides } = {}
  const unchanged = (name: string, now: Sides): Sides => {
    const before = shown[name]
    return before?.home === now.home && before.away === now.away ? before : { ...now }
  }
  return {
    score: (): Score => ({ ...score }),
    add: (event: Event, side: Side): void => {
      if (isGoal(event)) score[side] += 1
      if (isOwnGoal(event)) score[other(side)] += 1
      for (const [name, counts] of counters) {
        const total = totals.get(name)
        if (total !== undefined && counts(event)) total[side] += 1
      }
    },
    statistics: (): { readonly [name: string]: Sides } => {
      const share = possession(totals.get("passes") ?? { home: 0, away: 0 })
      const now = [...totals, ...(share === undefined ? [] : [["possession", share] as const])]
      shown = Object.fromEntries(now.map(([name, total]) => [name, unchanged(name, total)]))
      return shown
    }
  }
}

const framesOf = (match: typeof Match.Encoded, events: ReadonlyArray<Event>, sides: ReadonlyMap<string, Side>) =>
  Result.gen(function* () {
    const tally = makeTally()
    const frames: Array<SnapshotInput> = []
    for (const period of periods) {
      if (period === "P") continue
      const played = events.filter(({ matchPeriod }) => matchPeriod === period)
      const byMinute = Map.groupBy(played, ({ eventSec }) => Math.floor(eventSec / 60))
      const last = Math.max(-1, ...byMinute.keys())
      for (let minute = 0; minute <= last; minute++) {
        for (const event of byMinute.get(minute) ?? []) {
          const side = sides.get(event.teamId)
          // Some interruptions are of no team. What counts must be of one of the two.
          if (side !== undefined) tally.add(event, side)
          else if (counts(event)) return yield* refuse(`team ${event.teamId} has events but is not among teams`)
        }
        const clock = { ...matchMinute(period, minute * 60), status: "live" as const }
        frames.push({ match, clock, score: tally.score(), statistics: tally.statistics() })
      }
    }
    const end = frames.at(-1)
    if (end === undefined) return yield* refuse("no event of play is in it")
    return { frames: [...frames, { ...end, clock: { ...end.clock, status: "finished" as const } }], final: end.score }
  })

/**
 * The id of the team that is named first in the text: the home team, by the data set's convention. It is read from the
 * text because a JavaScript object lists its numeric keys in ascending order, whatever their order in the file.
 */
const firstTeam = (text: string): string | undefined => /"teams"\s*:\s*\{\s*"([^"]+)"/.exec(text)?.[1]

/** The published files escape some names twice: `Atl\u00e9tico` arrives with the escape spelled out. */
const unescaped = (name: string): string =>
  name.replaceAll(/\\u([0-9a-fA-F]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/** Without an official record: the home club's country stands for its league, and national teams play a cup. */
const guessedCompetition = (home: Pick<TeamInfo, "area" | "type">): OfficialRecord["competition"] => {
  const country = home.type === "national" ? undefined : home.area?.name
  const name = country === undefined || country === "" ? "International" : unescaped(country)
  return { id: name, name }
}

/**
 * Reads the file of one match, in either variant. `officialRecord` looks a match up by its id and settles home and away,
 * competition and kick-off. Without a record the file decides: `side` of its teams, else the team it names first is at
 * home; the competition is the home club's country, and the kick-off `unknownKickOff`. `name` is the match's id where
 * no event says it (files are called by it).
 *
 * Fails when the text is not such a file, when there are not two teams, when an event that counts is of a third team or when
 * nothing but a shoot-out is in it.
 */
export const readMatch = (
  text: string,
  name: string,
  officialRecord: (matchId: string) => OfficialRecord | undefined = () => undefined
): Result.Result<RecordedMatch, RecordingError> =>
  Result.gen(function* () {
    const file = yield* decodeJson(MatchFile, text)
    const id = file.events[0]?.matchId ?? name
    const official = officialRecord(id)
    const teams = Object.entries(file.teams).map(([key, entry]) => ({
      ...("team" in entry ? { ...entry.team, side: entry.side ?? entry.team.side } : entry),
      key
    }))
    if (official !== undefined && !teams.every(({ key }) => key === official.home || key === official.away)) {
      return yield* refuse(
        `the official record of match ${id} names other teams: ${official.home} and ${official.away}`
      )
    }
    const homeId =
      official?.home ??
      teams.find(({ side }) => side === "home")?.key ??
      (teams.some(({ side }) => side === "away") ? teams.find(({ side }) => side !== "away")?.key : firstTeam(text))
    const home = teams.find(({ key }) => key === homeId)
    const away = teams.find(({ key }) => key !== homeId)
    if (teams.length !== 2 || home === undefined || away === undefined) {
      return yield* refuse(
        `teams must be two, of which one is at home, and are ${teams.map(({ key }) => key).join(", ") || "none"}`
      )
    }
    const encoded = {
      id,
      competition: official?.competition ?? guessedCompetition(home),
      home: { name: unescaped(home.name) },
      away: { name: unescaped(away.name) },
      kickOff: official?.kickOff ?? unknownKickOff
    }
    const match = yield* decode(Match, encoded)
    const sides = new Map<string, Side>([
      [home.key, "home"],
      [away.key, "away"]
    ])
    const { final, frames } = yield* framesOf(encoded, file.events, sides)
    return { match, frames, final, official: official?.final }
  })
