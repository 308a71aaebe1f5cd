/**
 * What matches looked like at the poll before, whichever instance made it: what is gone from a list of live matches has to be
 * asked for, and a match whose provider has lost its clock keeps the one it had.
 *
 * Guarantees: it is read before a poll where another instance may have made the last one, and written after it beside the
 * tick, when something has changed. Of two notes the later one counts, whatever the clocks of those who wrote them say. Where
 * the database does not answer it is what this process saw.
 */
import { Clock, Duration, Effect, Equal, Option, Random, Schema } from "effect"
import { isOver, isWaiting, MatchClock } from "../../domain/Snapshot.ts"
import { steadyMillis } from "../../health/steady.ts"
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

const Kept = Schema.Struct({
  /** Which process has written it. An older version does not say. */
  by: Schema.optionalKey(Schema.String),
  /** Which one of its notes it is. */
  number: Schema.optionalKey(Schema.Int),
  /** By the clock of whoever has written it: what older versions tell notes apart by. */
  at: Schema.Finite,
  matches: Schema.Record(Schema.String, SeenMatch)
})
const decodeKept = Schema.decodeUnknownOption(Kept)

/** A note's name, which no other one has. */
const nameOf = ({ at, by = "", number = at }: typeof Kept.Type): string => `${by}/${number}`

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
  const me = (yield* Random.nextIntBetween(0, 2 ** 48)).toString(36)
  let seen: SeenMatches = new Map()
  let polledAt = Number.NEGATIVE_INFINITY
  let written = 0
  /** The note of another process that was taken up last: what is seen now is as late, or later. */
  let taken = ""

  return {
    recall: Effect.gen(function* () {
      if ((yield* steadyMillis) - polledAt < Duration.toMillis(interval) * 1.5) return seen
      const kept = decodeKept((yield* memory.recall(feed, [note]))[note])
      if (Option.isSome(kept) && kept.value.by !== me && nameOf(kept.value) !== taken) {
        taken = nameOf(kept.value)
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
      polledAt = yield* steadyMillis
      if (isSame) return
      const at = yield* Clock.currentTimeMillis
      written += 1
      const kept: typeof Kept.Type = { by: me, number: written, at, matches: Object.fromEntries(next) }
      yield* memory.keep(feed, { [note]: kept }, keptFor).pipe(Effect.forkIn(scope))
    })
  } satisfies Seen as Seen
})
