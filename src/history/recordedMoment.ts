/** A moment of a match as the database keeps it: a row of the table `match_history`. */
import { Schema } from "effect"
import { isPeriod, isPlain, isWhole, readFigures, readId } from "../domain/decodeSnapshot.ts"
import { TextOrNumber } from "../domain/Match.ts"
import { Figures, MatchMinute } from "../domain/Snapshot.ts"
import type { Doubt, PlayMoment } from "./pasts.ts"

const Moment = Schema.Struct({ ...MatchMinute.fields, figures: Figures })

const Play = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 - 1 })))

export const RecordedMoment = Schema.Struct({ match_id: TextOrNumber, ...Moment.fields, play: Play })

/** A row of the table `match_doubts`. */
export const RecordedDoubt: Schema.Codec<Doubt, unknown> = Schema.Struct({
  match_id: TextOrNumber,
  play: Play,
  moment: Schema.NullOr(Moment)
})

/**
 * A row that is plainly in order, as the schema decodes it; nothing for any other, which the schema is to judge. A restart
 * reads some fifty thousand of them before its first tick.
 */
export const readMoment = (row: unknown): PlayMoment | undefined => {
  if (!isPlain(row)) return undefined
  const { added, minute, period, play } = row
  const match_id = readId(row.match_id)
  const figures = readFigures(row.figures)
  if (match_id === undefined || figures === undefined) return undefined
  return isPeriod(period) && isWhole(minute, 120) && isWhole(added, 120) && isWhole(play, 2 ** 31 - 1)
    ? { match_id, period, minute, added, figures, play }
    : undefined
}
