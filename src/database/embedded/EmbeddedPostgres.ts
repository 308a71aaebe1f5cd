/**
 * PostgreSQL inside the process: PGlite on a directory, or in memory. The embedded database and the embedded queue
 * share one, so that a single machine needs no service and loses nothing (every acknowledged write is on disk).
 */
import type { Transaction } from "@electric-sql/pglite"
import { Context, Effect, Layer, type Scope } from "effect"
import { DatabaseError } from "../Database.ts"
import { openPglite } from "./BreakablePglite.ts"
import { lockDataDir } from "./DataDirLock.ts"
import { openFailed, openPostgres, type PostgresClient } from "./PostgresClient.ts"

export class EmbeddedPostgres extends Context.Service<
  EmbeddedPostgres,
  {
    /** The directory that holds the data, or `memory`. */
    readonly place: string
    readonly client: PostgresClient
    /** Runs changes to the schema in one transaction that nothing else can come between. */
    readonly migrate: (
      name: string,
      change: (tx: Transaction) => Promise<unknown>
    ) => Effect.Effect<void, DatabaseError>
  }
>()("touchline/database/EmbeddedPostgres") {
  /**
   * Opens the database in `dataDir` (made if absent) or, without one, in memory.
   *
   * Fails with DataDirError when another process holds the directory, with DatabaseError when it holds no database
   * that PGlite can open.
   */
  static readonly layer = (dataDir?: string) =>
    Layer.effect(
      EmbeddedPostgres,
      Effect.gen(function* () {
        if (dataDir !== undefined) yield* lockDataDir(dataDir)
        const client = yield* dataDir === undefined ? inMemory : openPostgres(`${dataDir}/postgres`)
        return EmbeddedPostgres.of({
          place: dataDir ?? "memory",
          client,
          migrate: (name, change) =>
            Effect.tryPromise({
              try: () => client.transaction((tx) => change(tx)),
              catch: (cause) =>
                new DatabaseError({
                  operation: `migrate (${name})`,
                  reason: "refused",
                  message: `the embedded database failed to migrate (${name}): ${cause instanceof Error ? cause.message : String(cause)}`,
                  cause
                })
            })
        })
      })
    )
}

/** A database in the memory of the process. It has no disk that could fail it. */
const inMemory: Effect.Effect<PostgresClient, DatabaseError, Scope.Scope> = Effect.acquireRelease(
  Effect.tryPromise({ try: () => openPglite(), catch: openFailed }),
  ({ close }) => Effect.ignore(Effect.tryPromise(close), { log: true })
).pipe(Effect.map(({ client }) => client))
