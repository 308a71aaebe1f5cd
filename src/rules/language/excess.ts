/** Inputs that are more than a decoder should be given: it would exhaust the stack, or the time, and report neither. */
import { Predicate } from "effect"

/** How deep an input may be nested: deeper than anyone writes an expression, and safe for all that recurs into one. */
export const depthLimit = 64

/** What is said of one that is nested deeper. */
export const tooDeep = `is nested more than ${depthLimit} levels deep`

/** How many values an input may hold: far more than any strategy, and few enough to look at each. */
const sizeLimit = 100_000

/** How many comparisons a strategy may make, alternatives included: far more than anyone writes. */
const comparisonLimit = 500

/** How many characters the text of a condition may have. */
export const textLimit = 4000

/** How many problems of an input are told, and how many unknown words are looked up. */
export const problemLimit = 20

/** What is too much of a list of conditions or of rules, or undefined. */
export const tooMany = (list: unknown): string | undefined => {
  if (!Array.isArray(list)) return undefined
  let count = 0
  for (const each of list) {
    count += Predicate.hasProperty(each, "any") && Array.isArray(each.any) ? each.any.length : 1
    if (count > comparisonLimit) return `makes more than ${comparisonLimit} comparisons`
  }
  return undefined
}

/** The first so many problems, and how many there are besides. */
export const told = <A>(problems: ReadonlyArray<A>, andMore: (count: number) => A): ReadonlyArray<A> =>
  problems.length <= problemLimit
    ? problems
    : [...problems.slice(0, problemLimit), andMore(problems.length - problemLimit)]

/**
 * What is too much of an input, or undefined when nothing is. A small file may hold a great deal: where one part of it
 * stands for another, it counts as often as it is named.
 */
export const excess = (input: unknown, deepest = depthLimit): string | undefined => {
  let left = sizeLimit
  const look = (value: unknown, depth: number): string | undefined => {
    left -= 1
    if (left < 0) return `holds more than ${sizeLimit} values`
    if (typeof value !== "object" || value === null) return undefined
    if (depth === deepest) return tooDeep
    for (const each of Object.values(value)) {
      const found = look(each, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  return look(input, 0)
}
