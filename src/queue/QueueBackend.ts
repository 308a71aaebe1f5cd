/**
 * Where BullMQ keeps its jobs. A layer of this service binds BullMQ's classes to a backend; everything else about
 * queues is written once, in `JobQueue`. Queues and workers are scoped: closing the scope closes them.
 */
import type { Processor, Queue, Worker } from "bullmq"
import { Context, type Duration, Effect, Schema, type Scope } from "effect"

/** The queue backend did not do what was asked. `message` names the operation and never holds a secret. */
export class QueueError extends Schema.TaggedError<QueueError>()("QueueError", {
  /** The name of the queue, such as `send-alert`. */
  queue: Schema.String,
  operation: Schema.String,
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** Asks something of BullMQ; what it throws becomes a QueueError that names the operation. */
export const askBull = <A>(queue: string, operation: string, ask: () => Promise<A>): Effect.Effect<A, QueueError> =>
  Effect.tryPromise({
    try: ask,
    catch: (cause) =>
      new QueueError({
        queue,
        operation,
        message: `queue ${queue} failed to ${operation}: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause
      })
  })

/** What Touchline uses of a BullMQ queue, whatever its backend. */
export type BullQueue = Pick<
  Queue<unknown, unknown, string>,
  | "add"
  | "addBulk"
  | "close"
  | "drain"
  | "getGlobalConcurrency"
  | "getJob"
  | "getJobCounts"
  | "getJobs"
  | "getJobScheduler"
  | "getMetrics"
  | "getRanges"
  | "getWorkersCount"
  | "isPaused"
  | "removeJobScheduler"
  | "setGlobalConcurrency"
  | "upsertJobScheduler"
>

/** What Touchline uses of a BullMQ worker. */
export interface BullWorker extends Pick<Worker<unknown, unknown, string>, "close" | "rateLimit"> {
  /** Sets how many jobs it works on at the same time from now on. */
  readonly resize: (concurrency: number) => void
  /** Takes no more jobs until it is told to go on; those under way do. */
  readonly pause: () => Promise<void>
  readonly resume: () => Promise<void>
}

/** A worker of BullMQ as Touchline uses it. */
export const controlsOf = (
  worker: Pick<Worker, "close" | "concurrency" | "pause" | "rateLimit" | "resume">
): BullWorker => ({
  close: () => worker.close(),
  rateLimit: (ms) => worker.rateLimit(ms),
  resize: (concurrency) => {
    worker.concurrency = concurrency
  },
  pause: () => worker.pause(true),
  resume: () => worker.resume()
})

/**
 * The limiter that every worker has: so wide that it never limits. BullMQ asks a queue's rate limit before it hands out
 * a job only for workers that have one; without it `rateLimit` holds one worker, until any of its other jobs ends.
 */
export const wideLimiter = { max: 2_147_483_647, duration: 1000 }

/** How often a job may be left by a process that dies before BullMQ takes it for what kills them: any number of times. */
export const maxStalledCount = 1_000_000

/** What BullMQ counts of the jobs that end, for every worker: so many minutes, each by itself. */
export const keptMetrics = { maxDataPoints: 60 }

/** Settings of a worker. */
export interface WorkerSettings {
  /** Jobs worked on at the same time by this worker. */
  readonly concurrency: number
  /** Milliseconds to wait after attempt number `attemptsMade` (1 is the first) failed. */
  readonly backoff: (attemptsMade: number) => number
  /**
   * When others take over the jobs of a process that is gone, where others can. `soon`: within 6 s, for work that may be
   * done twice, as when a process only hung for 4 s. `surely`: within 20 s, for what must not be done twice for so little.
   */
  readonly takeOver: "soon" | "surely"
  /** How long jobs under way may go on when the worker is told to stop. */
  readonly grace: Duration.Duration
}

/** A process among those that share a queue. */
export interface Member {
  /**
   * Tells the others that this process is there, and how much it has done since it told last. Answers with how many
   * processes told lately, itself among them, and with all that they ever did; that may begin anew from 0.
   */
  readonly beat: (done: number) => Effect.Effect<{ readonly processes: number; readonly done: number }, QueueError>
}

/** What a process joins. */
export interface Membership {
  /** The queue that the members share. */
  readonly queue: string
  /** Queues to be removed with all that is in them when nobody has told of them for a day. */
  readonly passing: ReadonlyArray<string>
}

/** How a server does: memory in bytes (`mostMemory` 0: no limit), and whether what it holds is kept on disk. */
export interface ServerFigures {
  readonly memory: number
  readonly mostMemory: number
  readonly persists: boolean
}

/** A board on which each process has one notice. */
export interface Notices {
  /** Puts up the notice of a process in the place of its last one. It is gone after 15 s without another. */
  readonly put: (process: string, notice: string) => Effect.Effect<void, QueueError>
  readonly remove: (process: string) => Effect.Effect<void, QueueError>
  /** Those that are up. */
  readonly all: Effect.Effect<ReadonlyArray<string>, QueueError>
}

/** How often a member has to tell at least, in milliseconds, to count as there. */
export const memberTimeout = 15_000

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
    /** Hears the id of each job of the queue that ends, whoever worked it. Misses some when the connection is lost. */
    readonly onEnd: (queue: string, heard: (id: string) => void) => Effect.Effect<void, QueueError, Scope.Scope>
    /** Makes this process one of those that share the queue, until the scope closes or it has not told for 15 s. */
    readonly join: (membership: Membership) => Effect.Effect<Member, QueueError, Scope.Scope>
    /** How the server that holds the queues does, where it tells. Absent: there is no such server. */
    readonly server?: Effect.Effect<ServerFigures, QueueError>
    /** What the processes that share the backend tell of themselves. Absent: there is only this one. */
    readonly notices?: Notices
    /** The names of the passing queues that there are, in order. */
    readonly passing: Effect.Effect<ReadonlyArray<string>, QueueError>
  }
>()("touchline/queue/QueueBackend") {}
