/**
 * One value compared with many numbers. Instead of comparing every view's value with every number, each value is placed
 * once among the numbers in ascending order, below, at or above each; a row of bits for each place, ORed from the top
 * down, then has every comparison as a combination of two rows.
 */
import type { Comparator } from "../../domain/Strategy.ts"
import { type Admits, admits } from "./bitRows.ts"
import { wordsPerRow } from "./block.ts"

/** One comparison of a value with a number, and the row that it is written to. */
export interface Rung {
  readonly row: number
  readonly comparator: Comparator
  readonly threshold: number
}

export interface Ladder {
  /** Writes the rows of all comparisons, and their summaries, for the first `count` values of a column. */
  readonly write: (column: Float64Array, words: Int32Array, summaries: Int32Array, count: number) => void
}

/** Integers within so many of each other, which is most counts, are placed by looking them up. */
const tableSize = 512

/** The place of a value: twice the thresholds below it, and one more when it is itself one of them. */
const placeOf = (value: number, thresholds: Float64Array): number => {
  let low = 0
  let high = thresholds.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((thresholds[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return 2 * low + Number(thresholds[low] === value)
}

/** A ladder of these comparisons. `scratch` is working memory that ladders may share. */
export const makeLadder = (rungs: ReadonlyArray<Rung>, scratch: { places: Int32Array }): Ladder => {
  const thresholds = Float64Array.from(new Set(rungs.map(({ threshold }) => threshold))).sort()
  const first = Math.floor(thresholds[0] ?? 0) - 1
  const last = Math.ceil(thresholds.at(-1) ?? 0) + 1
  // The place of the integers from `first` to `last`; those outside have the place of the nearer end.
  const table = new Uint16Array(last - first < tableSize ? last - first + 1 : 0)
  table.forEach((_, index) => {
    table[index] = placeOf(first + index, thresholds)
  })
  const top = 2 * thresholds.length
  if (scratch.places.length < (top + 1) * wordsPerRow) scratch.places = new Int32Array((top + 1) * wordsPerRow)

  const rows = Int32Array.from(rungs, ({ row }) => row)
  const places = Int32Array.from(rungs, ({ threshold }) => placeOf(threshold, thresholds))
  const kinds = rungs.map(({ comparator }) => admits[comparator])

  const place = (column: Float64Array, places: Int32Array, count: number): void => {
    places.fill(0, 0, (top + 1) * wordsPerRow)
    for (let i = 0; i < count; i++) {
      const value = column[i] ?? 0
      const integer = value | 0
      let found: number
      if (integer === value && table.length > 0) {
        found = table[Math.max(0, Math.min(integer - first, table.length - 1))] ?? 0
      } else if (!Number.isNaN(value)) {
        found = placeOf(value, thresholds)
      } else continue
      const word = found * wordsPerRow + (i >> 5)
      places[word] = (places[word] ?? 0) | (1 << i)
    }
    for (let word = top * wordsPerRow - 1; word >= 0; word--) {
      places[word] = (places[word] ?? 0) | (places[word + wordsPerRow] ?? 0)
    }
  }

  return {
    write: (column, words, summaries, count) => {
      const { places: all } = scratch
      place(column, all, count)
      const length = (count + 31) >> 5
      for (let rung = 0; rung < rows.length; rung++) {
        const row = rows[rung] ?? 0
        const kind = kinds[rung]
        if (kind !== undefined) summaries[row] = combine(all, (places[rung] ?? 0) * wordsPerRow, kind, words, row, length)
      }
    }
  }
}

/**
 * Writes one row and answers with its summary. Every value is in row 0 of the places; from row `at` on are those not
 * less than a threshold, a row further those greater than it.
 */
const combine = (
  places: Int32Array,
  at: number,
  { equal, greater, less }: Admits,
  words: Int32Array,
  row: number,
  length: number
): number => {
  const base = row * wordsPerRow
  let summary = 0
  for (let word = 0; word < length; word++) {
    const all = places[word] ?? 0
    const notLess = places[at + word] ?? 0
    const more = places[at + wordsPerRow + word] ?? 0
    const bits = (all & ~notLess & less) | (notLess & ~more & equal) | (more & greater)
    words[base + word] = bits
    summary |= Number(bits !== 0) << word
  }
  return summary
}
