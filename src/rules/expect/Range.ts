/**
 * What is known of a number that is not known yet: the least and the greatest it can become, and whether it will exist.
 * Arithmetic over ranges rounds as arithmetic over numbers does, so a range never leaves out a result.
 */
import type { Comparator, Operator } from "../../domain/Strategy.ts"
import { areEqual, compare } from "../compare.ts"

/** A range of numbers, both ends included, or `none`: there will be no value. */
export type Range =
  | "none"
  | {
      readonly least: number
      readonly greatest: number
      /** Whether there will be a value for certain. */
      readonly certain: boolean
    }

/** A value that will not change any more. */
export const exactly = (value: number | undefined): Range =>
  value === undefined ? "none" : { least: value, greatest: value, certain: true }

/** A value that nothing is known of. */
export const anything: Range = { least: Number.NEGATIVE_INFINITY, greatest: Number.POSITIVE_INFINITY, certain: false }

/** A value between these, which are numbers or infinite. */
export const within = (least: number, greatest: number, certain: boolean): Range =>
  // A result too large for a number does not exist; a range that reaches that far may hold one.
  Number.isNaN(least) || Number.isNaN(greatest)
    ? anything
    : { least, greatest, certain: certain && Number.isFinite(least) && Number.isFinite(greatest) }

/** The same range of a value that need not come to exist. */
export const perhaps = (range: Range): Range => (range === "none" ? "none" : { ...range, certain: false })

/** What is known of a value that is one of these, without knowing which. */
export const oneOf = (ranges: ReadonlyArray<Range>): Range => {
  const some = ranges.filter((range) => range !== "none")
  if (some.length === 0) return "none"
  return within(
    Math.min(...some.map(({ least }) => least)),
    Math.max(...some.map(({ greatest }) => greatest)),
    some.length === ranges.length && some.every(({ certain }) => certain)
  )
}

/** What is known of a function of two values that rises or falls in each of them throughout. */
export const combine = (a: Range, b: Range, result: (a: number, b: number) => number): Range => {
  if (a === "none" || b === "none") return "none"
  const corners = [a.least, a.greatest].flatMap((left) => [b.least, b.greatest].map((right) => result(left, right)))
  return within(Math.min(...corners), Math.max(...corners), a.certain && b.certain)
}

/** The distance between two values. */
export const distance = (a: Range, b: Range): Range => {
  const difference = combine(a, b, (left, right) => left - right)
  if (difference === "none") return "none"
  const { certain, greatest, least } = difference
  return within(Math.max(0, least, -greatest), Math.max(Math.abs(least), Math.abs(greatest)), certain)
}

/** What is known of the result of an operation. */
export const calculated = (op: Operator, a: Range, b: Range): Range => {
  if (a === "none" || b === "none") return "none"
  switch (op) {
    case "+":
      return combine(a, b, (left, right) => left + right)
    case "-":
      return combine(a, b, (left, right) => left - right)
    case "*":
      return combine(a, b, (left, right) => left * right)
    case "/":
      if (b.least === 0 && b.greatest === 0) return "none"
      return b.least <= 0 && b.greatest >= 0 ? anything : combine(a, b, (left, right) => left / right)
  }
}

const never = (a: Exclude<Range, "none">, comparator: Comparator, b: Exclude<Range, "none">): boolean => {
  switch (comparator) {
    case ">=":
      return compare(a.greatest, "<", b.least)
    case "<=":
      return compare(a.least, ">", b.greatest)
    case ">":
      return compare(a.greatest, "<=", b.least)
    case "<":
      return compare(a.least, ">=", b.greatest)
    case "=":
      return compare(a.greatest, "<", b.least) || compare(a.least, ">", b.greatest)
    case "!=":
      return a.least === a.greatest && b.least === b.greatest && areEqual(a.least, b.least)
  }
}

const opposites = { ">=": "<", "<=": ">", ">": "<=", "<": ">=", "=": "!=", "!=": "=" } as const

/**
 * Whether two values will compare so: true or false when they will or will not wherever in their ranges they end up,
 * undefined while that is open. A comparison with a value that does not exist does not hold.
 */
export const willCompare = (a: Range, comparator: Comparator, b: Range): boolean | undefined => {
  if (a === "none" || b === "none" || never(a, comparator, b)) return false
  return a.certain && b.certain && never(a, opposites[comparator], b) ? true : undefined
}
