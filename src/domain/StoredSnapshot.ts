/**
 * Snapshots as processes of two versions hand them to each other, in rows and jobs. A version knows the clocks of its day
 * and cannot read what came later; before states such as `suspended`, halves of 40 minutes and shoot-outs after 90 were known,
 * one such match stopped a whole shard. Where a clock was not known then, it is written as that of a scheduled match, which
 * no version fires on, with the status itself beside it as `state`.
 */
import { Schema, SchemaGetter } from "effect"
import { MatchClock, MatchMinute, MatchStatus, periodEnd, periodStart, Snapshot } from "./Snapshot.ts"

const known: ReadonlySet<MatchStatus> = new Set(["scheduled", "live", "break", "finished", "abandoned"])

const wasKnown = ({ minute, period, status }: MatchClock): boolean =>
  status === "scheduled" || (known.has(status) && minute >= periodStart[period] && minute <= periodEnd[period])

/** A clock that every version reads. */
export const StoredClock = Schema.Struct({
  ...MatchMinute.fields,
  status: MatchStatus,
  state: Schema.optionalKey(MatchStatus)
}).pipe(
  Schema.decodeTo(Schema.toType(MatchClock), {
    decode: SchemaGetter.transform(({ state, status, ...minute }) => ({ ...minute, status: state ?? status })),
    encode: SchemaGetter.transform((clock) =>
      wasKnown(clock) ? clock : { ...clock, status: "scheduled" as const, state: clock.status }
    )
  })
)

/** A snapshot that every version reads. */
export const StoredSnapshot = Schema.Struct({ ...Snapshot.fields, clock: StoredClock })
