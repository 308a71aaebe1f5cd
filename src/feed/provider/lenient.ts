/** Reading what providers send, part by part: what cannot be read is absent, and costs no more than itself. */
import { Option, Schema } from "effect"

/** The elements of a list that a schema takes, and how many there were that it does not take. No list has none. */
export const readRows = <A, I>(schema: Schema.Codec<A, I>) => {
  const decode = Schema.decodeUnknownOption(schema)
  return (value: unknown): { readonly rows: ReadonlyArray<A>; readonly unread: number } => {
    if (!Array.isArray(value)) return { rows: [], unread: value === undefined || value === null ? 0 : 1 }
    const rows = value.flatMap((each) => Option.toArray(decode(each)))
    return { rows, unread: value.length - rows.length }
  }
}

const NumberText = Schema.String.check(Schema.isPattern(/^\s*-?\d+(?:\.\d+)?\s*$/)).pipe(
  Schema.decodeTo(Schema.FiniteFromString)
)

/** A number that a row must have, also where it is written as a text. */
export const AnyNumber = Schema.Union([Schema.Finite, NumberText])

/** The same of a whole one, such as an id. */
export const AnyWhole = Schema.Union([Schema.Int, NumberText.check(Schema.isInt())])

/** A number, also where it is written as a text: `47%` is 47. Anything else stays what it is, for the decoder to tell of. */
export const numberIn = (value: unknown): unknown => {
  if (typeof value !== "string") return value
  const [, digits] = /^\s*(-?\d+(?:\.\d+)?)\s*%?\s*$/.exec(value) ?? []
  return digits === undefined ? value : Number(digits)
}

/** The same, where anything else is as absent. */
export const finiteIn = (value: unknown): number | undefined => {
  const number = numberIn(value)
  return typeof number === "number" && Number.isFinite(number) ? number : undefined
}

/** A whole number, such as an id. */
export const wholeIn = (value: unknown): number | undefined => {
  const number = numberIn(value)
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined
}

/** A period is not played for longer than this beyond its end, in minutes. */
export const longestAdded = 30

/** A price that somebody offers now, which is above 1; 0, 1 and -1 stand for none. */
export const priceIn = (value: unknown): number | undefined => {
  const price = numberIn(value)
  return typeof price === "number" && price > 1 && price <= 10_000 ? price : undefined
}

/** A value of each side, as far as they are known. */
export interface HalfKnown<A> {
  readonly home?: A
  readonly away?: A
}
