import { Context, Effect, Layer } from "effect"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"

/** SQL as the database's owner runs it: what a contract arranges and looks at behind the port's back. */
export class Sql extends Context.Service<
  Sql,
  {
    /** Runs statements and answers with the rows of the last one. */
    readonly run: (statements: string) => Effect.Effect<ReadonlyArray<unknown>>
  }
>()("touchline/test/Sql") {
  static readonly layerEmbedded = Layer.effect(
    Sql,
    Effect.map(EmbeddedPostgres, ({ client }) =>
      Sql.of({
        run: (statements) =>
          Effect.map(
            Effect.promise(() => client.exec(statements)),
            (results) => results.at(-1)?.rows ?? []
          )
      })
    )
  )
}

/** Every row of Touchline's tables is gone. */
export const emptyTables = Effect.flatMap(Sql, ({ run }) =>
  run(
    "truncate strategies, rules, triggers, performance, match_history, match_recorders, match_doubts, user_telegram cascade"
  )
)
