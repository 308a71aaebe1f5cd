/**
 * Where BullMQ keeps its jobs. A layer of this service binds BullMQ's classes to a backend; everything else about
 * queues is written once, in `JobQueue`. Queues and workers are scoped: closing the scope closes them.
 */
import type { Processor, Queue, Worker } from "bullmq"
import { Context, type Effect, Schema, type Scope } from "effect"

/** The queue backend did not do what was asked. `message` names the operation and never holds a secret. */
export class QueueError extends Schema.TaggedError<QueueError>()("QueueError", {
  /** The name of the queue, such as `send-alert`. */
  queue: Schema.String,
  operation: Schema.String,
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** What Touchline uses of a BullMQ queue, whatever its backend. */
export type BullQueue = Pick<
  Queue<unknown, unknown, string>,
  | "add"
  | "addBulk"
  | "close"
  | "drain"
  | "getFailed"
  | "getJob"
  | "getJobCounts"
  | "getMetrics"
  | "removeJobScheduler"
  | "setGlobalConcurrency"
  | "upsertJobScheduler"
>

/** What Touchline uses of a BullMQ worker. */
export interface BullWorker extends Pick<Worker<unknown, unknown, string>, "close" | "rateLimit"> {
  /** Sets how many jobs it works on at the same time from now on. */
  readonly resize: (concurrency: number) => void
}

/** Sets how many jobs a worker of BullMQ works on at the same time from now on. */
export const resize =
  (worker: Pick<Worker, "concurrency">) =>
  (concurrency: number): void => {
    worker.concurrency = concurrency
  }

/**
 * The limiter that every worker has: so wide that it never limits. BullMQ asks a queue's rate limit before it hands out
 * a job only for workers that have one; without it `rateLimit` holds one worker, until any of its other jobs ends.
 */
export const wideLimiter = { max: 2_147_483_647, duration: 1000 }

/** What BullMQ counts of the jobs that end, for every worker: so many minutes, each by itself. */
export const keptMetrics = { maxDataPoints: 60 }

/** Settings of a worker. */
export interface WorkerSettings {
  /** Jobs worked on at the same time by this worker. */
  readonly concurrency: number
  /** Milliseconds to wait after attempt number `attemptsMade` (1 is the first) failed. */
  readonly backoff: (attemptsMade: number) => number
}

export class QueueBackend extends Context.Service<
  QueueBackend,
  {
    /** What the banner calls it, such as `BullMQ on embedded PostgreSQL`. */
    readonly name: string
    /** Whether this process is the only one that can reach the queues, so that nothing else keeps their time. */
    readonly exclusive: boolean
    readonly queue: (name: string) => Effect.Effect<BullQueue, QueueError, Scope.Scope>
    readonly worker: (
      name: string,
      processor: Processor<unknown, unknown, string>,
      settings: WorkerSettings
    ) => Effect.Effect<BullWorker, QueueError, Scope.Scope>
  }
>()("touchline/queue/QueueBackend") {}
