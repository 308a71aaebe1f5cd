/**
 * Conditions, each distinct one held once as a row of bits: whether it holds on each view of a block. Conditions that
 * mean the same share a row, however they are written: `70 <= minute` and `minute >= 70`, a group of one alternative and
 * that alternative, a group in another order.
 */
import { type Comparator, type Comparison, type Condition, type Expression, isAnyOf } from "../../domain/Strategy.ts"
import type { View } from "../evaluate.ts"
import { compareColumns, makeBitRows, orRows } from "./bitRows.ts"
import { wordsPerRow } from "./block.ts"
import { makeColumn } from "./columns.ts"
import { type Ladder, makeLadder, type Rung } from "./ladder.ts"
import { makeValues, type Value } from "./values.ts"

export interface Conditions {
  readonly words: () => Int32Array
  /** See `BitRows`. */
  readonly summaries: () => Int32Array
  /** The row of a condition, new or shared. Every call must be matched by a `release`. */
  readonly acquire: (condition: Condition) => number
  /** The row that says whether the match is of one of these competitions. */
  readonly acquireCompetitions: (ids: ReadonlyArray<string>) => number
  readonly release: (row: number) => void
  /** Writes all rows for these views, at most `blockSize`. */
  readonly evaluate: (views: ReadonlyArray<View>) => void
  /** Distinct conditions held, groups and competitions included. */
  readonly size: () => number
}

/** A condition that is held. `key` is its name among all others. */
type Held = { readonly key: string; uses: number } & (
  | { readonly kind: "number"; readonly left: Value; readonly rung: Rung }
  | { readonly kind: "values"; readonly left: Value; readonly comparator: Comparator; readonly right: Value }
  | { readonly kind: "competition"; readonly id: string }
  | { readonly kind: "any"; readonly members: ReadonlyArray<number> }
)

/** The comparisons of one value with numbers. */
interface Numbers {
  readonly left: Value
  readonly rungs: Map<number, Rung>
  /** Undefined when comparisons were added or removed since it was built. */
  ladder: Ladder | undefined
}

/** The comparator that says the same with the sides exchanged. */
const mirrored: Readonly<Record<Comparator, Comparator>> = {
  ">=": "<=",
  "<=": ">=",
  ">": "<",
  "<": ">",
  "=": "=",
  "!=": "!="
}

/** Fewer comparisons than this of one value are made one by one, which is faster than building a ladder's rows. */
const ladderFrom = 3

export const makeConditions = (): Conditions => {
  const values = makeValues()
  const rows = makeBitRows()
  const held: Array<Held | undefined> = [undefined]
  const byKey = new Map<string, number>()
  const numbers = new Map<Value, Numbers>()
  const others = new Map<number, Extract<Held, { kind: "values" }>>()
  const competitions = new Map<string, number>()
  const groups = new Map<number, ReadonlyArray<number>>()
  const column = makeColumn()
  const right = makeColumn()
  const scratch = { places: new Int32Array(0) }

  const share = (key: string): number | undefined => {
    const row = byKey.get(key)
    const known = row === undefined ? undefined : held[row]
    if (known !== undefined) known.uses += 1
    return row
  }

  const hold = (row: number, entry: Held): number => {
    held[row] = entry
    byKey.set(entry.key, row)
    return row
  }

  const withNumber = (expression: Expression, comparator: Comparator, threshold: number): number => {
    const left = values.acquire(expression)
    const key = `${left.id} ${comparator} ${threshold}`
    const known = share(key)
    if (known !== undefined) {
      values.release(left)
      return known
    }
    const row = rows.acquire()
    const rung = { row, comparator, threshold }
    const siblings = numbers.get(left) ?? { left, rungs: new Map<number, Rung>(), ladder: undefined }
    siblings.rungs.set(row, rung)
    siblings.ladder = undefined
    numbers.set(left, siblings)
    return hold(row, { kind: "number", key, uses: 1, left, rung })
  }

  const withValue = (first: Expression, comparator: Comparator, second: Expression): number => {
    const left = values.acquire(first)
    const right = values.acquire(second)
    const key = `${left.id} ${comparator} #${right.id}`
    const known = share(key)
    if (known !== undefined) {
      values.release(left)
      values.release(right)
      return known
    }
    const row = rows.acquire()
    const entry = { kind: "values", key, uses: 1, left, comparator, right } as const
    others.set(row, entry)
    return hold(row, entry)
  }

  const acquireComparison = ({ comparator, left, right }: Comparison): number => {
    if (typeof right === "number") return withNumber(left, comparator, right)
    if (typeof left === "number") return withNumber(right, mirrored[comparator], left)
    return withValue(left, comparator, right)
  }

  /** A row that holds where one of these does. The members' uses pass into the group. */
  const acquireAny = (members: ReadonlyArray<number>): number => {
    const distinct = [...new Set(members)].sort((a, b) => a - b)
    const [only] = distinct
    if (only !== undefined && distinct.length === 1) {
      for (const row of members.slice(1)) release(row)
      return only
    }
    const key = `any ${distinct.join(" ")}`
    const known = share(key)
    if (known !== undefined) {
      members.forEach(release)
      return known
    }
    const row = rows.acquire()
    groups.set(row, distinct)
    return hold(row, { kind: "any", key, uses: 1, members })
  }

  const acquireCompetition = (id: string): number => {
    const key = `competition ${id}`
    const known = share(key)
    if (known !== undefined) return known
    const row = rows.acquire()
    competitions.set(id, row)
    return hold(row, { kind: "competition", key, uses: 1, id })
  }

  const forget = (row: number, entry: Held): void => {
    held[row] = undefined
    byKey.delete(entry.key)
    rows.release(row)
    switch (entry.kind) {
      case "number": {
        const siblings = numbers.get(entry.left)
        siblings?.rungs.delete(row)
        if (siblings?.rungs.size === 0) numbers.delete(entry.left)
        else if (siblings !== undefined) siblings.ladder = undefined
        values.release(entry.left)
        break
      }
      case "values":
        others.delete(row)
        values.release(entry.left)
        values.release(entry.right)
        break
      case "competition":
        competitions.delete(entry.id)
        break
      case "any":
        groups.delete(row)
        entry.members.forEach(release)
    }
  }

  const release = (row: number): void => {
    const entry = held[row]
    if (entry === undefined) return
    entry.uses -= 1
    if (entry.uses === 0) forget(row, entry)
  }

  const evaluateNumbers = (words: Int32Array, count: number): void => {
    for (const siblings of numbers.values()) {
      const left = values.column(siblings.left, column)
      if (siblings.rungs.size < ladderFrom) {
        for (const { comparator, row, threshold } of siblings.rungs.values()) {
          right.fill(threshold, 0, count)
          compareColumns[comparator](left, right, words, row * wordsPerRow, count)
          rows.summarise(row, count)
        }
      } else {
        siblings.ladder ??= makeLadder([...siblings.rungs.values()], scratch)
        siblings.ladder.write(left, words, rows.summaries(), count)
      }
    }
  }

  const evaluateCompetitions = (views: ReadonlyArray<View>, words: Int32Array): void => {
    for (const row of competitions.values()) words.fill(0, row * wordsPerRow, (row + 1) * wordsPerRow)
    views.forEach(({ snapshot }, position) => {
      const row = competitions.get(snapshot.match.competition.id)
      if (row === undefined) return
      const word = row * wordsPerRow + (position >> 5)
      words[word] = (words[word] ?? 0) | (1 << position)
    })
    for (const row of competitions.values()) rows.summarise(row, views.length)
  }

  return {
    words: rows.words,
    summaries: rows.summaries,
    acquire: (condition) =>
      isAnyOf(condition) ? acquireAny(condition.any.map(acquireComparison)) : acquireComparison(condition),
    acquireCompetitions: (ids) => acquireAny(ids.map(acquireCompetition)),
    release,
    evaluate: (views) => {
      const words = rows.words()
      const count = views.length
      values.read(views)
      evaluateNumbers(words, count)
      for (const [row, { comparator, left, right: other }] of others) {
        const first = values.column(left, column)
        const second = values.column(other, right)
        compareColumns[comparator](first, second, words, row * wordsPerRow, count)
        rows.summarise(row, count)
      }
      if (competitions.size > 0) evaluateCompetitions(views, words)
      const summaries = rows.summaries()
      for (const [row, members] of groups) summaries[row] = orRows(words, members, row, (count + 31) >> 5)
    },
    size: () => byKey.size
  }
}
