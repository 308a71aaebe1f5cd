/**
 * Columns of numbers, one for each view of a block, and what is done to them. NaN stands for no value: it spreads through
 * every operation here as a missing value must.
 *
 * Each loop is a function of its own, for the compiler optimizes a small function that is called often far better than
 * one long one. `?? 0` satisfies the type checker and costs nothing: no index is out of range.
 */
import type { Operator } from "../../domain/Strategy.ts"
import { blockSize } from "./block.ts"

export type Column = Float64Array<ArrayBuffer>

/** A column for each side, and one of no values, in one array. A single figure for the match is in `home`. */
export interface Pair {
  readonly home: Column
  readonly away: Column
  /** The columns one after another: home, away, none. */
  readonly all: Column
}

export const makePair = (): Pair => {
  const all = new Float64Array(3 * blockSize)
  all.fill(Number.NaN, 2 * blockSize)
  return { home: all.subarray(0, blockSize), away: all.subarray(blockSize, 2 * blockSize), all }
}

export const makeColumn = (): Column => new Float64Array(blockSize)

/** Writes the first `count` results of a calculation with two columns into `out`, which may be one of them. */
type Combine = (left: Column, right: Column, out: Column, count: number) => Column

export const sum: Combine = (left, right, out, count) => {
  for (let i = 0; i < count; i++) out[i] = (left[i] ?? 0) + (right[i] ?? 0)
  return out
}

export const difference: Combine = (left, right, out, count) => {
  for (let i = 0; i < count; i++) out[i] = (left[i] ?? 0) - (right[i] ?? 0)
  return out
}

const product: Combine = (left, right, out, count) => {
  for (let i = 0; i < count; i++) out[i] = (left[i] ?? 0) * (right[i] ?? 0)
  return out
}

const quotient: Combine = (left, right, out, count) => {
  for (let i = 0; i < count; i++) out[i] = (left[i] ?? 0) / (right[i] ?? 0)
  return out
}

export const distance: Combine = (left, right, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.abs((left[i] ?? 0) - (right[i] ?? 0))
  return out
}

export const larger: Combine = (left, right, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.max(left[i] ?? 0, right[i] ?? 0)
  return out
}

export const smaller: Combine = (left, right, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.min(left[i] ?? 0, right[i] ?? 0)
  return out
}

/** What is not finite is no value. */
const finite = (column: Column, count: number): Column => {
  for (let i = 0; i < count; i++) {
    const value = column[i] ?? 0
    column[i] = value - value === 0 ? value : Number.NaN
  }
  return column
}

const operations = { "+": sum, "-": difference, "*": product, "/": quotient } satisfies Record<Operator, Combine>

/** Arithmetic. A division by zero and a result too large for a number are no value. */
export const calculate = (op: Operator, left: Column, right: Column, out: Column, count: number): Column =>
  finite(operations[op](left, right, out, count), count)

/** Where a side's column begins in `Pair.all`. */
export const sideOffset = { home: 0, away: blockSize, none: 2 * blockSize } as const

/** For each view the value at its place in `Pair.all`: that of the side that a scope means, or none. */
export const choose = ({ all }: Pair, places: Int32Array, out: Column, count: number): Column => {
  for (let i = 0; i < count; i++) out[i] = all[places[i] ?? 0] ?? 0
  return out
}
