/**
 * What of the feed's answers could not be read, told once a match and part: a part that a feed writes otherwise than it should
 * is so poll after poll, and on many matches at a time. One line a part says on how many matches it is new, and names one.
 */
import { Clock, Duration, Effect } from "effect"
import type { Fault } from "../domain/decodeSnapshot.ts"

/** A match that no poll has shown for so long is told of anew. */
const forgetAfter = Duration.hours(6)

interface Seen {
  at: number
  readonly parts: Set<string>
}

/** What is new of one part. */
interface News {
  readonly match: string
  readonly reason: string
  matches: number
}

export interface Unread {
  /** Notes what cannot be read of a match in this poll. */
  readonly note: (match: string, faults: ReadonlyArray<Fault>) => void
  /** Says what is new since the last time; `line` is what it means. */
  readonly tell: (line: string) => Effect.Effect<void>
}

export const makeUnread = (): Unread => {
  const seen = new Map<string, Seen>()
  let noted: Array<readonly [match: string, faults: ReadonlyArray<Fault>]> = []

  /** What is new, by part. */
  const news = (now: number): ReadonlyMap<string, News> => {
    const fresh = new Map<string, News>()
    for (const [match, faults] of noted) {
      const known = seen.get(match) ?? { at: now, parts: new Set<string>() }
      known.at = now
      seen.set(match, known)
      for (const { part, reason } of faults) {
        if (known.parts.has(part)) continue
        known.parts.add(part)
        const same = fresh.get(part)
        if (same === undefined) fresh.set(part, { match, reason, matches: 1 })
        else same.matches += 1
      }
    }
    noted = []
    for (const [match, { at }] of seen) if (at < now - Duration.toMillis(forgetAfter)) seen.delete(match)
    return fresh
  }

  return {
    note: (match, faults) => {
      noted.push([match, faults])
    },
    tell: (line) =>
      Effect.suspend(() =>
        noted.length === 0
          ? Effect.void
          : Effect.flatMap(Clock.currentTimeMillis, (now) =>
              Effect.forEach(
                news(now),
                ([part, { match, matches, reason }]) =>
                  Effect.logWarning(line).pipe(
                    Effect.annotateLogs({ part, reason, match, ...(matches === 1 ? undefined : { matches }) })
                  ),
                { discard: true }
              )
            )
      )
  }
}
