/**
 * Decoding in more than one step, where every step adds what it finds wrong instead of hiding what the others found.
 */
import { Result, Schema, SchemaParser } from "effect"
import { type Problem, problemsOf } from "../domain/problems.ts"

/** A value, or everything that is wrong with its input. */
export type Checked<A> = Result.Result<A, ReadonlyArray<Problem>>

/** One problem. */
export const problem = (path: string, message: string): Checked<never> => Result.fail([{ path, message }])

/** The problems found, none in a success. */
export const problemsIn = <A>(checked: Checked<A>): ReadonlyArray<Problem> =>
  Result.isFailure(checked) ? checked.failure : []

/** Two values made one, or the problems of both. */
export const both = <A, B, C>(a: Checked<A>, b: Checked<B>, combine: (a: A, b: B) => C): Checked<C> =>
  Result.isSuccess(a) && Result.isSuccess(b)
    ? Result.succeed(combine(a.success, b.success))
    : Result.fail([...problemsIn(a), ...problemsIn(b)])

/** One path after another: `lhs_json` and `left` are `lhs_json.left`. */
export const joined = (path: string, rest: string): string =>
  path === "" || rest === "" || rest.startsWith("[") ? `${path}${rest}` : `${path}.${rest}`

/** Decodes with a schema; the problems carry `path` before their own. Keys that the schema does not name are ignored. */
export const checker = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const decode = SchemaParser.decodeUnknownResult(schema, { errors: "all", reportInput: true })
  return (input: unknown, path = ""): Checked<S["Type"]> =>
    Result.mapError(decode(input), (issue) =>
      problemsOf(issue).map((each) => ({ ...each, path: joined(path, each.path) }))
    )
}

/** How deep an input may be nested: deeper than anyone writes an expression, and safe for all that recurs into one. */
export const depthLimit = 64

/** Whether an input is nested so deeply that decoding it would exhaust the stack, which no result could report. */
export const isTooDeep = (input: unknown, limit = depthLimit): boolean =>
  typeof input === "object" &&
  input !== null &&
  (limit === 0 || Object.values(input).some((each) => isTooDeep(each, limit - 1)))

/** What is said of such an input. */
export const tooDeep = `is nested more than ${depthLimit} levels deep`

/** How many values an input may hold: far more than any strategy, and few enough to look at each. */
const sizeLimit = 100_000

/**
 * Why an input is more than a decoder should be given, or undefined when it is not. A small file may hold a great deal:
 * where one part of it stands for another, it counts as often as it is named.
 */
export const excess = (input: unknown): string | undefined => {
  let left = sizeLimit
  const look = (value: unknown, depth: number): string | undefined => {
    left -= 1
    if (left < 0) return `holds more than ${sizeLimit} values`
    if (typeof value !== "object" || value === null) return undefined
    if (depth === depthLimit) return tooDeep
    for (const each of Object.values(value)) {
      const found = look(each, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  return look(input, 0)
}

/** A column that may be null or absent. */
export const nullable = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

/** Whether a column holds something. */
export const isPresent = <A>(value: A): value is NonNullable<A> => value !== null && value !== undefined
