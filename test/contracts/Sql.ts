import { Context, Effect, Layer } from "effect"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { SupabaseProject } from "../fixtures/postgrest.ts"

const lastOf =
  (exec: (statements: string) => Promise<ReadonlyArray<{ readonly rows: ReadonlyArray<unknown> }>>) =>
  (statements: string) =>
    Effect.map(
      Effect.promise(() => exec(statements)),
      (results) => results.at(-1)?.rows ?? []
    )

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
    Effect.map(EmbeddedPostgres, ({ client }) => Sql.of({ run: lastOf((statements) => client.exec(statements)) }))
  )

  /** Behind PostgREST, between its requests. */
  static readonly layerProject = Layer.effect(
    Sql,
    Effect.map(SupabaseProject, ({ exec }) => Sql.of({ run: lastOf(exec) }))
  )
}

/** Every row of Touchline's tables is gone. */
export const emptyTables = Effect.flatMap(Sql, ({ run }) =>
  run(
    "truncate strategies, rules, triggers, performance, match_history, match_recorders, match_doubts, user_telegram cascade"
  )
)
