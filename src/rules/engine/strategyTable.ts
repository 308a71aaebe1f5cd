/**
 * Strategies as lists of condition rows, packed one after another: a strategy holds where all of its rows have a bit.
 *
 * The summaries of the rows are ANDed first, which leaves the words (of 32 views each) where the strategy can hold at
 * all; most strategies have few, for views are put in an order that keeps similar ones together. Only those words are ANDed.
 */
import { blockSize, grown, wordsPerRow } from "./block.ts"

/** Pairs that fired, `strategies[i]` on `views[i]`. Beyond `length` the arrays hold nothing of meaning. */
export interface Pairs {
  strategies: Int32Array<ArrayBuffer>
  views: Int32Array<ArrayBuffer>
  length: number
}

/** Makes room for so many more pairs. */
export const reserve = (pairs: Pairs, more: number): void => {
  pairs.strategies = grown(pairs.strategies, pairs.length + more)
  pairs.views = grown(pairs.views, pairs.length + more)
}

export interface StrategyTable {
  /** Adds a strategy that holds where all of these rows do, at least one. Answers with its number, counted from 0. */
  readonly add: (rows: ReadonlyArray<number>) => number
  /** The rows of a strategy. */
  readonly rows: (strategy: number) => ReadonlyArray<number>
  /** Makes a strategy hold nowhere. Its place is freed by `compact`. */
  readonly remove: (strategy: number) => void
  /** Frees the places of removed strategies; the others move up in their order. */
  readonly compact: (isHeld: (strategy: number) => boolean) => void
  /** Adds the pairs of a block to `into`; `positions` has the number of the view at each position of the block. */
  readonly fired: (words: Int32Array, summaries: Int32Array, positions: Int32Array, into: Pairs) => void
}

/** Where a removed strategy's list begins: the row that is always empty. */
const nowhere = 0

export const makeStrategyTable = (): StrategyTable => {
  let length = 0
  // The rows of strategy s are rows[starts[s]] to rows[starts[s + 1] - 1].
  let starts = new Int32Array(16)
  let rows = new Int32Array(64)

  return {
    add: (conditions) => {
      const start = starts[length] ?? 0
      rows = grown(rows, start + conditions.length)
      rows.set(conditions, start)
      length += 1
      starts = grown(starts, length + 1)
      starts[length] = start + conditions.length
      return length - 1
    },
    rows: (strategy) => [...rows.subarray(starts[strategy], starts[strategy + 1])],
    remove: (strategy) => {
      rows[starts[strategy] ?? 0] = nowhere
    },
    compact: (isHeld) => {
      let kept = 0
      let end = 0
      for (let strategy = 0; strategy < length; strategy++) {
        const from = starts[strategy] ?? 0
        const to = starts[strategy + 1] ?? 0
        if (!isHeld(strategy)) continue
        rows.copyWithin(end, from, to)
        starts[kept] = end
        end += to - from
        kept += 1
      }
      starts[kept] = end
      length = kept
    },
    fired: (words, summaries, positions, into) => {
      for (let from = 0; from < length; from += chunk) {
        const to = Math.min(from + chunk, length)
        reserve(into, (to - from) * blockSize)
        into.length = fireRange(starts, rows, words, summaries, positions, into, from, to)
      }
    }
  }
}

/** So many strategies are evaluated by one call of `fireRange`: often enough that the compiler optimizes it whole. */
const chunk = 256

/** Adds the pairs of the strategies `first` to `end - 1`, for which there is room. Answers with the pairs there are then. */
const fireRange = (
  starts: Int32Array,
  rows: Int32Array,
  words: Int32Array,
  summaries: Int32Array,
  positions: Int32Array,
  { length, strategies, views }: Pairs,
  first: number,
  end: number
): number => {
  let found = length
  let to = starts[first] ?? 0
  for (let strategy = first; strategy < end; strategy++) {
    const from = to
    to = starts[strategy + 1] ?? 0
    let live = -1
    for (let at = from; at < to; at++) live &= summaries[rows[at] ?? 0] ?? 0
    while (live !== 0) {
      // The lowest set bit, and the rest.
      const word = 31 - Math.clz32(live & -live)
      live &= live - 1
      // Every row to the end: leaving at the first zero costs more in mispredicted branches than it saves.
      let bits = -1
      for (let at = from; at < to; at++) bits &= words[(rows[at] ?? 0) * wordsPerRow + word] ?? 0
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits)
        bits &= bits - 1
        strategies[found] = strategy
        views[found] = positions[word * 32 + bit] ?? 0
        found += 1
      }
    }
  }
  return found
}
