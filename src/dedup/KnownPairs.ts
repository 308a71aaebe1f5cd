import type { Pair } from "../domain/Trigger.ts"

/**
 * Pairs that a process knows, each for a time to live; a set that forgets. Moments and durations are milliseconds.
 *
 * It never claims a pair that was not added, and forgets one early rather than hold more than it may.
 */
export interface KnownPairs {
  /** Whether the pair was added less than the time to live before `now`. */
  readonly has: (pair: Pair, now: number) => boolean
  /** Adds the pair, or counts its time anew. */
  readonly add: (pair: Pair, now: number) => void
}

/** When each pair expires, by strategy and match: thousands are looked up in a scan, and joining the two costs more. */
interface Generation {
  readonly since: number
  readonly expiries: Map<string, Map<string, number>>
  size: number
}

const generation = (since: number): Generation => ({ since, expiries: new Map(), size: 0 })

/**
 * Two generations, of half the limit each: when the young one is full or as old as the time to live, it becomes the old
 * one, and what the old one still held is forgotten.
 */
export const makeKnownPairs = ({ limit, ttl }: { readonly limit: number; readonly ttl: number }): KnownPairs => {
  let [old, young] = [generation(0), generation(0)]
  const expiryIn = ({ expiries }: Generation, { matchId, strategyId }: Pair): number | undefined =>
    expiries.get(strategyId)?.get(matchId)
  return {
    has: (pair, now) => (expiryIn(young, pair) ?? expiryIn(old, pair) ?? 0) > now,
    add: (pair, now) => {
      if (young.size >= limit / 2 || now - young.since >= ttl) {
        old = young
        young = generation(now)
      }
      if (expiryIn(young, pair) === undefined) young.size += 1
      const matches = young.expiries.get(pair.strategyId) ?? new Map<string, number>()
      young.expiries.set(pair.strategyId, matches)
      matches.set(pair.matchId, now + ttl)
    }
  }
}
