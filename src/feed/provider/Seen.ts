/**
 * What matches looked like at the poll before, whichever instance made it: what is gone from a list of live matches has to be
 * asked for, and a match whose provider has lost its clock keeps the one it had.
 *
 * Guarantees: it is read before a poll where another instance may have made the last one, and written after it beside the
 * tick, when something has changed. Where the database does not answer it is what this process saw.
 */
import { Clock, Duration, Effect, Equal, Option, Schema } from "effect"
import { isOver, isWaiting, MatchClock } from "../../domain/Snapshot.ts"
import { FeedMemory } from "../FeedMemory.ts"

/** A match as the last poll that showed it left it. */
const SeenMatch = Schema.Struct({
  clock: MatchClock,
  /** Polls since then that did not show it. */
  misses: Schema.Int,
  /** What the provider is asked for less often than it is polled. */
  more: Schema.optionalKey(Schema.Unknown)
})
export interface SeenMatch extends Schema.Schema.Type<typeof SeenMatch> {}

export type SeenMatches = ReadonlyMap<string, SeenMatch>

const Kept = Schema.Struct({ at: Schema.Finite, matches: Schema.Record(Schema.String, SeenMatch) })
const decodeKept = Schema.decodeUnknownOption(Kept)

const note = "seen"

/** For how long a process that starts again takes up what was seen. */
const keptFor = Duration.hours(6)

/** Polls after which a match that is shown no more is forgotten. */
const longestMissed = 1024

/** Whether a match that is shown no more may still go on, or end. */
const isOpen = ({ clock }: SeenMatch): boolean =>
  clock.status === "live" || clock.status === "break" || isWaiting(clock)

/** Whether a match that is shown no more is to be asked for: at once, and then less and less often. */
export const isToBeAsked = (match: SeenMatch): boolean => {
  const misses = match.misses + 1
  return isOpen(match) && (misses & (misses - 1)) === 0
}

export interface Seen {
  /** What the last poll left. */
  readonly recall: Effect.Effect<SeenMatches>
  /** What this poll leaves: the matches that it showed, and of the others those that may come back. */
  readonly update: (shown: SeenMatches) => Effect.Effect<void>
}

export const makeSeen = Effect.fnUntraced(function* (feed: string, interval: Duration.Duration) {
  const memory = yield* FeedMemory
  const scope = yield* Effect.scope
  let seen: SeenMatches = new Map()
  let at = Number.NEGATIVE_INFINITY

  return {
    recall: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      // What is of a time to come was seen before a clock was set back.
      if (at > now) at = Number.NEGATIVE_INFINITY
      if (now - at < Duration.toMillis(interval) * 1.5) return seen
      const kept = decodeKept((yield* memory.recall(feed, [note]))[note])
      if (Option.isSome(kept) && kept.value.at > at) {
        at = kept.value.at
        seen = new Map(Object.entries(kept.value.matches))
      }
      return seen
    }),
    update: Effect.fnUntraced(function* (shown) {
      const next = new Map([...shown].filter(([, { clock }]) => !isOver(clock)))
      for (const [id, match] of seen) {
        if (!shown.has(id) && isOpen(match) && match.misses < longestMissed) {
          next.set(id, { ...match, misses: match.misses + 1 })
        }
      }
      const isSame = Equal.equals(next, seen)
      seen = next
      at = yield* Clock.currentTimeMillis
      if (isSame) return
      yield* memory
        .keep(feed, { [note]: { at, matches: Object.fromEntries(next) } }, keptFor)
        .pipe(Effect.forkIn(scope))
    })
  } satisfies Seen as Seen
})
