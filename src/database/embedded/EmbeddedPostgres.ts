/**
 * PostgreSQL inside the process: PGlite on a directory, or in memory. The embedded database and the embedded queue
 * share one, so that a single machine needs no service and loses nothing (every acknowledged write is on disk).
 */
import { existsSync, openAsBlob } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { PGlite, type Transaction } from "@electric-sql/pglite"
import { Context, Effect, Layer } from "effect"
import { DatabaseError } from "../Database.ts"
import { lockDataDir } from "./DataDirLock.ts"

/** How long closing may take before the process goes on without it. What is acknowledged is on disk by then. */
const closeTimeout = "2 seconds"

/** A new database of the installed version of PGlite, made by `scripts/postgres-template.ts`. */
export const templateUrl = new URL("../../../template/postgres.tar.gz", import.meta.url)

/**
 * PGlite is several MB of WebAssembly. Compiling what runs often a second time, optimized, takes V8 up to half a gigabyte
 * and seconds of a first start, and buys little where queries are short. V8 decides that whenever a function is called,
 * so it is decided for the process; Kernel compiles itself optimized all the same.
 */
const compileOnce = () => {
  setFlagsFromString("--no-wasm-tier-up")
  setFlagsFromString("--no-wasm-dynamic-tiering")
}

/** Opens a database. A new one starts from the template, or sets itself up (for some seconds) where there is none. */
const open = async (directory: string | undefined): Promise<PGlite> => {
  compileOnce()
  const isNew = directory === undefined || !existsSync(`${directory}/PG_VERSION`)
  const template = isNew && existsSync(templateUrl) ? { loadDataDir: await openAsBlob(templateUrl) } : {}
  return directory === undefined ? PGlite.create(template) : PGlite.create(directory, template)
}

const failed = (operation: string) => (cause: unknown) =>
  new DatabaseError({
    operation,
    reason: "refused",
    message: `the embedded database failed to ${operation}: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause
  })

export class EmbeddedPostgres extends Context.Service<
  EmbeddedPostgres,
  {
    /** The directory that holds the data, or `memory`. */
    readonly place: string
    readonly client: PGlite
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
        const client = yield* Effect.acquireRelease(
          Effect.tryPromise({
            try: () => open(dataDir === undefined ? undefined : `${dataDir}/postgres`),
            catch: failed("open")
          }),
          (pglite) =>
            Effect.tryPromise(() => pglite.close()).pipe(
              Effect.timeout(closeTimeout),
              Effect.andThen(Effect.logDebug("the embedded database is closed")),
              Effect.catch((error) => Effect.logWarning("the embedded database did not close in order", error))
            )
        )
        return EmbeddedPostgres.of({
          place: dataDir ?? "memory",
          client,
          migrate: (name, change) =>
            Effect.tryPromise({ try: () => client.transaction((tx) => change(tx)), catch: failed(`migrate (${name})`) })
        })
      })
    )
}
