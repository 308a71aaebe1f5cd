/**
 * PostgreSQL inside the process: PGlite on a directory, or in memory. The embedded database and the embedded queue
 * share one, so that a single machine needs no service and loses nothing (every acknowledged write is on disk).
 */
import type { Transaction } from "@electric-sql/pglite"
import { Context, Effect, Layer, type Scope } from "effect"
import { DatabaseError } from "../Database.ts"
import { openPglite } from "./BreakablePglite.ts"
import { DataDirError, lockDataDir } from "./DataDirLock.ts"
import { openFailed, openPostgres, type PostgresClient } from "./PostgresClient.ts"
import { keepVacuumed } from "./Vacuum.ts"

export class EmbeddedPostgres extends Context.Service<
  EmbeddedPostgres,
  {
    /** The directory that holds the data, or `memory`. */
    readonly place: string
    /** Whether this process holds the data. If not, the process that does has set up the database, and works its queues. */
    readonly isOurs: boolean
    readonly client: PostgresClient
    /** Runs changes to the schema in one transaction that nothing else can come between. */
    readonly migrate: (
      name: string,
      change: (tx: Transaction) => Promise<unknown>
    ) => Effect.Effect<void, DatabaseError>
  }
>()("touchline/database/EmbeddedPostgres") {
  /**
   * Opens the database in `dataDir` (made if absent) or, without one, in memory. Where another process holds the
   * directory, and SharesDataDir allows it, the database is used through that process.
   *
   * Fails with DataDirError when another process holds the directory and cannot or must not be asked, with DatabaseError
   * when it holds no database that PGlite can open.
   */
  static readonly layer = (dataDir?: string) =>
    Layer.effect(EmbeddedPostgres, dataDir === undefined ? Effect.map(inMemory, ours("memory")) : heldOrShared(dataDir))
}

/**
 * Whether a data directory may be used through the process that holds it. The service must hold its own. With `only` it is used
 * through its holder or not at all, for a look that must keep nobody from starting.
 */
export const SharesDataDir = Context.Reference<boolean | "only">("touchline/database/SharesDataDir", {
  defaultValue: () => false
})

/** What the service is on a database of this process. */
const ours =
  (place: string) =>
  (client: PostgresClient): EmbeddedPostgres["Service"] => ({
    place,
    isOurs: true,
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
      }).pipe(Effect.asVoid)
  })

const held = Effect.fnUntraced(function* (dataDir: string) {
  yield* lockDataDir(dataDir)
  const client = yield* Effect.flatMap(openPostgres(`${dataDir}/postgres`), keepVacuumed)
  // What answers other processes is loaded after the start, which need not wait for it.
  yield* Effect.promise(() => import("./PostgresServer.ts")).pipe(
    Effect.flatMap(({ servePostgres }) => servePostgres(dataDir, client)),
    Effect.andThen(Effect.never),
    Effect.scoped,
    Effect.forkScoped
  )
  return ours(dataDir)(client)
})

const reached = Effect.fnUntraced(function* (dataDir: string) {
  const { connectPostgres, RemoteError } = yield* Effect.promise(() => import("./RemotePostgres.ts"))
  const client = yield* connectPostgres(dataDir).pipe(
    Effect.mapError((cause) =>
      cause instanceof RemoteError
        ? new DataDirError({ dataDir, message: `DATA_DIR ${dataDir} cannot be used: ${cause.message}.`, cause })
        : cause
    )
  )
  const service: EmbeddedPostgres["Service"] = { place: dataDir, isOurs: false, client, migrate: () => Effect.void }
  return service
})

const noHolder = (dataDir: string) => (cause: unknown) =>
  cause instanceof DataDirError
    ? cause
    : new DataDirError({
        dataDir,
        message: `no process that holds DATA_DIR ${dataDir} answers. Start the service.`,
        cause
      })

const heldOrShared = Effect.fnUntraced(function* (dataDir: string) {
  const shares = yield* SharesDataDir
  if (shares === "only") return yield* Effect.mapError(reached(dataDir), noHolder(dataDir))
  return yield* held(dataDir).pipe(
    Effect.catchTag("DataDirError", (error) =>
      shares
        ? Effect.mapError(reached(dataDir), (cause) => (cause instanceof DataDirError ? cause : error))
        : Effect.fail(error)
    )
  )
})

/** A database in the memory of the process. It has no disk that could fail it. */
const inMemory: Effect.Effect<PostgresClient, DatabaseError, Scope.Scope> = Effect.acquireRelease(
  Effect.tryPromise({ try: () => openPglite(), catch: openFailed }),
  ({ close }) => Effect.ignore(Effect.tryPromise(close), { log: true })
).pipe(Effect.map(({ client }) => client))
