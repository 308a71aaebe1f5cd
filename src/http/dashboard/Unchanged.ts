/**
 * What a page that is made again for who watches it need not read again: the database is as it was. A page that is asked for
 * reads all it shows.
 */
import { Clock, Context, Duration, Effect } from "effect"

/** Whether a page is made again for who watches it already. */
export const IsRenewal = Context.Reference<boolean>("touchline/http/dashboard/IsRenewal", { defaultValue: () => false })

/** What was read is read again after so long, in milliseconds, even where nothing tells of a change. */
export const keptFor = Duration.toMillis(Duration.minutes(1))

/** Answers that are kept: those asked for longest ago give way. */
const mostKept = 50

/**
 * Reads what has a key, or answers with what was read while `mark`, which names the state of the database, was as it is now.
 * Where that is not told all is read. Fails as reading does; nothing is kept of that.
 */
export const makeUnchanged = <A, E>(mark: Effect.Effect<string | undefined>) => {
  const kept = new Map<string, { readonly mark: string; readonly at: number; readonly answer: A }>()
  return Effect.fnUntraced(function* (key: string, read: Effect.Effect<A, E>) {
    const [now, marked] = [yield* Clock.currentTimeMillis, yield* mark]
    if (marked === undefined) return yield* read
    const known = kept.get(key)
    const isGood = known !== undefined && known.mark === marked && now - known.at < keptFor
    if (isGood && (yield* IsRenewal)) return known.answer
    const answer = yield* read
    kept.delete(key)
    kept.set(key, { mark: marked, at: now, answer })
    for (const [oldest] of [...kept].slice(0, -mostKept)) kept.delete(oldest)
    return answer
  })
}
