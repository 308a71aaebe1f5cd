/**
 * Comparisons of one value with numbers, as the kernel's loops take them: 16 bytes each, one list for a whole value, so
 * that its column is compared with all of them in one call.
 */
import type { Comparator } from "../../domain/Strategy.ts"
import { areEqual } from "../compare.ts"
import { type Column, mostInteger } from "./columns.ts"
import type { Kernel } from "./Kernel.ts"

/** One comparison of a value with a number, and the row that it is written to. */
export interface NumberComparison {
  /** The row's address. */
  readonly row: number
  readonly comparator: Comparator
  readonly threshold: number
}

/** Comparisons laid out in the kernel's memory. */
export interface ComparisonList {
  readonly kind: Column["kind"]
  readonly address: number
  readonly length: number
}

export interface ComparisonLists {
  readonly make: (kind: Column["kind"], comparisons: ReadonlyArray<NumberComparison>) => ComparisonList
  readonly free: (list: ComparisonList) => void
  /** Compares a column of the list's kind with all numbers. */
  readonly run: (list: ComparisonList, column: Column, count: number) => void
  /** Compares two columns of floats, view by view. */
  readonly runPair: (row: number, comparator: Comparator, left: Column, right: Column, count: number) => void
}

/** The integers that compare so to a number: those from `least` to `most`, or all others. */
interface Admitted {
  readonly least: number
  readonly most: number
  readonly others: boolean
}

const all: Admitted = { least: -mostInteger, most: mostInteger, others: false }
const nothing: Admitted = { ...all, others: true }

const between = (least: number, most: number): Admitted => {
  const [low, high] = [Math.max(least, -mostInteger), Math.min(most, mostInteger)]
  return low <= high ? { least: low, most: high, others: false } : nothing
}

/** Which integers of a column compare so to this number. */
export const admitted = (comparator: Comparator, number: number): Admitted => {
  // What equals an integer is as good as that integer.
  const threshold = areEqual(number, Math.round(number)) ? Math.round(number) : number
  const isThere = Number.isInteger(threshold) && Math.abs(threshold) <= mostInteger
  switch (comparator) {
    case ">=":
      return between(Math.ceil(threshold), mostInteger)
    case ">":
      return between(Math.floor(threshold) + 1, mostInteger)
    case "<=":
      return between(-mostInteger, Math.floor(threshold))
    case "<":
      return between(-mostInteger, Math.ceil(threshold) - 1)
    case "=":
      return isThere ? between(threshold, threshold) : nothing
    case "!=":
      return isThere ? { ...between(threshold, threshold), others: true } : all
  }
}

/** The relations of two numbers that a comparator admits: less 1, equal 2, greater 4. */
const relations: Readonly<Record<Comparator, number>> = { ">=": 6, "<=": 3, ">": 4, "<": 1, "=": 2, "!=": 5 }

const comparisonBytes = 16

export const makeComparisonLists = ({ allocate, floats, free, loops, words }: Kernel): ComparisonLists => ({
  make: (kind, comparisons) => {
    const address = allocate(comparisonBytes * comparisons.length)
    comparisons.forEach(({ comparator, row, threshold }, index) => {
      const word = (address + comparisonBytes * index) >> 2
      if (kind === "floats") {
        words().set([row, relations[comparator]], word)
        floats()[(word + 2) >> 1] = threshold
      } else {
        const { least, most, others } = admitted(comparator, threshold)
        words().set([row, least, most - least, Number(others)], word)
      }
    })
    return { kind, address, length: comparisons.length }
  },
  free: ({ address, length }) => free(address, comparisonBytes * length),
  run: ({ address, kind, length }, column, count) => {
    const compare = kind === "integers" ? loops.compareIntegers : loops.compareFloats
    compare(column.address, address, length, count)
  },
  runPair: (row, comparator, left, right, count) =>
    loops.comparePair(left.address, right.address, row, relations[comparator], count)
})
