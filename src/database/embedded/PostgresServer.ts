/** Lets other processes of the same user use the database that this one holds. */
import { chmod, rm } from "node:fs/promises"
import { resolve } from "node:path"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { Effect, Layer } from "effect"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import type { PostgresClient } from "./PostgresClient.ts"
import { lines, PostgresRpcs, StatementError } from "./PostgresRpc.ts"
import { socketName, socketPath } from "./socketPath.ts"

const handlers = (client: PostgresClient) =>
  PostgresRpcs.toLayer({
    query: ({ parameters, text }) =>
      Effect.tryPromise({
        try: async () => {
          const { affectedRows, rows } = await client.query(text, [...parameters])
          return { rows, affectedRows: affectedRows ?? 0 }
        },
        catch: (cause) =>
          new StatementError({
            message: cause instanceof Error ? cause.message : String(cause),
            code: cause instanceof Error && "code" in cause ? String(cause.code) : ""
          })
      })
  })

/**
 * Answers the socket of a data directory until the scope closes. The directory must be ours: a socket that is there is
 * one that a process before us has left. Where there can be none, for instance on a file system without sockets, a
 * warning says what that costs.
 */
export const servePostgres = (dataDir: string, client: PostgresClient) =>
  Effect.gen(function* () {
    const own = resolve(dataDir, socketName)
    yield* Effect.tryPromise(() => rm(own, { force: true }))
    const path = yield* socketPath(dataDir)
    // A process that a manager runs in a cluster would else have the manager listen, which outlives it.
    const server = NodeSocketServer.layer({ path, exclusive: true })
    yield* Layer.build(
      RpcServer.layer(PostgresRpcs, { disableTracing: true }).pipe(
        Layer.provide(handlers(client)),
        Layer.provide(RpcServer.layerProtocolSocketServer),
        Layer.provide(server),
        Layer.provide(Layer.succeed(RpcSerialization.RpcSerialization, lines))
      )
    )
    yield* Effect.acquireRelease(
      Effect.tryPromise(() => chmod(own, 0o600)),
      () => Effect.ignore(Effect.tryPromise(() => rm(own, { force: true })))
    )
  }).pipe(
    Effect.catch((cause) =>
      Effect.logWarning(
        "other commands cannot use the data directory while this process runs: it takes no socket"
      ).pipe(Effect.annotateLogs({ dataDir, reason: cause.message }))
    )
  )
