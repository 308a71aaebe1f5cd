/**
 * How numbers compare in conditions: as the decimals that people write. 1.1 + 2.2 equals 3.3 here, and 1.1 * 3 is no more
 * than 3.3, although sums and products of binary fractions end a little beside them.
 */
import type { Comparator } from "../domain/Strategy.ts"

/**
 * How far two numbers may be apart and still be equal, as a share of the larger one. Far above what a chain of operations
 * loses (some 1e-15), far below what any figure is given to. The kernel has the same number.
 */
export const tolerance = 1e-9

/** Whether two numbers are equal, give or take {@link tolerance}. An infinite one equals itself only, NaN nothing. */
export const areEqual = (left: number, right: number): boolean =>
  left === right ||
  (Number.isFinite(left - right) && Math.abs(left - right) <= tolerance * Math.max(Math.abs(left), Math.abs(right)))

/** Whether two numbers compare so. Of numbers that are equal none is the larger; with NaN nothing holds. */
export const compare = (left: number, comparator: Comparator, right: number): boolean => {
  switch (comparator) {
    case ">=":
      return left >= right || areEqual(left, right)
    case "<=":
      return left <= right || areEqual(left, right)
    case ">":
      return left > right && !areEqual(left, right)
    case "<":
      return left < right && !areEqual(left, right)
    case "=":
      return areEqual(left, right)
    case "!=":
      return (left < right || left > right) && !areEqual(left, right)
  }
}
