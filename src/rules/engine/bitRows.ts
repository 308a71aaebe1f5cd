/**
 * A table of rows of bits, one bit for each view of a block, and the loops that write them. What lies beyond the views of
 * a block is left over from an earlier one; the summary of a row tells which of its words are not zero and never points
 * there.
 */
import type { Comparator } from "../../domain/Strategy.ts"
import { grown, wordsPerRow } from "./block.ts"
import type { Column } from "./columns.ts"

export interface BitRows {
  /** The words, `wordsPerRow` for each row. Another array once rows were added. */
  readonly words: () => Int32Array
  /** A word for each row: bit w is set when word w of the row is not zero. */
  readonly summaries: () => Int32Array
  /** A row number that is not in use. Row 0 is never given away: it stays empty. */
  readonly acquire: () => number
  readonly release: (row: number) => void
  /** Brings the summary of a row up to date, of which the first `count` bits matter. */
  readonly summarise: (row: number, count: number) => void
}

export const makeBitRows = (): BitRows => {
  let words = new Int32Array(wordsPerRow)
  let summaries = new Int32Array(1)
  let used = 1
  const free: Array<number> = []
  return {
    words: () => words,
    summaries: () => summaries,
    acquire: () => {
      const row = free.pop() ?? used++
      words = grown(words, used * wordsPerRow)
      summaries = grown(summaries, used)
      return row
    },
    release: (row) => {
      free.push(row)
    },
    summarise: (row, count) => {
      let summary = 0
      for (let word = 0; word << 5 < count; word++) {
        summary |= Number(words[row * wordsPerRow + word] !== 0) << word
      }
      summaries[row] = summary
    }
  }
}

/**
 * Writes a row, from word `base` on: whether each number of `left` compares so to that of `right`. Without branches, which
 * random data would mispredict; a shift by i is one by i modulo 32. NaN compares to nothing.
 */
type Compare = (left: Column, right: Column, words: Int32Array, base: number, count: number) => void

const isGreater: Compare = (left, right, words, base, count) => {
  for (let begin = 0, word = base; begin < count; begin += 32, word++) {
    const end = Math.min(begin + 32, count)
    let bits = 0
    for (let i = begin; i < end; i++) bits |= Number((left[i] ?? 0) > (right[i] ?? 0)) << i
    words[word] = bits
  }
}

const isAtLeast: Compare = (left, right, words, base, count) => {
  for (let begin = 0, word = base; begin < count; begin += 32, word++) {
    const end = Math.min(begin + 32, count)
    let bits = 0
    for (let i = begin; i < end; i++) bits |= Number((left[i] ?? 0) >= (right[i] ?? 0)) << i
    words[word] = bits
  }
}

const isEqual: Compare = (left, right, words, base, count) => {
  for (let begin = 0, word = base; begin < count; begin += 32, word++) {
    const end = Math.min(begin + 32, count)
    let bits = 0
    for (let i = begin; i < end; i++) bits |= Number((left[i] ?? 0) === (right[i] ?? 0)) << i
    words[word] = bits
  }
}

const isOther: Compare = (left, right, words, base, count) => {
  for (let begin = 0, word = base; begin < count; begin += 32, word++) {
    const end = Math.min(begin + 32, count)
    let bits = 0
    for (let i = begin; i < end; i++) {
      const a = left[i] ?? 0
      const b = right[i] ?? 0
      bits |= (Number(a < b) | Number(a > b)) << i
    }
    words[word] = bits
  }
}

/** See `Compare`. */
export const compareColumns: Readonly<Record<Comparator, Compare>> = {
  ">=": isAtLeast,
  "<=": (left, right, words, base, count) => isAtLeast(right, left, words, base, count),
  ">": isGreater,
  "<": (left, right, words, base, count) => isGreater(right, left, words, base, count),
  "=": isEqual,
  "!=": isOther
}

/** Writes a row: the first `length` words of these rows ORed. Answers with its summary. */
export const orRows = (words: Int32Array, members: ReadonlyArray<number>, row: number, length: number): number => {
  const base = row * wordsPerRow
  // Two at a time: most groups have two members.
  const first = (members[0] ?? 0) * wordsPerRow
  const second = (members[1] ?? 0) * wordsPerRow
  let summary = 0
  for (let word = 0; word < length; word++) {
    let bits = (words[first + word] ?? 0) | (words[second + word] ?? 0)
    for (let more = 2; more < members.length; more++) bits |= words[(members[more] ?? 0) * wordsPerRow + word] ?? 0
    words[base + word] = bits
    summary |= Number(bits !== 0) << word
  }
  return summary
}
