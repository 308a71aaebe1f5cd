/** Keys that a process knows, each for a time to live; a set that forgets. */
export interface KnownPairs {
  /** Whether the key was added less than the time to live before `now`. */
  readonly has: (key: string, now: number) => boolean
  /** Adds the key, or counts its time anew. */
  readonly add: (key: string, now: number) => void
}

/** Durations and moments are milliseconds. Beyond `limit` keys, the one that was added longest ago is forgotten. */
export const makeKnownPairs = ({ limit, ttl }: { readonly limit: number; readonly ttl: number }): KnownPairs => {
  /** When each key expires; the soonest first, since all live equally long. */
  const expiries = new Map<string, number>()
  return {
    has: (key, now) => (expiries.get(key) ?? 0) > now,
    add: (key, now) => {
      expiries.delete(key)
      expiries.set(key, now + ttl)
      for (const [oldest, expiry] of expiries) {
        if (expiry > now && expiries.size <= limit) break
        expiries.delete(oldest)
      }
    }
  }
}
