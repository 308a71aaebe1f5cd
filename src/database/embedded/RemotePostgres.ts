/** The embedded database as another process of this machine holds it. */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Duration, Effect, Layer, Schedule, type Scope } from "effect"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import type { PostgresClient } from "./PostgresClient.ts"
import { lines, PostgresRpcs, StatementError } from "./PostgresRpc.ts"
import { socketPath } from "./socketPath.ts"

/** How long the holder may take to take a connection. */
const openTimeout = Duration.seconds(5)

/** How long the holder may take over a statement: it may be busy for a while, with a scan or a vacuum. */
export const answerTimeout = Duration.seconds(30)

/** How often the holder is asked whether it is there. Longer than `answerTimeout`, which says more. */
const silence = Duration.minutes(1)

/** The holder's database did not run a statement. Has PostgreSQL's code, as an error of PGlite has, or none. */
export class RemoteError extends Error {
  readonly code: string
  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

const notOurs = async (): Promise<never> => {
  throw new RemoteError("only the process that holds the data directory may do this", "")
}

const busy = new RemoteError(
  `the process that holds the data directory has not answered for ${Duration.format(answerTimeout)}: it has too much to do, or stands still; see its log, and run the command again`,
  "57014"
)

/**
 * The client of the process that holds a data directory, until the scope closes. Fails when nobody answers: with a RemoteError
 * where the holder takes connections. No call takes longer than `answerTimeout`.
 */
export const connectPostgres = Effect.fnUntraced(function* (
  dataDir: string
): Effect.fn.Return<PostgresClient, unknown, Scope.Scope> {
  const path = yield* socketPath(dataDir)
  const protocol = RpcClient.layerProtocolSocket({
    pingInterval: silence,
    retryTransientErrors: false,
    retryPolicy: Schedule.recurs(0)
  }).pipe(
    Layer.provide(NodeSocket.layerNet({ path, openTimeout })),
    Layer.provide(Layer.succeed(RpcSerialization.RpcSerialization, lines))
  )
  const client = RpcClient.make(PostgresRpcs, { disableTracing: true })
  const { query } = yield* Effect.provide(client, yield* Layer.build(protocol))
  const context = yield* Effect.context()
  const run = (text: string, parameters: ReadonlyArray<unknown> = []) =>
    query({ text, parameters }).pipe(Effect.timeoutOrElse({ duration: answerTimeout, orElse: () => Effect.fail(busy) }))
  yield* run("select 1")
  return {
    query: async (text, parameters) => {
      const { affectedRows, rows } = await Effect.runPromiseWith(context)(
        run(text, parameters).pipe(
          Effect.mapError((error) => {
            if (error instanceof RemoteError) return error
            return error instanceof StatementError
              ? new RemoteError(error.message, error.code)
              : new RemoteError("the process that holds the data directory is gone; run the command again", "08006")
          })
        )
      )
      return { rows: [...rows], affectedRows, fields: [] }
    },
    exec: notOurs,
    transaction: notOurs,
    onNotification: () => () => {}
  }
})
