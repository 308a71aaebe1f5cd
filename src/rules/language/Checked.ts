/**
 * Decoding in more than one step, where every step adds what it finds wrong instead of hiding what the others found.
 */
import { Result, Schema, SchemaParser } from "effect"
import { type Problem, problemsOf } from "../../domain/problems.ts"

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

/** A column that may be null or absent. */
export const nullable = <S extends Schema.Constraint>(schema: S) => Schema.optional(Schema.NullOr(schema))

/** Whether a column holds something. */
export const isPresent = <A>(value: A): value is NonNullable<A> => value !== null && value !== undefined
