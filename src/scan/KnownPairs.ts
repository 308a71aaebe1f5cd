/**
 * The pairs that this process knows to have a trigger, a bit a strategy for each match: with these `RuleSet.fired` leaves
 * them out, so that what fired long ago costs next to nothing. Pure, in memory. Moments and durations are in milliseconds, by
 * a clock that nobody sets.
 *
 * Guarantees: it never claims a pair that it was not told, also where a strategy gets the place of one that was removed.
 * A strategy that is edited keeps its id and so its pairs. Every match is asked about again within `ttl` of its last
 * answer, and no tick has to ask about many: matches that were asked together come due one by one. A pair that the
 * database no longer has then is no longer known; without an answer everything stays known. A match that was not seen
 * since it was last asked about is forgotten instead.
 */
import type { Pair } from "../domain/Trigger.ts"
import { grown } from "../rules/engine/block.ts"
import { addLabel, hasLabel, type KnownLabels, knownLabels, withBit } from "../rules/KnownLabels.ts"
import type { Fired } from "../rules/RuleSet.ts"

export interface KnownPairs {
  /** The place of a strategy's bits, its own until `unwatch`. */
  readonly watch: (strategyId: string) => number
  readonly unwatch: (strategyId: string) => void
  /** The pair has a trigger. One whose strategy is not watched is left aside. */
  readonly add: (pair: Pair, now: number) => void
  /** What is known on each of these matches, which are shown now: for `RuleSet.fired`, with the places as labels. */
  readonly shown: (matchIds: ReadonlyArray<string>) => ReadonlyArray<KnownLabels | undefined>
  /**
   * Those of the fired pairs that are not known now. `places` gives the place of a strategy by its number, `matchIds` the match
   * of a view.
   */
  readonly unknown: (fired: Fired, places: Int32Array, matchIds: ReadonlyArray<string>) => Fired
  /** Whether it was ever told all pairs of a match. */
  readonly isAsked: (matchId: string) => boolean
  /** The database is being asked about these matches: what is added from now on outlives its answer. */
  readonly asking: (matchIds: ReadonlyArray<string>, now: number) => void
  /** The database answered: these are all strategies that have a trigger on the match. */
  readonly answered: (matchId: string, strategyIds: ReadonlyArray<string>, now: number) => void
  /** It did not. */
  readonly unanswered: (matchIds: ReadonlyArray<string>) => void
  /** The matches that are to be asked about again, in the order in which they were first seen. */
  readonly due: (now: number) => ReadonlyArray<string>
}

interface KnownMatch {
  known: KnownLabels
  /** What was added since the database is being asked. Undefined when it is not. */
  added: Int32Array<ArrayBuffer> | undefined
  isAsked: boolean
  /** Whether it was seen since the last answer. */
  isSeen: boolean
  due: number
}

const noBits = new Int32Array(0)

/** The bits without those of the mask, in an array of their own. */
const without = (bits: Int32Array, mask: Int32Array): Int32Array<ArrayBuffer> =>
  bits.map((word, index) => word & ~(mask[index] ?? 0))

/** Between half and nine tenths of the time to live, each next one far from the last: the fractions of the golden ratio. */
const makeSpread = (ttl: number) => {
  let step = 0
  return (now: number): number => {
    step = (step + 0.618_033_988_75) % 1
    return now + ttl * (0.5 + 0.4 * step)
  }
}

export const makeKnownPairs = ({ ttl }: { readonly ttl: number }): KnownPairs => {
  const matches = new Map<string, KnownMatch>()
  const places = new Map<string, number>()
  const spread = makeSpread(ttl)
  let used = 0
  /** Places that nobody has: those whose bits are clear everywhere, and those whose are not yet. */
  let free: Array<number> = []
  let retired: Array<number> = []

  /** Clears the bits of all retired places at once: it costs as much as clearing those of one. */
  const sweep = (): void => {
    const mask = retired.reduce((bits, place) => withBit(bits, place, used), noBits)
    for (const match of matches.values()) {
      match.known = knownLabels(without(match.known.bits, mask))
      if (match.added !== undefined) match.added = without(match.added, mask)
    }
    free = retired
    retired = []
  }

  const matchOf = (id: string, now: number): KnownMatch => {
    const known = matches.get(id)
    if (known !== undefined) return known
    const match = { known: knownLabels(), added: undefined, isAsked: false, isSeen: true, due: spread(now) }
    matches.set(id, match)
    return match
  }

  return {
    watch: (id) => {
      const known = places.get(id)
      if (known !== undefined) return known
      // As many as there are in use may wait, so that a sweep serves many.
      if (free.length === 0 && retired.length > places.size / 8) sweep()
      const place = free.pop() ?? used++
      places.set(id, place)
      return place
    },
    unwatch: (id) => {
      const place = places.get(id)
      if (place === undefined) return
      places.delete(id)
      retired.push(place)
    },
    add: ({ matchId, strategyId }, now) => {
      const place = places.get(strategyId)
      if (place === undefined) return
      const match = matchOf(matchId, now)
      addLabel(match.known, place, used)
      if (match.added !== undefined) match.added = withBit(match.added, place, used)
    },
    shown: (ids) =>
      ids.map((id) => {
        const match = matches.get(id)
        if (match !== undefined) match.isSeen = true
        return match?.known
      }),
    unknown: ({ strategies, views }, placeOf, matchIds) => {
      const known = matchIds.map((id) => matches.get(id)?.known)
      let numbers = new Int32Array(0)
      let on = new Int32Array(0)
      let length = 0
      for (let index = 0; index < strategies.length; index++) {
        const number = strategies[index] ?? 0
        const view = views[index] ?? 0
        const labels = known[view]
        if (labels !== undefined && hasLabel(labels, placeOf[number] ?? 0)) continue
        if (length === numbers.length) {
          numbers = grown(numbers, 2 * length + 64)
          on = grown(on, 2 * length + 64)
        }
        numbers[length] = number
        on[length] = view
        length += 1
      }
      return { strategies: numbers.subarray(0, length), views: on.subarray(0, length) }
    },
    isAsked: (id) => matches.get(id)?.isAsked === true,
    asking: (ids, now) => {
      for (const id of ids) matchOf(id, now).added = noBits
    },
    answered: (id, strategyIds, now) => {
      const match = matchOf(id, now)
      let bits = match.added ?? noBits
      for (const strategyId of strategyIds) {
        const place = places.get(strategyId)
        if (place !== undefined) bits = withBit(bits, place, used)
      }
      match.known = knownLabels(bits)
      match.added = undefined
      match.isAsked = true
      match.isSeen = false
      match.due = spread(now)
    },
    unanswered: (ids) => {
      for (const id of ids) {
        const match = matches.get(id)
        if (match !== undefined) match.added = undefined
      }
    },
    due: (now) => {
      const due: Array<string> = []
      for (const [id, match] of matches) {
        if (match.due > now) continue
        if (match.isSeen) due.push(id)
        else matches.delete(id)
      }
      return due
    }
  }
}
