/**
 * The database as the stores see it: named functions that take named arguments and answer with rows.
 *
 * What must be atomic is one SQL function (`supabase/migrations`), so a call either happened or it did not; a caller
 * that got no answer may call again, because every function is written to be harmless the second time.
 */
import { Context, Effect, Option, Result, Schema } from "effect"
import { problemText } from "../domain/problems.ts"

/** A call that failed. The message says what was asked for and what to do next; it never holds a secret. */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  /** The SQL function, such as `create_triggers`, or `open` and `migrate`. */
  operation: Schema.String,
  /** `unavailable` may pass and is worth a retry; `refused` (rights, missing function, bad value) is not. */
  reason: Schema.Literals(["unavailable", "refused"]),
  message: Schema.String,
  /** The database's own code of what is wrong (SQLSTATE), where it gave one. */
  code: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/**
 * Whether a call was refused because of a value in it, such as a date out of range or a row that is gone: without that value
 * it may be accepted. Classes 22, 23 and 54 of PostgreSQL's codes.
 */
export const isBadValue = ({ code = "", reason }: DatabaseError): boolean =>
  reason === "refused" && /^(22|23|54)/.test(code)

export class Database extends Context.Service<
  Database,
  {
    /** What the banner calls it, such as `embedded PostgreSQL in .touchline`. */
    readonly name: string
    /** Calls a function of the schema with named arguments, which must be JSON; each row is one JSON value. */
    readonly call: (
      operation: string,
      args: { readonly [name: string]: unknown }
    ) => Effect.Effect<ReadonlyArray<unknown>, DatabaseError>
    /**
     * How often triggers, alerts, results or strategies may have changed so far. Absent where others write to the database
     * too, so that there is no telling.
     */
    readonly changes?: () => number
  }
>()("touchline/database/Database") {}

const rowId = Schema.decodeUnknownOption(Schema.Struct({ id: Schema.Unknown }))

/**
 * Decodes each row by itself: one that does not decode is reported with its id and the reason, and left out, so that
 * it stops no other. What is plainly in order `read` may read by hand, as the schema would and faster; what it does not
 * read the schema is asked about.
 */
export const decodeRows =
  <A, I>(what: string, schema: Schema.Codec<A, I>, read?: (row: unknown) => A | undefined) =>
  (rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<A>> => {
    const decode = Schema.decodeUnknownResult(schema, { errors: "all" })
    return Effect.gen(function* () {
      const decoded: Array<A> = []
      for (const row of rows) {
        const known = read?.(row)
        const result = known === undefined ? decode(row) : Result.succeed(known)
        if (Result.isSuccess(result)) {
          decoded.push(result.success)
        } else {
          yield* Effect.logWarning(`a row of ${what} does not decode and is left out`).pipe(
            Effect.annotateLogs({
              id: Option.getOrUndefined(Option.map(rowId(row), ({ id }) => id)),
              reason: problemText(result.failure.issue)
            })
          )
        }
      }
      return decoded
    })
  }
