/**
 * Conditions, each distinct one held once as a row of bits: whether it holds on each view of a block. Conditions that
 * mean the same share a row, however they are written: `70 <= minute` and `minute >= 70`, a group of one alternative and
 * that alternative, a group in another order.
 */
import { type Comparator, type Comparison, type Condition, type Expression, isAnyOf } from "../../domain/Strategy.ts"
import type { View } from "../evaluate.ts"
import { rowBytes } from "./block.ts"
import { type Column, makeColumns } from "./columns.ts"
import { type ComparisonList, makeComparisonLists, type NumberComparison } from "./comparisons.ts"
import type { Kernel } from "./Kernel.ts"
import { makeValues, type Value } from "./values.ts"

/** Rows are given by their addresses in the kernel's memory. */
export interface Conditions {
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
  | { readonly kind: "number"; readonly left: Value }
  | { readonly kind: "values"; readonly left: Value; readonly comparator: Comparator; readonly right: Value }
  | { readonly kind: "competition"; readonly id: string }
  | { readonly kind: "any"; readonly members: ReadonlyArray<number> }
)

/** A group: the addresses of its members' rows, in the kernel's memory. */
interface Group {
  readonly address: number
  readonly length: number
}

/** The comparisons of one value with numbers, by their rows. */
interface Numbers {
  readonly left: Value
  readonly comparisons: Map<number, NumberComparison>
  /** The same for columns of each kind; none when comparisons were added or removed since. */
  readonly lists: { [kind in Column["kind"]]?: ComparisonList }
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

export const makeConditions = (kernel: Kernel): Conditions => {
  const columns = makeColumns(kernel)
  const values = makeValues(kernel, columns)
  const lists = makeComparisonLists(kernel)
  const held = new Map<number, Held>()
  const byKey = new Map<string, number>()
  const numbers = new Map<Value, Numbers>()
  const others = new Map<number, Extract<Held, { kind: "values" }>>()
  const competitions = new Map<string, number>()
  const groups = new Map<number, Group>()

  const share = (key: string): number | undefined => {
    const row = byKey.get(key)
    const known = row === undefined ? undefined : held.get(row)
    if (known !== undefined) known.uses += 1
    return row
  }

  const makeRow = (): number => kernel.allocate(rowBytes)

  const hold = (row: number, entry: Held): number => {
    held.set(row, entry)
    byKey.set(entry.key, row)
    return row
  }

  /** After a change of the comparisons, lists of them are made anew when they are asked for. */
  const outdate = ({ lists: known }: Numbers): void => {
    for (const kind of ["integers", "floats"] as const) {
      const list = known[kind]
      if (list !== undefined) lists.free(list)
      delete known[kind]
    }
  }

  const withNumber = (expression: Expression, comparator: Comparator, threshold: number): number => {
    const left = values.acquire(expression)
    const key = `${left.id} ${comparator} ${threshold}`
    const known = share(key)
    if (known !== undefined) {
      values.release(left)
      return known
    }
    const row = makeRow()
    const siblings = numbers.get(left) ?? { left, comparisons: new Map<number, NumberComparison>(), lists: {} }
    siblings.comparisons.set(row, { row, comparator, threshold })
    outdate(siblings)
    numbers.set(left, siblings)
    return hold(row, { kind: "number", key, uses: 1, left })
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
    const row = makeRow()
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
    const row = makeRow()
    const address = kernel.allocate(4 * distinct.length)
    kernel.words().set(distinct, address >> 2)
    groups.set(row, { address, length: distinct.length })
    return hold(row, { kind: "any", key, uses: 1, members })
  }

  const acquireCompetition = (id: string): number => {
    const key = `competition ${id}`
    const known = share(key)
    if (known !== undefined) return known
    const row = makeRow()
    competitions.set(id, row)
    return hold(row, { kind: "competition", key, uses: 1, id })
  }

  const forget = (row: number, entry: Held): void => {
    held.delete(row)
    byKey.delete(entry.key)
    kernel.free(row, rowBytes)
    switch (entry.kind) {
      case "number": {
        const siblings = numbers.get(entry.left)
        if (siblings !== undefined) {
          outdate(siblings)
          siblings.comparisons.delete(row)
          if (siblings.comparisons.size === 0) numbers.delete(entry.left)
        }
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
      case "any": {
        const group = groups.get(row)
        if (group !== undefined) kernel.free(group.address, 4 * group.length)
        groups.delete(row)
        entry.members.forEach(release)
      }
    }
  }

  const release = (row: number): void => {
    const entry = held.get(row)
    if (entry === undefined) return
    entry.uses -= 1
    if (entry.uses === 0) forget(row, entry)
  }

  const evaluateNumbers = (count: number): void => {
    for (const { comparisons, left, lists: known } of numbers.values()) {
      const column = values.column(left)
      const list = known[column.kind] ?? lists.make(column.kind, [...comparisons.values()])
      known[column.kind] = list
      lists.run(list, column, count)
    }
  }

  const evaluateValues = (count: number): void => {
    for (const [row, { comparator, left, right }] of others) {
      const pair = values.pair(left, right)
      if ("left" in pair) {
        lists.runPair(row, comparator, pair.left, pair.right, count)
        continue
      }
      const list = lists.make(pair.kind, [{ row, comparator, threshold: 0 }])
      lists.run(list, pair, count)
      lists.free(list)
    }
  }

  const evaluateCompetitions = (views: ReadonlyArray<View>): void => {
    const words = kernel.words()
    for (const row of competitions.values()) words.fill(0, row >> 2, (row + rowBytes) >> 2)
    views.forEach(({ snapshot }, position) => {
      const row = competitions.get(snapshot.match.competition.id)
      if (row === undefined) return
      const word = (row >> 2) + (position >> 5)
      words[word] = (words[word] ?? 0) | (1 << position)
    })
  }

  return {
    acquire: (condition) =>
      isAnyOf(condition) ? acquireAny(condition.any.map(acquireComparison)) : acquireComparison(condition),
    acquireCompetitions: (ids) => acquireAny(ids.map(acquireCompetition)),
    release,
    evaluate: (views) => {
      values.read(views)
      evaluateNumbers(views.length)
      evaluateValues(views.length)
      evaluateCompetitions(views)
      for (const [row, { address, length }] of groups) kernel.loops.orRows(address, length, row)
    },
    size: () => byKey.size
  }
}
