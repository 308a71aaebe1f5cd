/** BullMQ on PGlite: the same BullMQ as in production, in process and on disk. */
import type { Results, Transaction } from "@electric-sql/pglite"
import { createPostgresBackend, runMigrations, withBackend } from "bullmq"
import { Duration, Effect, Layer } from "effect"
import { EmbeddedPostgres } from "../database/embedded/EmbeddedPostgres.ts"
import { OutOfService, tryAgainEvery } from "../database/embedded/PostgresClient.ts"
import { PglitePool } from "./PglitePool.ts"
import {
  type BullWorker,
  controlsOf,
  keptMetrics,
  type Member,
  maxStalledCount,
  QueueBackend,
  wideLimiter
} from "./QueueBackend.ts"
import { hearEnds, scopedBull } from "./scopedBull.ts"

/**
 * Brings BullMQ's tables up to date. BullMQ begins and ends a transaction of its own around its migrations; here it is
 * given one that is already open, which PGlite rolls back when BullMQ throws.
 */
export const migrateQueues = (tx: Transaction): Promise<unknown> =>
  runMigrations({
    async query<R>(text: string, params?: ReadonlyArray<unknown>) {
      if (/^\s*(BEGIN|COMMIT|ROLLBACK)\s*;?\s*$/i.test(text)) return { rows: [] }
      if (params !== undefined && params.length > 0) return tx.query<R>(text, [...params])
      const results: ReadonlyArray<Results> = await tx.exec(text)
      return { rows: (results.at(-1)?.rows ?? []) as Array<R> }
    }
  })

/**
 * Jobs that were active when the last process ended belong to nobody: the data directory is ours alone by now. They
 * wait again at once, rather than when BullMQ would notice that their lock expired.
 */
const releaseActiveJobs = `
  update bullmq.job set state = 'waiting', lock_token = null, locked_until_ms = null, stalled_marked = false
  where state = 'active'
`

/** Nobody else reaches these queues. */
const soleMember = (): Member => {
  let all = 0
  return {
    beat: (done) =>
      Effect.sync(() => {
        all += done
        return { processes: 1, done: all }
      })
  }
}

/** A worker where another process holds the data: that process works the queues. */
const resting: BullWorker = {
  close: async () => {},
  rateLimit: async () => {},
  resize: () => {},
  pause: async () => {},
  resume: async () => {}
}

/** The layer of QueueBackend on EmbeddedPostgres. */
export const layerEmbeddedQueue = Layer.effect(
  QueueBackend,
  Effect.gen(function* () {
    const { client, isOurs, migrate, place } = yield* EmbeddedPostgres
    if (isOurs) {
      yield* migrate("queues", async (tx) => {
        await migrateQueues(tx)
        await tx.exec(releaseActiveJobs)
      })
      yield* Effect.promise(() => client.exec("set search_path to bullmq, public"))
    }

    const connection = new PglitePool(client)
    const { Queue, QueueEvents, Worker } = withBackend(createPostgresBackend)
    const log = yield* Effect.context()
    const warn = (queue: string) => (error: Error) =>
      // An outage of the database is told once, by its client.
      error instanceof OutOfService
        ? undefined
        : Effect.runForkWith(log)(
            Effect.logWarning("the queue reports an error").pipe(Effect.annotateLogs({ queue, error: error.message }))
          )

    return QueueBackend.of({
      name: `BullMQ on embedded PostgreSQL ${place === "memory" ? "in memory" : `in ${place}`}`,
      exclusive: true,
      queue: (name) =>
        scopedBull({
          queue: name,
          what: "queue",
          make: () => new Queue<unknown>(name, { connection }),
          onError: warn(name)
        }),
      worker: (name, processor, { backoff, concurrency }) =>
        isOurs
          ? Effect.map(
              scopedBull({
                queue: name,
                what: "worker",
                make: () =>
                  new Worker<unknown>(name, processor, {
                    connection,
                    concurrency,
                    maxStalledCount,
                    runRetryDelay: Duration.toMillis(tryAgainEvery),
                    limiter: wideLimiter,
                    metrics: keptMetrics,
                    settings: { backoffStrategy: backoff }
                  }),
                onError: warn(name)
              }),
              controlsOf
            )
          : Effect.succeed(resting),
      onEnd: (name, heard) =>
        Effect.asVoid(
          scopedBull({
            queue: name,
            what: "events",
            make: () => hearEnds(new QueueEvents(name, { connection }), heard),
            onError: warn(name)
          })
        ),
      join: () => Effect.sync(soleMember),
      passing: Effect.succeed([])
    })
  })
)
