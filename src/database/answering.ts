/** A Database that answers or fails as it promises, whatever a program of one's own has put in its place. */
import { Duration, Effect, Layer } from "effect"
import { Database, DatabaseError } from "./Database.ts"

/** How long a call may take: longer than any of the databases that come with Touchline wait for an answer. */
export const answersWithin = Duration.minutes(1)

/**
 * The same database. A call that breaks, does not come back, or answers with something else than rows has failed with
 * `unavailable`: it is made again where it is made again and again, which what nobody foresaw would end for good.
 */
export const answering = <E, R>(database: Layer.Layer<Database, E, R>): Layer.Layer<Database, E, R> =>
  Layer.effect(
    Database,
    Effect.map(Database, ({ call, ...rest }) =>
      Database.of({
        ...rest,
        call: (operation, args) => {
          const failed = (what: string, cause?: unknown) =>
            new DatabaseError({
              operation,
              reason: "unavailable",
              message: `${operation}: the database ${what}`,
              ...(cause === undefined ? {} : { cause })
            })
          return Effect.suspend(() => call(operation, args)).pipe(
            Effect.filterOrFail(Array.isArray, () => failed("answered with something else than rows")),
            Effect.timeoutOrElse({
              duration: answersWithin,
              orElse: () => failed(`did not answer within ${Duration.format(answersWithin)}`)
            }),
            Effect.catchDefect((cause) =>
              failed(`broke: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
            )
          )
        }
      })
    )
  ).pipe(Layer.provide(database))
