/** A moment of a match as the database keeps it: a row of the table `match_history`. */
import { Schema } from "effect"
import { isPeriod, isPlain, isWhole, readFigures, readId } from "../domain/decodeSnapshot.ts"
import { TextOrNumber } from "../domain/Match.ts"
import { Figures, MatchMinute } from "../domain/Snapshot.ts"
import type { MatchMoment } from "./pasts.ts"

export const RecordedMoment = Schema.Struct({ match_id: TextOrNumber, ...MatchMinute.fields, figures: Figures })

/**
 * A row that is plainly in order, as the schema decodes it; nothing for any other, which the schema is to judge. A restart
 * reads some fifty thousand of them before its first tick.
 */
export const readMoment = (row: unknown): MatchMoment | undefined => {
  if (!isPlain(row)) return undefined
  const { added, minute, period } = row
  const match_id = readId(row.match_id)
  const figures = readFigures(row.figures)
  if (match_id === undefined || figures === undefined) return undefined
  return isPeriod(period) && isWhole(minute, 120) && isWhole(added, 120)
    ? { match_id, period, minute, added, figures }
    : undefined
}
