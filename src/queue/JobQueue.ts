/**
 * A typed queue over BullMQ, and the workers of it, as scoped resources.
 *
 * Guarantees: a job that was offered is worked at least once, across restarts, so a handler must bear to be run again.
 * Offering an id that the queue still holds changes nothing. A failed attempt is repeated as the queue's retry policy
 * says; after the last one the job stays in the queue as failed, where it can be seen.
 */
import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from "bullmq"
import { Cause, Duration, Effect, Exit, Fiber, FiberSet, Option, Schedule, Schema, type Scope } from "effect"
import { problemText } from "../domain/problems.ts"
import { beginAnew, failedOf } from "./failedJobs.ts"
import { defaultDelay, JobFailure } from "./JobFailure.ts"
import { keepDelays } from "./keepDelays.ts"
import { type Schedule as KeptSchedule, keepSchedule } from "./keepSchedule.ts"
import {
  askBull,
  type BullQueue,
  type BullWorker,
  QueueBackend,
  type QueueError,
  type WorkerSettings
} from "./QueueBackend.ts"
import { makeRest } from "./Rest.ts"
import { makeSlots, startingConcurrency } from "./Slots.ts"

export { JobFailure } from "./JobFailure.ts"

/** How long active jobs may go on, unless told, after their worker was told to stop, before they are interrupted and wait again. */
export const shutdownGrace = Duration.millis(1500)

/** States of jobs, by BullMQ's names. */
export const jobStates = ["waiting", "active", "delayed", "failed", "completed"] as const
export type JobState = (typeof jobStates)[number]

/** How many jobs are in each state. BullMQ counts those that wait by their priority by themselves. */
export const countJobs = async (bull: BullQueue): Promise<{ readonly [state in JobState]: number }> => {
  const { prioritized = 0, ...counts } = await bull.getJobCounts(...jobStates, "prioritized")
  const { active = 0, completed = 0, delayed = 0, failed = 0, waiting = 0 } = counts
  return { waiting: waiting + prioritized, active, delayed, failed, completed }
}

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
  /** Runs the part of the job that few may be in at a time: as many as the worker has slots. */
  readonly inSlot: <B, R>(effect: Effect.Effect<B, JobFailure, R>) => Effect.Effect<B, JobFailure, R>
}

/** A job that is offered to a queue. */
export interface OfferedJob<A> {
  readonly id: string
  readonly payload: A
  /** Of those that wait the lowest goes first, from 1 to 2^21, whenever it came; those without one go before all. */
  readonly priority?: number
}

export interface JobQueue<A> {
  readonly name: string
  /** Adds jobs in one call. A job whose id the queue holds already, in whatever state, is left as it is. */
  readonly offer: (jobs: ReadonlyArray<OfferedJob<A>>) => Effect.Effect<void, QueueError>
  /** Adds jobs like `offer`, but one that has failed for good begins anew, with what the queue's `revive` says. */
  readonly offerAgain: (jobs: ReadonlyArray<OfferedJob<A>>) => Effect.Effect<void, QueueError>
  /**
   * Adds a job of this payload now and every so many milliseconds: one tick an interval however many processes ask for
   * it, the next made when the last one starts, so that ticks do not pile up behind a slow one. The schedule is kept
   * going until the scope closes, whatever becomes of Redis or the clocks, and outlasts it.
   */
  readonly every: (interval: Duration.Duration, payload: A) => Effect.Effect<KeptSchedule, QueueError, Scope.Scope>
  /** How many jobs are in each state. */
  readonly counts: Effect.Effect<{ readonly [state in JobState]: number }, QueueError>
  /**
   * Works the queue until the scope closes: at most `concurrency` jobs at a time in this process, of which at most `slots`
   * (default: all) are in their slot. When the scope closes no new job is taken and none gets a slot, active ones have
   * `grace` (default: `shutdownGrace`) to end, and what is active then waits for the next worker. Meanwhile no job is put off for longer than
   * it was asked for, whatever becomes of the clocks.
   */
  readonly work: <R>(
    handler: (job: ActiveJob<A>) => Effect.Effect<void, JobFailure, R>,
    options: Pick<WorkerSettings, "concurrency"> &
      Partial<Pick<WorkerSettings, "grace" | "takeOver">> & { readonly slots?: number }
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
  /** The payload of a failed job that is offered again, of the one it had and the one offered. Default: that offered. */
  readonly revive?: (had: A, offered: A) => A
}

/** Opens a queue on the QueueBackend in use. */
export const makeJobQueue = Effect.fnUntraced(function* <A, I>({
  keepFailed,
  name,
  payload,
  retry,
  revive = (_had, offered) => offered
}: JobQueueOptions<A, I>): Effect.fn.Return<JobQueue<A>, QueueError, QueueBackend | Scope.Scope> {
  const backend = yield* QueueBackend
  const queue = yield* backend.queue(name)
  const delays = retry === undefined ? [] : yield* retryDelays(retry)
  const encode = (value: A) => Effect.orDie(Schema.encodeEffect(payload)(value))
  const decode = Schema.decodeUnknownEffect(payload)

  const attempt = <B>(operation: string, run: (queue: BullQueue) => Promise<B>) =>
    askBull(name, operation, () => run(queue))

  const jobOptions = {
    attempts: delays.length + 1,
    backoff: { type: "custom" },
    removeOnComplete: true,
    removeOnFail: keepFailed === undefined ? false : { count: keepFailed }
  }

  const offer: JobQueue<A>["offer"] = Effect.fnUntraced(function* (jobs) {
    if (jobs.length === 0) return
    const entries = yield* Effect.forEach(jobs, ({ id, payload, priority = 0 }) =>
      Effect.map(encode(payload), (data) => ({ name, data, opts: { ...jobOptions, jobId: id, priority } }))
    )
    yield* attempt("add jobs", (bull) => bull.addBulk(entries))
  })

  const offerAgain: JobQueue<A>["offerAgain"] = Effect.fnUntraced(function* (jobs) {
    if (jobs.length === 0) return
    yield* offer(jobs)
    const ids = new Set(jobs.map(({ id }) => id))
    const failed = yield* attempt("list failed jobs", (bull) => failedOf(bull, ids))
    yield* Effect.forEach(
      jobs.filter(({ id }) => failed.has(id)),
      Effect.fnUntraced(function* ({ id, payload: offered }) {
        const job = yield* attempt("look at a failed job", (bull) => bull.getJob(id))
        if (job === undefined) return
        const had = yield* Effect.option(decode(job.data))
        const next = yield* encode(Option.isSome(had) ? revive(had.value, offered) : offered)
        yield* attempt("begin a failed job anew", () => beginAnew(job, next))
      }),
      { concurrency: 10, discard: true }
    )
  })

  /** Runs the handler on one attempt, and tells BullMQ what became of it in BullMQ's way: by throwing. */
  const settle = async (
    exit: Exit.Exit<void, JobFailure>,
    job: Job<unknown>,
    token: string,
    { hold, isSentBack }: { readonly hold: (ms: number) => Promise<void>; readonly isSentBack: boolean }
  ) => {
    if (Exit.isSuccess(exit)) return
    if (isSentBack) {
      await job.moveToWait(token)
      throw new WaitingError()
    }
    const failure = exit.cause.reasons.find(Cause.isFailReason)?.error
    const delay = Duration.toMillis(failure?.delay ?? defaultDelay)
    if (failure?.reason === "postpone" || failure?.reason === "rest") {
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
      return yield* keepSchedule({
        name,
        bull: queue,
        interval,
        assert: attempt("schedule jobs", async (bull) => {
          await bull.setGlobalConcurrency(1)
          await bull.upsertJobScheduler(name, { every: Duration.toMillis(interval) }, { name, data, opts: jobOptions })
        }),
        remove: Effect.asVoid(attempt("stop the old schedule", (bull) => bull.removeJobScheduler(name)))
      })
    }),
    counts: attempt("count jobs", countJobs),
    work: Effect.fnUntraced(function* <R>(
      handler: (job: ActiveJob<A>) => Effect.Effect<void, JobFailure, R>,
      {
        concurrency,
        grace = shutdownGrace,
        slots = concurrency,
        takeOver = "surely"
      }: Parameters<JobQueue<A>["work"]>[1]
    ) {
      const fibers = yield* FiberSet.make<void, JobFailure>()
      const run = yield* FiberSet.runtime(fibers)<R>()
      let isClosing = false
      const bull: { worker?: BullWorker } = {}
      const inSlots = makeSlots({ concurrency, slots, resize: (jobs) => bull.worker?.resize(jobs) })
      const rest = yield* makeRest({
        begin: async () => {
          inSlots.close()
          await bull.worker?.pause()
        },
        end: async () => {
          if (isClosing) return
          inSlots.open()
          await bull.worker?.resume()
        }
      })

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
              inSlot: inSlots.run,
              update: (next) =>
                Effect.flatMap(encode(next), (data) => attempt("update a job", () => job.updateData(data)))
            })
          ),
          Effect.tapError(({ delay = defaultDelay, reason }) => (reason === "rest" ? rest(delay) : Effect.void)),
          Effect.tapDefect((defect) =>
            Effect.logError("a job broke", defect).pipe(Effect.annotateLogs({ queue: name, job: job.id }))
          )
        )

      bull.worker = yield* backend.worker(
        name,
        async (job, token) => {
          const exit = await new Promise<Exit.Exit<void, JobFailure>>((resolve) => {
            const fiber: Fiber.Fiber<void, JobFailure> = run(work(job))
            fiber.addObserver(resolve)
          })
          await settle(exit, job, token ?? "", {
            hold: async (ms) => bull.worker?.rateLimit(ms),
            // A handler that interrupts itself has failed; it would come back at once and for ever.
            isSentBack: Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) && (isClosing || inSlots.isHeld())
          })
        },
        {
          concurrency: startingConcurrency({ concurrency, slots }),
          takeOver,
          grace,
          backoff: (attemptsMade) => Duration.toMillis(delays[attemptsMade - 1] ?? delays.at(-1) ?? Duration.zero)
        }
      )
      const { worker } = bull
      yield* keepDelays(name, queue)

      // A worker that closes takes no more jobs, and is closed when its active ones have ended.
      yield* Effect.addFinalizer(() =>
        Effect.gen(function* () {
          isClosing = true
          const closed = yield* Effect.forkChild(
            attempt("close a worker", () => worker.close()),
            { startImmediately: true }
          )
          inSlots.close()
          yield* Effect.timeoutOption(FiberSet.awaitEmpty(fibers), grace)
          // The latest first: each goes to the head of the queue.
          yield* Fiber.interruptAll([...fibers].toReversed())
          yield* Fiber.join(closed)
          yield* Effect.logDebug("worker stopped").pipe(Effect.annotateLogs({ queue: name }))
        }).pipe(Effect.ignore({ log: true }))
      )
    })
  }
})
