/**
 * Strategies as lists of condition rows, packed one after another: a strategy holds where all of its rows have a bit.
 *
 * The summaries of the rows are ANDed first, which leaves the words (of 32 views each) where the strategy can hold at
 * all; most strategies have few, for views are put in an order that keeps similar ones together. Only those words are
 * ANDed, one by one, until nothing is left.
 */
import { grown, wordsPerRow } from "./block.ts"

/** Pairs that fired, `strategies[i]` on `views[i]`. Beyond `length` the arrays hold nothing of meaning. */
export interface Pairs {
  strategies: Int32Array<ArrayBuffer>
  views: Int32Array<ArrayBuffer>
  length: number
}

export interface StrategyTable {
  /** Adds a strategy that holds where all of these rows do, at least one. Answers with its number, counted from 0. */
  readonly add: (rows: ReadonlyArray<number>) => number
  /** The rows of a strategy. */
  readonly rows: (strategy: number) => ReadonlyArray<number>
  /** Makes a strategy hold nowhere. Its place is freed by `compact`. */
  readonly remove: (strategy: number) => void
  /** Strategies, removed ones included. */
  readonly length: () => number
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
    length: () => length,
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
      let { length: found, strategies, views } = into
      let to = starts[0] ?? 0
      for (let strategy = 0; strategy < length; strategy++) {
        const from = to
        to = starts[strategy + 1] ?? 0
        let live = -1
        for (let at = from; at < to && live !== 0; at++) live &= summaries[rows[at] ?? 0] ?? 0
        if (live === 0) continue
        if (found + wordsPerRow * 32 > views.length) {
          strategies = grown(strategies, found + wordsPerRow * 32)
          views = grown(views, found + wordsPerRow * 32)
        }
        do {
          const word = 31 - Math.clz32(live & -live)
          live &= live - 1
          let bits = -1
          for (let at = from; at < to && bits !== 0; at++) bits &= words[(rows[at] ?? 0) * wordsPerRow + word] ?? 0
          while (bits !== 0) {
            const bit = 31 - Math.clz32(bits & -bits)
            bits &= bits - 1
            strategies[found] = strategy
            views[found] = positions[word * 32 + bit] ?? 0
            found += 1
          }
        } while (live !== 0)
      }
      into.length = found
      into.strategies = strategies
      into.views = views
    }
  }
}
