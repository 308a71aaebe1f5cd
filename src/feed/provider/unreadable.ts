/** Tells of rows of a provider that cannot be read: once a match and list, with how many there were. */
import { Effect } from "effect"

/** A match with what could not be read of it. */
interface WithUnread {
  readonly id: unknown
  readonly unread: { readonly [part: string]: number }
}

/** Matches that are remembered as told of. */
const longest = 10_000

export const makeUnreadable = (feed: string) => {
  const told = new Set<string>()
  return {
    tell: Effect.fnUntraced(function* (matches: ReadonlyArray<WithUnread>) {
      for (const { id, unread } of matches) {
        for (const [part, rows] of Object.entries(unread)) {
          const key = `${String(id)}/${part}`
          if (rows === 0 || told.has(key)) continue
          if (told.size >= longest) told.clear()
          told.add(key)
          yield* Effect.logWarning("rows of a match cannot be read and are left out").pipe(
            Effect.annotateLogs({ feed, match: id, part, rows })
          )
        }
      }
    })
  }
}
