/**
 * The official record of the public Wyscout data set, `matches_<competition>.json`: who was at home, when and in which
 * competition a match was played, and how it ended. Pure: text in, records or the reason why there are none out.
 */
import { Result, Schema } from "effect"
import { TextOrNumber } from "../../domain/Match.ts"
import { problemText } from "../../domain/problems.ts"
import type { Score } from "../../domain/Snapshot.ts"

/** Why a file is not a recorded match. `message` is for the person who owns the file. */
export class RecordingError extends Schema.TaggedError<RecordingError>()("RecordingError", {
  message: Schema.String
}) {}

/** What the official record says of a match. */
export interface OfficialRecord {
  readonly matchId: string
  readonly competition: { readonly id: string; readonly name: string }
  /** ISO 8601, UTC. */
  readonly kickOff: string
  /** The teams' ids. */
  readonly home: string
  readonly away: string
  /** Goals when the match ended, after extra time if it was played, without those of a shoot-out. */
  readonly final: Score
}

/** Names in a file may be of any length; a reason is a line. */
const longestReason = 1000

const because = (message: string) =>
  new RecordingError({ message: message.length > longestReason ? `${message.slice(0, longestReason)}…` : message })

/** Fails a reading, with the reason. */
export const refuse = (message: string) => Result.fail(because(message))

/** Lets input through a schema, and fails a reading with what is wrong with it. */
export const decode = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  input: unknown
): Result.Result<S["Type"], RecordingError> =>
  Result.mapError(Schema.decodeUnknownResult(schema)(input), ({ issue }) => because(problemText(issue)))

/** Lets a text in JSON through a schema, and fails a reading with what is wrong with it. */
export const decodeJson = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  text: string
): Result.Result<S["Type"], RecordingError> => {
  if (text.trim() === "") return refuse("the file is empty")
  const content = Result.try({
    try: (): unknown => JSON.parse(text),
    catch: (error) => because(`it is not JSON: ${error instanceof Error ? error.message : error}`)
  })
  return Result.flatMap(content, (input) => decode(schema, input))
}

/** How the data set writes a side. */
export const HomeOrAway = Schema.Literals(["home", "away"])

const Goals = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 99 })))

const RecordFile = Schema.Array(
  Schema.Struct({
    wyId: TextOrNumber,
    competitionId: TextOrNumber,
    dateutc: Schema.String.pipe(Schema.check(Schema.isPattern(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/))),
    duration: Schema.Literals(["Regular", "ExtraTime", "Penalties"]),
    teamsData: Schema.Record(
      Schema.String,
      Schema.Struct({ teamId: TextOrNumber, side: HomeOrAway, score: Goals, scoreET: Goals })
    )
  })
)

/**
 * Reads an official record, the file `matches_<competition>.json`, of which `competition` is the name that its matches
 * get. Fails when the text is not such a file.
 */
export const readRecords = (
  text: string,
  competition: string
): Result.Result<ReadonlyArray<OfficialRecord>, RecordingError> =>
  Result.gen(function* () {
    const records: Array<OfficialRecord> = []
    for (const { competitionId, dateutc, duration, teamsData, wyId } of yield* decodeJson(RecordFile, text)) {
      const teams = Object.values(teamsData)
      const home = teams.find(({ side }) => side === "home")
      const away = teams.find(({ side }) => side === "away")
      if (home === undefined || away === undefined) return yield* refuse(`match ${wyId} lacks a home or an away team`)
      // The score after extra time includes that of regulation time; it is 0 where none was played.
      const goals = duration === "Regular" ? ("score" as const) : ("scoreET" as const)
      records.push({
        matchId: wyId,
        competition: { id: competitionId, name: competition },
        kickOff: `${dateutc.replace(" ", "T")}.000Z`,
        home: home.teamId,
        away: away.teamId,
        final: { home: home[goals], away: away[goals] }
      })
    }
    return records
  })
