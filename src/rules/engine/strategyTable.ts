/**
 * Strategies as lists of condition rows, packed one after another: a strategy holds where all of its rows have a bit.
 */
import { blockSize, grown, rowBytes } from "./block.ts"
import type { Kernel } from "./Kernel.ts"
import type { KnownRows } from "./knownRows.ts"

/** Pairs that fired, `strategies[i]` on `views[i]`. Beyond `length` the arrays hold nothing of meaning. */
export interface Pairs {
  strategies: Int32Array<ArrayBuffer>
  views: Int32Array<ArrayBuffer>
  length: number
}

/** Pairs that are near, and of each the place of the row that does not hold among those of its strategy. */
export interface NearPairs extends Pairs {
  missing: Int32Array<ArrayBuffer>
}

/** Makes room for so many more pairs. */
export const reserve = (pairs: Pairs, more: number): void => {
  pairs.strategies = grown(pairs.strategies, pairs.length + more)
  pairs.views = grown(pairs.views, pairs.length + more)
}

/** What is known of pairs, and the label of each strategy there. */
export interface Known {
  readonly rows: KnownRows
  readonly labels: Int32Array
}

export interface StrategyTable {
  /** Adds a strategy that holds where all of these rows do, at least one. Its number is the next, counted from 0. */
  readonly add: (rows: ReadonlyArray<number>) => void
  /** The rows of a strategy. */
  readonly rows: (strategy: number) => ReadonlyArray<number>
  /** Makes a strategy hold nowhere. Its place is freed by `compact`. */
  readonly remove: (strategy: number) => void
  /** Frees the places of removed strategies; the others move up in their order. */
  readonly compact: (isHeld: (strategy: number) => boolean) => void
  /**
   * Adds the pairs of a block of `count` views, which are numbered from `base` on, to `into`, and answers with how many
   * hold. Where it is told which are known, those are counted and not added.
   */
  readonly fired: (count: number, base: number, into: Pairs, known?: Known) => number
  /**
   * Adds the pairs of which exactly one row does not hold, and no other pairs: of the views of the block whose bits are set in
   * `asked`, which are numbered from `base` on.
   */
  readonly nearly: (asked: Int32Array, base: number, into: NearPairs) => void
}

/** So many strategies are evaluated by one call of the kernel. All may fire on all views, and there is room for that. */
const chunk = 128

const outBytes = 4 * chunk * blockSize

export const makeStrategyTable = (kernel: Kernel): StrategyTable => {
  let length = 0
  // The rows of strategy s are rows[starts[s]] to rows[starts[s + 1] - 1].
  let starts = new Int32Array(16)
  let rows = new Int32Array(64)

  const empty = kernel.allocate(rowBytes)
  const live = kernel.allocate(rowBytes)
  const out = kernel.allocate(2 * outBytes)
  // Where the kernel finds the lists of a chunk. They are kept outside its memory, which does not shrink when they do.
  const staged = {
    starts: kernel.allocate(4 * (chunk + 1)),
    rows: kernel.allocate(4 * 1024),
    room: 1024,
    known: kernel.allocate(4 * chunk),
    held: kernel.allocate(4)
  }

  const stage = (from: number, to: number): void => {
    const [first, end] = [starts[from] ?? 0, starts[to] ?? 0]
    if (end - first > staged.room) {
      kernel.free(staged.rows, 4 * staged.room)
      staged.room = end - first
      staged.rows = kernel.allocate(4 * staged.room)
    }
    kernel.words().set(starts.subarray(from, to + 1), staged.starts >> 2)
    kernel.words().set(rows.subarray(first, end), staged.rows >> 2)
  }

  const fire = (from: number, to: number, base: number): number =>
    kernel.loops.fire(staged.starts, staged.rows, to - from, from, live, base, out, outBytes)

  const fireUnknown = (from: number, to: number, base: number, { labels, rows }: Known): number => {
    rows.stage(labels.subarray(from, to), base, staged.known)
    const [known, held] = [staged.known, staged.held]
    return kernel.loops.fireUnknown(staged.starts, staged.rows, to - from, from, live, base, out, outBytes, known, held)
  }

  const take = (found: number, into: Pairs): void => {
    reserve(into, found)
    const words = kernel.words()
    const [strategies, views] = [out >> 2, (out + outBytes) >> 2]
    into.strategies.set(words.subarray(strategies, strategies + found), into.length)
    into.views.set(words.subarray(views, views + found), into.length)
    into.length += found
  }

  return {
    add: (conditions) => {
      const start = starts[length] ?? 0
      rows = grown(rows, start + conditions.length)
      rows.set(conditions, start)
      length += 1
      starts = grown(starts, length + 1)
      starts[length] = start + conditions.length
    },
    rows: (strategy) => [...rows.subarray(starts[strategy], starts[strategy + 1])],
    remove: (strategy) => {
      rows[starts[strategy] ?? 0] = empty
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
    fired: (count, base, into, known) => {
      const before = into.length
      const words = kernel.words()
      words[staged.held >> 2] = 0
      words.fill(0, empty >> 2, (empty + rowBytes) >> 2)
      for (let word = 0; word < blockSize / 32; word++) {
        const bits = count - 32 * word
        words[(live >> 2) + word] = bits >= 32 ? -1 : bits <= 0 ? 0 : (1 << bits) - 1
      }
      for (let from = 0; from < length; from += chunk) {
        const to = Math.min(from + chunk, length)
        stage(from, to)
        take(known === undefined ? fire(from, to, base) : fireUnknown(from, to, base, known), into)
      }
      return known === undefined ? into.length - before : (kernel.words()[staged.held >> 2] ?? 0)
    },
    nearly: (asked, base, into) => {
      const words = kernel.words()
      for (let strategy = 0; strategy < length; strategy++) {
        const [from, to] = [starts[strategy] ?? 0, starts[strategy + 1] ?? 0]
        if (rows[from] === empty) continue
        for (let word = 0; word < asked.length; word++) {
          const bits = asked[word] ?? 0
          if (bits === 0) continue
          let missing = 0
          let several = 0
          for (let at = from; at < to; at++) {
            const fails = ~(words[((rows[at] ?? 0) >> 2) + word] ?? 0)
            several |= missing & fails
            missing |= fails
          }
          let near = missing & ~several & bits
          if (near !== 0) {
            reserve(into, 32)
            into.missing = grown(into.missing, into.length + 32)
          }
          for (; near !== 0; near &= near - 1) {
            const bit = near & -near
            let at = from
            while (((words[((rows[at] ?? 0) >> 2) + word] ?? 0) & bit) !== 0) at += 1
            into.missing[into.length] = at - from
            into.strategies[into.length] = strategy
            into.views[into.length] = base + 32 * word + (31 - Math.clz32(bit))
            into.length += 1
          }
        }
      }
    }
  }
}
