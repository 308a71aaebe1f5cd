/**
 * Columns of numbers, one for each view of a block, in the kernel's memory, and what is done to them. Counts, which most
 * conditions are about, are kept as integers of 16 bits, for the kernel works on eight of them at once; what has
 * fractions, or may grow too large, is kept as floats. A value that does not exist is -32768 or NaN, and spreads through
 * every operation here as it must.
 */
import type { Operator } from "../../domain/Strategy.ts"
import { blockSize } from "./block.ts"
import type { Combine, Kernel } from "./Kernel.ts"

export interface Column {
  readonly kind: "integers" | "floats"
  readonly address: number
}

/** No value, among integers. */
export const none = -32_768

/** The greatest integer, and its negative the least. */
export const mostInteger = 32_767

/** What becomes of two columns. */
export type Combination = "sum" | "difference" | "distance" | "larger" | "smaller" | "product"

export interface Columns {
  readonly make: (kind: Column["kind"]) => Column
  readonly free: (column: Column) => void
  /** The column as floats: itself, or `out` with its values. */
  readonly asFloats: (column: Column, out: Column, count: number) => Column
  /** Writes what becomes of two columns into `out`, which may be one of them; all are of one kind. */
  readonly combine: (what: Combination, left: Column, right: Column, out: Column, count: number) => Column
  /** Arithmetic on floats: a division by zero and a result too large for a number are no value. */
  readonly calculate: (op: Operator, left: Column, right: Column, out: Column, count: number) => Column
  /** For each view the home team's value, the away team's or none; all columns of one kind, the masks integers. */
  readonly choose: (
    sides: { readonly home: Column; readonly away: Column },
    masks: { readonly home: Column; readonly away: Column },
    out: Column,
    count: number
  ) => Column
  /** Writes the same number for each view. */
  readonly fill: (column: Column, value: number, count: number) => Column
  /** Writes a number, or none, for one view. */
  readonly put: (column: Column, position: number, value: number | undefined) => void
}

// A little more than the numbers take: columns at distances of a power of two would share their places in the processor's
// cache.
const columnBytes = { integers: 2 * blockSize + 64, floats: 8 * blockSize + 64 } as const

export const makeColumns = ({ allocate, floats, free, integers, loops }: Kernel): Columns => {
  const combining: Readonly<Record<Column["kind"], Readonly<Record<Combination, Combine>>>> = {
    integers: {
      sum: loops.sumIntegers,
      difference: loops.differenceIntegers,
      distance: loops.distanceIntegers,
      larger: loops.largerIntegers,
      smaller: loops.smallerIntegers,
      product: loops.productIntegers
    },
    floats: {
      sum: loops.sumFloats,
      difference: loops.differenceFloats,
      distance: loops.distanceFloats,
      larger: loops.largerFloats,
      smaller: loops.smallerFloats,
      product: loops.productFloats
    }
  }
  const calculating: Readonly<Record<Operator, Combine>> = {
    "+": loops.sumFloats,
    "-": loops.differenceFloats,
    "*": loops.productFloats,
    "/": loops.quotientFloats
  }
  return {
    make: (kind) => ({ kind, address: allocate(columnBytes[kind]) }),
    free: ({ address, kind }) => free(address, columnBytes[kind]),
    asFloats: (column, out, count) => {
      if (column.kind === "floats") return column
      loops.widen(column.address, out.address, count)
      return out
    },
    combine: (what, left, right, out, count) => {
      combining[out.kind][what](left.address, right.address, out.address, count)
      return out
    },
    calculate: (op, left, right, out, count) => {
      calculating[op](left.address, right.address, out.address, count)
      loops.finiteFloats(out.address, count)
      return out
    },
    choose: ({ away, home }, masks, out, count) => {
      const choose = out.kind === "integers" ? loops.chooseIntegers : loops.chooseFloats
      choose(home.address, away.address, masks.home.address, masks.away.address, out.address, count)
      return out
    },
    fill: (column, value, count) => {
      const { address, kind } = column
      if (kind === "integers") integers().fill(value, address >> 1, (address >> 1) + count)
      else floats().fill(value, address >> 3, (address >> 3) + count)
      return column
    },
    put: ({ address, kind }, position, value) => {
      if (kind === "integers") integers()[(address >> 1) + position] = value ?? none
      else floats()[(address >> 3) + position] = value ?? Number.NaN
    }
  }
}
