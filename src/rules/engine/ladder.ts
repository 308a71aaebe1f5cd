/**
 * One value compared with many numbers. Instead of comparing every view's value with every number, each value is placed
 * once among the numbers in ascending order, below, at or above each; a row of bits for each place, ORed from the top
 * down, then has every comparison as a combination of two rows.
 */
import type { Comparator } from "../../domain/Strategy.ts"
import { wordsPerRow } from "./block.ts"
import type { Column } from "./columns.ts"

/** One comparison of a value with a number, and the row that it is written to. */
export interface Rung {
  readonly row: number
  readonly comparator: Comparator
  readonly threshold: number
}

export interface Ladder {
  /** Writes the rows of all comparisons, and their summaries, for the first `count` values of a column. */
  readonly write: (column: Column, words: Int32Array, summaries: Int32Array, count: number) => void
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

/** The numbers in ascending order, and for integers near them their places: those of `first`, `first + 1`, and so on. */
interface Thresholds {
  readonly numbers: Float64Array
  readonly first: number
  readonly table: Int32Array
}

const thresholdsOf = (rungs: ReadonlyArray<Rung>): Thresholds => {
  const numbers = Float64Array.from(new Set(rungs.map(({ threshold }) => threshold))).sort()
  const first = Math.floor(numbers[0] ?? 0) - 1
  const last = Math.ceil(numbers.at(-1) ?? 0) + 1
  const isSmall = last - first < tableSize && Math.abs(first) < 2 ** 30
  const table = Int32Array.from({ length: isSmall ? last - first + 1 : 0 }, (_, index) =>
    placeOf(first + index, numbers)
  )
  return { numbers, first, table }
}

/** Sets the bit of each view in the row of its value's place. A value that does not exist has no place. */
const place = (column: Column, { first, numbers, table }: Thresholds, places: Int32Array, count: number): void => {
  const last = table.length - 1
  for (let i = 0; i < count; i++) {
    const value = column[i] ?? 0
    const integer = value | 0
    let found = 0
    if (integer === value && last >= 0) found = table[Math.max(0, Math.min(integer - first, last))] ?? 0
    else if (!Number.isNaN(value)) found = placeOf(value, numbers)
    else continue
    const word = found * wordsPerRow + (i >> 5)
    places[word] = (places[word] ?? 0) | (1 << i)
  }
}

/** ORs every row into those below it: row p then has the views whose place is p or higher. */
const accumulate = (places: Int32Array, top: number): void => {
  for (let word = top * wordsPerRow - 1; word >= 0; word--) {
    places[word] = (places[word] ?? 0) | (places[word + wordsPerRow] ?? 0)
  }
}

/** A ladder of these comparisons. `scratch` is working memory that ladders share. */
export const makeLadder = (rungs: ReadonlyArray<Rung>, scratch: { places: Int32Array }): Ladder => {
  const thresholds = thresholdsOf(rungs)
  const top = 2 * thresholds.numbers.length
  const size = (top + 1) * wordsPerRow
  if (scratch.places.length < size) scratch.places = new Int32Array(size)
  const rows = Int32Array.from(rungs, ({ row }) => row)
  const begins = Int32Array.from(rungs, ({ threshold }) => placeOf(threshold, thresholds.numbers) * wordsPerRow)
  const kinds = rungs.map(({ comparator }) => admits[comparator])

  return {
    write: (column, words, summaries, count) => {
      const { places } = scratch
      places.fill(0, 0, size)
      place(column, thresholds, places, count)
      accumulate(places, top)
      for (let rung = 0; rung < rows.length; rung++) {
        const row = rows[rung] ?? 0
        const kind = kinds[rung]
        if (kind !== undefined) summaries[row] = combine(places, begins[rung] ?? 0, kind, words, row, (count + 31) >> 5)
      }
    }
  }
}

/** A comparator as the relations of two numbers that it admits, each 0 or -1 (all bits set). */
interface Admits {
  readonly less: number
  readonly equal: number
  readonly greater: number
}

const admits: Readonly<Record<Comparator, Admits>> = {
  ">=": { less: 0, equal: -1, greater: -1 },
  "<=": { less: -1, equal: -1, greater: 0 },
  ">": { less: 0, equal: 0, greater: -1 },
  "<": { less: -1, equal: 0, greater: 0 },
  "=": { less: 0, equal: -1, greater: 0 },
  "!=": { less: -1, equal: 0, greater: -1 }
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
