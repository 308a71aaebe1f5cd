/**
 * A typed queue over BullMQ, and the workers of it, as scoped resources.
 *
 * Guarantees: a job that was offered is worked at least once, across restarts, so a handler must bear to be run again.
 * Offering an id that the queue still holds changes nothing. A failed attempt is repeated as the queue's retry policy
 * says; after the last one the job stays in the queue as failed, where it can be seen.
 */
import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from "bullmq"
import { Cause, Data, Duration, Effect, Exit, Fiber, FiberSet, Schedule, Schema, type Scope } from "effect"
import { problemText } from "../domain/problems.ts"
import { type BullQueue, QueueBackend, QueueError } from "./QueueBackend.ts"

/** How long active jobs may go on after their worker was told to stop, before they are interrupted and wait again. */
export const shutdownGrace = Duration.millis(1500)

/** States of jobs, by BullMQ's names. */
export const jobStates = ["waiting", "active", "delayed", "failed", "completed"] as const
export type JobState = (typeof jobStates)[number]

/** One job under way. */
export interface ActiveJob<A> {
  readonly id: string
  readonly payload: A
  /** The attempt under way, counted from 1. */
  readonly attempt: number
  /** Whether a failure of this attempt is the job's last. */
  readonly isLast: boolean
  /** Replaces the payload for the attempts to come. */
  readonly update: (payload: A) => Effect.Effect<void, QueueError>
}

/**
 * How a handler says that an attempt failed, and what happens next: `retry` as the retry policy says, `give-up` at once
 * and for good. Without using up an attempt, `postpone` puts off this job for so long, and `wait` all other jobs of the
 * queue with it.
 */
export class JobFailure extends Data.TaggedError("JobFailure")<{
  readonly reason: "retry" | "give-up" | "postpone" | "wait"
  readonly message: string
  /** How long to put off the job, for `postpone`, or to hold the queue back, for `wait`. Default: one second. */
  readonly delay?: Duration.Duration
}> {}

export interface JobQueue<A> {
  readonly name: string
  /** Adds jobs in one call. A job whose id the queue holds already, in whatever state, is left as it is. */
  readonly offer: (jobs: ReadonlyArray<{ readonly id: string; readonly payload: A }>) => Effect.Effect<void, QueueError>
  /** Adds jobs like `offer`, but one that has failed for good begins anew. */
  readonly offerAgain: (
    jobs: ReadonlyArray<{ readonly id: string; readonly payload: A }>
  ) => Effect.Effect<void, QueueError>
  /**
   * Adds a job of this payload now and every so many milliseconds: one tick an interval however many processes ask for
   * it, the next made when the last one starts, so that ticks do not pile up behind a slow one.
   */
  readonly every: (interval: Duration.Duration, payload: A) => Effect.Effect<void, QueueError>
  /** How many jobs are in each state. */
  readonly counts: Effect.Effect<{ readonly [state in JobState]: number }, QueueError>
  /**
   * Works the queue until the scope closes: `concurrency` jobs at a time in this process. When the scope closes no new
   * job is taken, active ones have `shutdownGrace` to end, and what is active then waits for the next worker.
   */
  readonly work: <R>(
    handler: (job: ActiveJob<A>) => Effect.Effect<void, JobFailure, R>,
    options: { readonly concurrency: number }
  ) => Effect.Effect<void, QueueError, R | Scope.Scope>
}

/** The delays of a retry policy, as many as it has: two delays make three attempts. Only they pass between attempts. */
export const retryDelays = Effect.fnUntraced(function* (policy: Schedule.Schedule<unknown>) {
  const delays: Array<Duration.Duration> = []
  const step = yield* Schedule.toStep(policy)
  let now = 0
  yield* Effect.suspend(() => step(now, undefined)).pipe(
    Effect.tap(([, delay]) =>
      Effect.sync(() => {
        delays.push(delay)
        now += Duration.toMillis(delay)
      })
    ),
    Effect.forever,
    Effect.ignoreCause
  )
  return delays
})

/** What a queue is made of. */
export interface JobQueueOptions<A, I> {
  readonly name: string
  readonly payload: Schema.Codec<A, I>
  /** When a failed attempt is repeated. It must come to an end. Without one, an attempt that failed is the last. */
  readonly retry?: Schedule.Schedule<unknown>
  /** How many failed jobs are kept. Default: all. */
  readonly keepFailed?: number
}

/** Opens a queue on the QueueBackend in use. */
export const makeJobQueue = Effect.fnUntraced(function* <A, I>({
  keepFailed,
  name,
  payload,
  retry
}: JobQueueOptions<A, I>): Effect.fn.Return<JobQueue<A>, QueueError, QueueBackend | Scope.Scope> {
  const backend = yield* QueueBackend
  const queue = yield* backend.queue(name)
  const delays = retry === undefined ? [] : yield* retryDelays(retry)
  const encode = (value: A) => Effect.orDie(Schema.encodeEffect(payload)(value))
  const decode = Schema.decodeUnknownEffect(payload)

  const attempt = <B>(operation: string, run: (queue: BullQueue) => Promise<B>) =>
    Effect.tryPromise({
      try: () => run(queue),
      catch: (cause) =>
        new QueueError({
          queue: name,
          operation,
          message: `queue ${name} failed to ${operation}: ${cause instanceof Error ? cause.message : String(cause)}`,
          cause
        })
    })

  const jobOptions = {
    attempts: delays.length + 1,
    backoff: { type: "custom" },
    removeOnComplete: true,
    removeOnFail: keepFailed === undefined ? false : { count: keepFailed }
  }

  const offer: JobQueue<A>["offer"] = Effect.fnUntraced(function* (jobs) {
    if (jobs.length === 0) return
    const entries = yield* Effect.forEach(jobs, ({ id, payload }) =>
      Effect.map(encode(payload), (data) => ({ name, data, opts: { ...jobOptions, jobId: id } }))
    )
    yield* attempt("add jobs", (bull) => bull.addBulk(entries))
  })

  const offerAgain: JobQueue<A>["offerAgain"] = Effect.fnUntraced(function* (jobs) {
    if (jobs.length === 0) return
    const ids = new Set(jobs.map(({ id }) => id))
    const failed = yield* attempt("list failed jobs", (bull) => bull.getFailed())
    yield* Effect.forEach(
      failed.filter((job) => ids.has(job.id ?? "")),
      (job) => attempt("remove a failed job", () => job.remove())
    )
    yield* offer(jobs)
  })

  /** Runs the handler on one attempt, and tells BullMQ what became of it in BullMQ's way: by throwing. */
  const settle = async (
    exit: Exit.Exit<void, JobFailure>,
    job: Job<unknown>,
    token: string,
    { hold, isClosing }: { readonly hold: (ms: number) => Promise<void>; readonly isClosing: () => boolean }
  ) => {
    if (Exit.isSuccess(exit)) return
    // A handler that interrupts itself has failed; it would come back at once and for ever.
    if (Cause.hasInterruptsOnly(exit.cause) && isClosing()) {
      await job.moveToWait(token)
      throw new WaitingError()
    }
    const failure = exit.cause.reasons.find(Cause.isFailReason)?.error
    const delay = Duration.toMillis(failure?.delay ?? Duration.seconds(1))
    if (failure?.reason === "postpone") {
      // BullMQ's clock is the machine's.
      await job.moveToDelayed(Date.now() + delay, token)
      throw new DelayedError()
    }
    if (failure?.reason === "wait") {
      await hold(delay)
      throw Worker.RateLimitError()
    }
    if (failure?.reason === "give-up") throw new UnrecoverableError(failure.message)
    throw new Error(failure?.message ?? Cause.pretty(exit.cause))
  }

  return {
    name,
    offer,
    offerAgain,
    every: Effect.fnUntraced(function* (interval, tick) {
      if (backend.exclusive) {
        // The ticks that the last process left are as old as it is.
        yield* attempt("stop the old schedule", async (bull) => {
          await bull.removeJobScheduler(name)
          await bull.drain(true)
        })
      }
      const data = yield* encode(tick)
      yield* attempt("schedule jobs", async (bull) => {
        await bull.setGlobalConcurrency(1)
        await bull.upsertJobScheduler(name, { every: Duration.toMillis(interval) }, { name, data, opts: jobOptions })
      })
    }),
    counts: attempt("count jobs", (bull) => bull.getJobCounts(...jobStates)).pipe(
      Effect.map(({ active = 0, completed = 0, delayed = 0, failed = 0, waiting = 0 }) => ({
        waiting,
        active,
        delayed,
        failed,
        completed
      }))
    ),
    work: Effect.fnUntraced(function* <R>(
      handler: (job: ActiveJob<A>) => Effect.Effect<void, JobFailure, R>,
      { concurrency }: { readonly concurrency: number }
    ) {
      const fibers = yield* FiberSet.make<void, JobFailure>()
      const run = yield* FiberSet.runtime(fibers)<R>()
      let isClosing = false
      const hold: { until: (ms: number) => Promise<void> } = { until: () => Promise.resolve() }

      const work = (job: Job<unknown>): Effect.Effect<void, JobFailure, R> =>
        decode(job.data).pipe(
          Effect.mapError(
            ({ issue }) =>
              new JobFailure({ reason: "give-up", message: `job ${job.id} is unreadable: ${problemText(issue)}` })
          ),
          Effect.flatMap((decoded) =>
            handler({
              id: job.id ?? "",
              payload: decoded,
              attempt: job.attemptsMade + 1,
              isLast: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
              update: (next) =>
                Effect.flatMap(encode(next), (data) => attempt("update a job", () => job.updateData(data)))
            })
          ),
          Effect.tapDefect((defect) =>
            Effect.logError("a job broke", defect).pipe(Effect.annotateLogs({ queue: name, job: job.id }))
          )
        )

      const worker = yield* backend.worker(
        name,
        async (job, token) => {
          const exit = await new Promise<Exit.Exit<void, JobFailure>>((resolve) => {
            const fiber: Fiber.Fiber<void, JobFailure> = run(work(job))
            fiber.addObserver(resolve)
          })
          await settle(exit, job, token ?? "", { hold: (ms) => hold.until(ms), isClosing: () => isClosing })
        },
        {
          concurrency,
          backoff: (attemptsMade) => Duration.toMillis(delays[attemptsMade - 1] ?? delays.at(-1) ?? Duration.zero)
        }
      )
      hold.until = (ms) => worker.rateLimit(ms)

      // A worker that closes takes no more jobs, and is closed when its active ones have ended.
      yield* Effect.addFinalizer(() =>
        Effect.gen(function* () {
          isClosing = true
          const closed = yield* Effect.forkChild(
            attempt("close a worker", () => worker.close()),
            { startImmediately: true }
          )
          yield* Effect.timeoutOption(FiberSet.awaitEmpty(fibers), shutdownGrace)
          yield* FiberSet.clear(fibers)
          yield* Fiber.join(closed)
          yield* Effect.logDebug("worker stopped").pipe(Effect.annotateLogs({ queue: name }))
        }).pipe(Effect.ignore({ log: true }))
      )
    })
  }
})
