/**
 * What is known of pairs, as the kernel reads it: for each label a row of bits, one for each view of a block.
 *
 * A match keeps its position among the views for as long as it is shown, so that from tick to tick a row changes by what
 * is new: labels that were added, and the matches whose place is taken by another or that are known otherwise now.
 */
import type { KnownLabels } from "../KnownLabels.ts"
import { blockSize, rowBytes } from "./block.ts"
import type { Kernel } from "./Kernel.ts"

export interface KnownRows {
  /**
   * Makes the rows say what is known on these matches. Answers with their order: for each position, which of them is
   * there.
   */
  readonly show: (matchIds: ReadonlyArray<string>, known: ReadonlyArray<KnownLabels | undefined>) => Int32Array
  /** Writes the addresses of these labels' rows, in the block whose first position this is, to an address. */
  readonly stage: (labels: Int32Array, base: number, address: number) => void
}

/** Rows are made for 1,024 labels at a time, when one of them is known. */
const pageBits = 10
const pageMask = 2 ** pageBits - 1
const pageBytes = 2 ** pageBits * rowBytes

const rowWords = rowBytes / 4
const pageWords = 2 ** pageBits / 32

/** A position at which other bits are to be. */
interface Change {
  readonly position: number
  readonly old: Int32Array
  readonly bits: Int32Array
}

const noBits = new Int32Array(0)

export const makeKnownRows = (kernel: Kernel): KnownRows => {
  const none = kernel.allocate(rowBytes)
  kernel.words().fill(0, none >> 2, (none + rowBytes) >> 2)
  /** The addresses of the pages of each block. */
  const blocks: Array<Array<number | undefined>> = []
  let positions = new Map<string, number>()
  /** What the rows say at each position: this, less its news. */
  let shown: ReadonlyArray<KnownLabels | undefined> = []
  /** Whether they do: not when there was no memory for a page and writing broke off. */
  let isWhole = true

  const orderOf = (matchIds: ReadonlyArray<string>): Int32Array => {
    const order = new Int32Array(matchIds.length).fill(-1)
    const others: Array<number> = []
    matchIds.forEach((id, index) => {
      const position = positions.get(id) ?? -1
      if (order[position] === -1) order[position] = index
      else others.push(index)
    })
    let next = 0
    positions = new Map()
    for (let position = 0; position < order.length; position++) {
      if (order[position] === -1) order[position] = others[next++] ?? -1
      positions.set(matchIds[order[position] ?? -1] ?? "", position)
    }
    return order
  }

  const pageOf = (label: number, position: number): number => {
    const block = Math.floor(position / blockSize)
    const pages = blocks[block] ?? []
    blocks[block] = pages
    const known = pages[label >> pageBits]
    if (known !== undefined) return known
    const page = kernel.allocate(pageBytes)
    kernel.words().fill(0, page >> 2, (page + pageBytes) >> 2)
    pages[label >> pageBits] = page
    return page
  }

  /** The number among the kernel's words that has a label's bit at a position. */
  const wordOf = (label: number, position: number): number =>
    (pageOf(label, position) >> 2) + (label & pageMask) * rowWords + ((position % blockSize) >> 5)

  const add = (label: number, position: number): void => {
    const word = wordOf(label, position)
    const words = kernel.words()
    words[word] = (words[word] ?? 0) | (1 << (position & 31))
  }

  /** Puts what is known of a page's labels in the place of what was. */
  const replace = ({ bits, old, position }: Change, from: number): void => {
    const end = Math.min(from + pageWords, Math.max(bits.length, old.length))
    const bit = 1 << (position & 31)
    let first = -1
    let words = kernel.words()
    for (let word = from; word < end; word++) {
      const known = word < bits.length ? (bits[word] ?? 0) : 0
      // Those known before as well where they still are: what was news then may not have been written.
      let left = word < old.length ? known | (old[word] ?? 0) : known
      if (left !== 0 && first === -1) {
        first = wordOf(32 * from, position)
        words = kernel.words()
      }
      for (; left !== 0; left &= left - 1) {
        const lowest = left & -left
        const at = first + (32 * (word - from) + 31 - Math.clz32(lowest)) * rowWords
        words[at] = (known & lowest) !== 0 ? (words[at] ?? 0) | bit : (words[at] ?? 0) & ~bit
      }
    }
  }

  /** Page by page: the rows of one are near each other. */
  const replaceAll = (changes: ReadonlyArray<Change>): void => {
    const length = changes.reduce((most, { bits, old }) => Math.max(most, bits.length, old.length), 0)
    for (let from = 0; from < length; from += pageWords) for (const change of changes) replace(change, from)
  }

  const clear = (): void => {
    for (const page of blocks.flat()) if (page !== undefined) kernel.words().fill(0, page >> 2, (page + pageBytes) >> 2)
    shown = []
  }

  return {
    show: (matchIds, known) => {
      if (!isWhole) clear()
      isWhole = false
      const order = orderOf(matchIds)
      const next = Array.from(order, (index) => known[index])
      const changes: Array<Change> = []
      for (let position = 0; position < Math.max(shown.length, next.length); position++) {
        const [before, now] = [shown[position], next[position]]
        if (before !== now) changes.push({ position, old: before?.bits ?? noBits, bits: now?.bits ?? noBits })
        else for (const label of now?.news ?? []) add(label, position)
      }
      replaceAll(changes)
      for (const each of next) if (each !== undefined) each.news.length = 0
      shown = next
      isWhole = true
      return order
    },
    stage: (labels, base, address) => {
      const pages = blocks[base / blockSize] ?? []
      const words = kernel.words()
      for (let index = 0; index < labels.length; index++) {
        const label = labels[index] ?? 0
        const page = pages[label >> pageBits]
        words[(address >> 2) + index] = page === undefined ? none : page + (label & pageMask) * rowBytes
      }
    }
  }
}
