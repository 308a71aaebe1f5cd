/**
 * Tells of rows of a provider that cannot be read and belong to nothing that can be named: once a match and list, one line a
 * list and poll, however many matches have such rows.
 */
import { Effect } from "effect"

/** A match with how many rows could not be read of it, by list. */
interface WithUnread {
  readonly id: unknown
  readonly unread: { readonly [part: string]: number }
}

/** Matches and lists that are remembered as told of. */
const longest = 10_000

export const makeUnreadable = (feed: string) => {
  const told = new Set<string>()
  return {
    tell: Effect.fnUntraced(function* (all: ReadonlyArray<WithUnread>) {
      const news = new Map<string, { readonly match: unknown; matches: number; rows: number }>()
      for (const { id, unread } of all) {
        for (const [part, rows] of Object.entries(unread)) {
          const key = `${String(id)}/${part}`
          if (rows === 0 || told.has(key)) continue
          if (told.size >= longest) told.clear()
          told.add(key)
          const same = news.get(part) ?? { match: id, matches: 0, rows: 0 }
          news.set(part, { ...same, matches: same.matches + 1, rows: same.rows + rows })
        }
      }
      for (const [part, fields] of news) {
        yield* Effect.logWarning("rows of matches cannot be read and are left out").pipe(
          Effect.annotateLogs({ feed, part, ...fields })
        )
      }
    })
  }
}
