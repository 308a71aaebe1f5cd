/** The rows of outcomes as the database's functions answer and take them. */
import { DateTime, Option, Schema } from "effect"
import { triggerColumns } from "../database/triggerRows.ts"
import { Receipt } from "../domain/Alert.ts"
import { Verdict } from "../domain/Outcome.ts"
import { Period } from "../domain/Snapshot.ts"
import { Trigger } from "../domain/Trigger.ts"
import type { Resolution, Standing } from "./OpenTrigger.ts"

/** A moment as the database reads it. */
export const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

const Time = Schema.NullOr(Schema.DateTimeUtcFromString)
const Count = Schema.NullOr(Schema.Int)

const Values = Schema.Struct({ left: Schema.optionalKey(Schema.Unknown), right: Schema.optionalKey(Schema.Unknown) })

const standing = {
  version: Schema.Int,
  verdict: Schema.NullOr(Verdict),
  home: Count,
  away: Count,
  period: Schema.NullOr(Period),
  minute: Count,
  added: Count,
  values: Schema.NullOr(Values),
  at: Time,
  final_at: Time,
  settling: Schema.NullOr(Schema.Literals(["hit", "miss", "open"])),
  settling_since: Time
}
const StandingFields = Schema.Struct(standing)
/** How a trigger stands after a resolution. */
export const StandingRow = Schema.Struct({
  id: Schema.String,
  ...standing,
  applied: Schema.Boolean,
  amend: Schema.Boolean
})

/** What is to be judged on a match; triggers share snapshots by their keys. */
export const MatchRow = Schema.Struct({
  match_id: Schema.String,
  snapshots: Schema.Record(Schema.String, Schema.Unknown),
  triggers: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      expectation: Schema.Unknown,
      snapshot: Schema.NullOr(Schema.String),
      own_snapshot: Schema.Unknown,
      ...standing
    })
  )
})

/** A trigger with the receipt of its alert. */
export const ToldRow = Schema.Struct({
  ...Trigger.fields,
  receipt: Schema.optionalKey(Receipt),
  chat_stopped: Schema.NullOr(Schema.Boolean)
}).pipe(Schema.encodeKeys(triggerColumns))

/** A match with open triggers that is not shown. */
export const AbsentRow = Schema.Struct({
  match_id: Schema.String,
  since: Schema.DateTimeUtcFromString,
  status: Schema.NullOr(Schema.String)
})

const millisOf = (time: DateTime.Utc | null): number | undefined =>
  time === null ? undefined : DateTime.toEpochMillis(time)

/** How a trigger stands, as its row says. */
export const standingOf = (row: typeof StandingFields.Type): Standing => {
  const { added, at, away, final_at, home, minute, period, settling, settling_since, values, verdict, version } = row
  const [writtenAt, finalAt, since] = [millisOf(at), millisOf(final_at), millisOf(settling_since)]
  return {
    version,
    ...(verdict === null ? undefined : { verdict }),
    ...(home === null || away === null ? undefined : { score: { home, away } }),
    ...(period === null || minute === null || added === null ? undefined : { decidedAt: { period, minute, added } }),
    ...(values === null ? undefined : { values }),
    ...(writtenAt === undefined ? undefined : { writtenAt }),
    ...(finalAt === undefined ? undefined : { finalAt }),
    ...(settling === null || since === undefined ? undefined : { settling: { to: settling, since } })
  }
}

/** What `resolve_outcomes` takes. */
export const resultOf = (resolution: Resolution, amend: boolean) => {
  const { at, finding, id, isFinal, settling, tell, verdict, version } = resolution
  return {
    id,
    version,
    verdict: verdict ?? null,
    is_final: isFinal,
    keep: finding === undefined,
    reason: finding?.reason ?? null,
    ...Option.getOrElse(Option.fromUndefinedOr(finding?.decidedAt), () => ({})),
    ...Option.getOrElse(Option.fromUndefinedOr(finding?.score), () => ({})),
    values: finding?.values ?? null,
    settling: settling?.to ?? null,
    settling_since: settling === undefined ? null : iso(settling.since),
    at: iso(at),
    tell: tell && amend
  }
}
