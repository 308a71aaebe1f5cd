/** A match as a provider's answer shows it. */
import type { MatchClock, SnapshotInput } from "../../domain/Snapshot.ts"
import { wholeIn } from "./lenient.ts"

/** What is known of a match, each part as far as it could be read: the scan decodes it, and says what it leaves out. */
export interface Read {
  readonly match: {
    readonly id: unknown
    readonly competition: { readonly id: unknown; readonly name: unknown }
    readonly home: { readonly name: unknown }
    readonly away: { readonly name: unknown }
    readonly kickOff: unknown
  }
  /** Absent where nobody can say at which minute it is: then the match is dropped for this poll. */
  readonly clock: MatchClock | undefined
  readonly score: { readonly home: unknown; readonly away: unknown } | undefined
  readonly statistics: { readonly [name: string]: unknown }
  readonly prematch: { readonly [name: string]: unknown }
  readonly odds: { readonly [name: string]: unknown }
}

/** Hands it over as it is: whatever it holds, the scan takes no snapshot that does not decode. */
export const asShown = ({ clock, score, ...rest }: Read): SnapshotInput =>
  ({
    ...rest,
    ...(clock === undefined ? {} : { clock }),
    ...(score === undefined ? {} : { score })
  }) as SnapshotInput

/** A name, with the country that tells it from others of the same name. */
export const competitionName = (name: unknown, country: unknown): unknown =>
  typeof name === "string" && typeof country === "string" && country !== "" && country !== "World"
    ? `${name}, ${country}`
    : name

/** Seconds since the epoch as an ISO time. */
export const isoOf = (value: unknown): string | undefined => {
  const seconds = wholeIn(value)
  return seconds !== undefined && Math.abs(seconds) < 8.64e12 ? new Date(seconds * 1000).toISOString() : undefined
}
