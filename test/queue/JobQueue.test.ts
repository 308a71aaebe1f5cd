import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it, layer } from "@effect/vitest"
import {
  Clock,
  DateTime,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Option,
  Schedule,
  Schema,
  Scope
} from "effect"
import { TestClock } from "effect/testing"
import { alertRetryPolicy } from "../../src/alert/AlertQueue.ts"
import { EmbeddedPostgres } from "../../src/database/EmbeddedPostgres.ts"
import { layerEmbeddedQueue } from "../../src/queue/EmbeddedQueue.ts"
import {
  type ActiveJob,
  JobFailure,
  type JobQueueOptions,
  makeJobQueue,
  retryDelays,
  shutdownGrace
} from "../../src/queue/JobQueue.ts"
import { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { eventually, whileTimePasses } from "../fixtures/eventually.ts"
import { quiet } from "../fixtures/logs.ts"
import { unused } from "../fixtures/pipeline.ts"

const backend = layerEmbeddedQueue.pipe(
  Layer.provideMerge(EmbeddedPostgres.layer()),
  Layer.provide(NodeServices.layer),
  Layer.provideMerge(quiet)
)

const Payload = Schema.Struct({ to: Schema.String, at: Schema.DateTimeUtcFromString })
type Payload = typeof Payload.Type

const payload: Payload = { to: "Ada", at: DateTime.makeUnsafe("2026-05-02T15:00:00Z") }

/** A queue that no other test has, with BullMQ's own view of it. */
const open = Effect.fnUntraced(function* (
  options: Partial<Pick<JobQueueOptions<Payload, typeof Payload.Encoded>, "name" | "retry" | "keepFailed">> = {}
) {
  const name = options.name ?? `queue-${unused()}`
  const queue = yield* makeJobQueue({ payload: Payload, ...options, name })
  const raw = yield* Effect.flatMap(QueueBackend, (all) => all.queue(name))
  return {
    queue,
    raw,
    /** The job as BullMQ has it now. */
    job: (id: string) =>
      Effect.promise(async () => {
        const job = await raw.getJob(id)
        return Option.fromUndefinedOr(job && { job, state: await job.getState(), attemptsMade: job.attemptsMade })
      }),
    /** Waits until the job is in this state after so many attempts. */
    reaches: (id: string, state: string, attempts: number) =>
      Effect.map(
        eventually(
          Effect.promise(async () => {
            const job = await raw.getJob(id)
            return job && (await job.getState()) === state && job.attemptsMade === attempts ? job : undefined
          }),
          (job) => job !== undefined
        ),
        (job) => Option.getOrThrow(Option.fromUndefinedOr(job))
      )
  }
})

const failure = (reason: JobFailure["reason"], message = "no luck") => new JobFailure({ reason, message })

/** Another process's turn: what is opened in it is closed when it ends. */
const newBackend = Effect.provide(Layer.fresh(layerEmbeddedQueue))

layer(backend)("On the embedded backend,", (it) => {
  describe("a queue", () => {
    it.effect("holds a job once, however often it is offered", () =>
      Effect.gen(function* () {
        const { job, queue } = yield* open()
        yield* queue.offer([{ id: "a", payload }])
        yield* queue.offer([
          { id: "a", payload: { ...payload, to: "Lin" } },
          { id: "b", payload },
          { id: "b", payload }
        ])
        assert.strictEqual((yield* queue.counts).waiting, 2)
        const first = Option.getOrThrow(yield* job("a"))
        expect(first.job.data).toEqual({ to: "Ada", at: "2026-05-02T15:00:00.000Z" })
      })
    )

    it.effect("takes an empty offer", () =>
      Effect.gen(function* () {
        const { queue } = yield* open()
        yield* queue.offer([])
        yield* queue.offerAgain([])
        expect(yield* queue.counts).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 })
      })
    )

    it.effect("gives a handler the payload decoded, and forgets the job when it is done", () =>
      Effect.gen(function* () {
        const { job, queue } = yield* open()
        const got = yield* Deferred.make<ActiveJob<Payload>>()
        yield* queue.work((active) => Effect.asVoid(Deferred.succeed(got, active)), { concurrency: 1 })
        yield* queue.offer([{ id: "a", payload }])
        expect(yield* Deferred.await(got)).toMatchObject({ id: "a", payload, attempt: 1, isLast: true })
        yield* eventually(job("a"), Option.isNone)
      })
    )

    it.effect("fails a job whose payload does not decode for good, and keeps it with the reason", () =>
      Effect.gen(function* () {
        const { queue, raw, reaches } = yield* open({ retry: alertRetryPolicy })
        const handled: Array<string> = []
        yield* Effect.promise(() => raw.add(queue.name, { to: 7 }, { jobId: "bad", attempts: 3 }))
        yield* queue.work(({ id }) => Effect.sync(() => handled.push(id)), { concurrency: 1 })
        yield* queue.offer([{ id: "good", payload }])
        const bad = yield* reaches("bad", "failed", 1)
        expect(bad.failedReason).toContain("job bad is unreadable")
        expect(bad.failedReason).toContain("to: must be text")
        yield* eventually(queue.counts, ({ active, waiting }) => active + waiting === 0)
        assert.deepStrictEqual(handled, ["good"])
      })
    )

    it.effect("tries a failed job again after 2 s and after 4 s, and then keeps it as failed", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open({ retry: alertRetryPolicy })
        const attempts: Array<readonly [attempt: number, isLast: boolean]> = []
        yield* queue.work(
          ({ attempt, isLast }) => {
            attempts.push([attempt, isLast])
            return Effect.fail(failure("retry", `attempt ${attempt}`))
          },
          { concurrency: 1 }
        )
        yield* queue.offer([{ id: "a", payload }])

        const second = yield* reaches("a", "delayed", 1)
        assert.strictEqual(second.delay, 2000)
        yield* Effect.promise(() => second.promote())

        const third = yield* reaches("a", "delayed", 2)
        assert.strictEqual(third.delay, 4000)
        yield* Effect.promise(() => third.promote())

        const last = yield* reaches("a", "failed", 3)
        assert.strictEqual(last.failedReason, "attempt 3")
        assert.deepStrictEqual(attempts, [
          [1, false],
          [2, false],
          [3, true]
        ])
        assert.strictEqual((yield* queue.counts).failed, 1)
      })
    )

    it.effect("has one attempt for a job when it has no retry policy", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open()
        yield* queue.work(({ isLast }) => Effect.fail(failure("retry", `${isLast}`)), { concurrency: 1 })
        yield* queue.offer([{ id: "a", payload }])
        assert.strictEqual((yield* reaches("a", "failed", 1)).failedReason, "true")
      })
    )

    it.effect("does not try again what the handler gave up", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open({ retry: alertRetryPolicy })
        yield* queue.work(() => Effect.fail(failure("give-up", "no such chat")), { concurrency: 1 })
        yield* queue.offer([{ id: "a", payload }])
        assert.strictEqual((yield* reaches("a", "failed", 1)).failedReason, "no such chat")
      })
    )

    it.effect("hands a payload that a handler replaced to the attempts to come", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open({ retry: alertRetryPolicy })
        const seen: Array<string> = []
        yield* queue.work(
          ({ payload, update }) => {
            seen.push(payload.to)
            return update({ ...payload, to: "Lin" }).pipe(
              Effect.orDie,
              Effect.andThen(Effect.fail(failure(seen.length === 1 ? "retry" : "give-up")))
            )
          },
          { concurrency: 1 }
        )
        yield* queue.offer([{ id: "a", payload }])
        const delayed = yield* reaches("a", "delayed", 1)
        yield* Effect.promise(() => delayed.promote())
        yield* reaches("a", "failed", 2)
        assert.deepStrictEqual(seen, ["Ada", "Lin"])
      })
    )

    it.effect("repeats a job that asked to wait as the same attempt", () =>
      Effect.gen(function* () {
        const { queue } = yield* open({ retry: alertRetryPolicy })
        const attempts: Array<number> = []
        const done = yield* Deferred.make<void>()
        yield* queue.work(
          ({ attempt }) => {
            attempts.push(attempt)
            return attempts.length < 4
              ? Effect.fail(new JobFailure({ reason: "wait", message: "slow down", delay: Duration.millis(5) }))
              : Effect.asVoid(Deferred.succeed(done, undefined))
          },
          { concurrency: 1 }
        )
        yield* queue.offer([{ id: "a", payload }])
        yield* Deferred.await(done)
        assert.deepStrictEqual(attempts, [1, 1, 1, 1])
      })
    )

    it.effect("lets its other jobs wait with one that asked to", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open({ retry: alertRetryPolicy })
        const started: Array<string> = []
        const [limited, finish] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        yield* queue.work(
          ({ id }) => {
            started.push(id)
            return id === "limited"
              ? Deferred.succeed(limited, undefined).pipe(
                  Effect.andThen(
                    Effect.fail(new JobFailure({ reason: "wait", message: "slow down", delay: Duration.hours(1) }))
                  )
                )
              : Deferred.await(finish)
          },
          { concurrency: 2 }
        )
        yield* queue.offer([{ id: "long", payload }])
        yield* eventually(queue.counts, ({ active }) => active === 1)
        yield* queue.offer([{ id: "limited", payload }])
        yield* Deferred.await(limited)
        yield* reaches("limited", "waiting", 0)
        yield* queue.offer([{ id: "other", payload }])
        // A job that ends asks for the next one: it must not get any.
        yield* Deferred.succeed(finish, undefined)
        yield* eventually(queue.counts, ({ active }) => active === 0)
        assert.strictEqual((yield* queue.counts).waiting, 2)
        assert.deepStrictEqual(started, ["long", "limited"])
      })
    )

    it.effect("survives a handler that dies, and tries its job again", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open({ retry: alertRetryPolicy })
        const done = yield* Deferred.make<string>()
        yield* queue.work(
          ({ id }) => (id === "dies" ? Effect.die(new Error("a bug")) : Effect.asVoid(Deferred.succeed(done, id))),
          { concurrency: 1 }
        )
        yield* queue.offer([
          { id: "dies", payload },
          { id: "lives", payload }
        ])
        assert.strictEqual(yield* Deferred.await(done), "lives")
        expect((yield* reaches("dies", "delayed", 1)).failedReason).toContain("a bug")
      })
    )

    it.effect("survives a handler that throws before it is an effect", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open()
        const done = yield* Deferred.make<string>()
        yield* queue.work(
          ({ id }) => {
            if (id === "throws") throw new Error("a worse bug")
            return Effect.asVoid(Deferred.succeed(done, id))
          },
          { concurrency: 1 }
        )
        yield* queue.offer([
          { id: "throws", payload },
          { id: "lives", payload }
        ])
        assert.strictEqual(yield* Deferred.await(done), "lives")
        expect((yield* reaches("throws", "failed", 1)).failedReason).toContain("a worse bug")
      })
    )

    it.effect("takes a handler that is interrupted, with nobody closing it, for one that failed", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open()
        yield* queue.work(() => Effect.interrupt, { concurrency: 1 })
        yield* queue.offer([{ id: "a", payload }])
        yield* reaches("a", "failed", 1)
      })
    )

    it.effect("works as many jobs at a time as it may, and never more", () =>
      Effect.gen(function* () {
        const { queue } = yield* open()
        const [full, all] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        let [running, most, done] = [0, 0, 0]
        yield* queue.work(
          () =>
            Effect.gen(function* () {
              running += 1
              most = Math.max(most, running)
              if (running === 5) yield* Deferred.succeed(full, undefined)
              yield* Deferred.await(full)
              yield* Effect.yieldNow
              running -= 1
              done += 1
              if (done === 12) yield* Deferred.succeed(all, undefined)
            }),
          { concurrency: 5 }
        )
        yield* queue.offer(Array.from({ length: 12 }, (_, index) => ({ id: `job-${index}`, payload })))
        yield* Deferred.await(all)
        assert.strictEqual(most, 5)
      })
    )

    it.effect("begins a failed job anew when it is offered again, and leaves the others as they are", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open()
        const attempts: Array<string> = []
        const again = yield* Deferred.make<void>()
        yield* queue.work(
          ({ attempt, id, payload }) => {
            attempts.push(`${id} ${attempt} ${payload.to}`)
            return payload.to === "Lin"
              ? Effect.asVoid(Deferred.succeed(again, undefined))
              : Effect.fail(failure("retry"))
          },
          { concurrency: 1 }
        )
        const jobs = ["a", "b"].map((id) => ({ id, payload }))
        yield* queue.offer(jobs)
        yield* reaches("a", "failed", 1)
        yield* reaches("b", "failed", 1)
        yield* queue.offer(jobs)
        assert.strictEqual((yield* queue.counts).failed, 2)
        yield* queue.offerAgain([{ id: "a", payload: { ...payload, to: "Lin" } }])
        yield* Deferred.await(again)
        yield* eventually(queue.counts, ({ active }) => active === 0)
        assert.strictEqual((yield* queue.counts).failed, 1)
        assert.deepStrictEqual(attempts, ["a 1 Ada", "b 1 Ada", "a 1 Lin"])
      })
    )

    it.effect("keeps as many failed jobs as it is told", () =>
      Effect.gen(function* () {
        const { queue } = yield* open({ keepFailed: 2 })
        let worked = 0
        yield* queue.work(
          () =>
            Effect.andThen(
              Effect.sync(() => (worked += 1)),
              Effect.fail(failure("retry"))
            ),
          {
            concurrency: 1
          }
        )
        yield* queue.offer(["a", "b", "c", "d"].map((id) => ({ id, payload })))
        yield* eventually(queue.counts, ({ active, waiting }) => worked === 4 && active + waiting === 0)
        assert.strictEqual((yield* queue.counts).failed, 2)
      })
    )

    it.effect("counts jobs by their states", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* open({ retry: alertRetryPolicy })
        const counted = yield* Deferred.make<void>()
        yield* queue.work(
          ({ id }) =>
            id === "fails"
              ? Effect.fail(failure("give-up"))
              : id === "again"
                ? Effect.fail(failure("retry"))
                : Deferred.await(counted),
          { concurrency: 1 }
        )
        yield* queue.offer(["fails", "again", "runs", "waits"].map((id) => ({ id, payload })))
        yield* reaches("runs", "active", 0)
        expect(yield* queue.counts).toEqual({ waiting: 1, active: 1, delayed: 1, failed: 1, completed: 0 })
        yield* Deferred.succeed(counted, undefined)
      })
    )
  })

  describe("when its worker is closed, a queue", () => {
    /** A worker, in a scope of its own, whose job has begun and ends when told to. */
    const begun = Effect.fnUntraced(function* () {
      const { job, queue } = yield* open({ retry: alertRetryPolicy })
      const scope = yield* Scope.make()
      const [started, finish] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const ends: Array<string> = []
      yield* queue
        .work(
          ({ id }) =>
            Deferred.succeed(started, undefined).pipe(
              Effect.andThen(Deferred.await(finish)),
              Effect.onExit((exit) => Effect.sync(() => ends.push(`${id} ${exit._tag}`)))
            ),
          { concurrency: 1 }
        )
        .pipe(Scope.provide(scope))
      yield* queue.offer([
        { id: "in flight", payload },
        { id: "next", payload }
      ])
      yield* Deferred.await(started)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      return { queue, job, finish, ends, closing }
    })

    it.effect("lets the job in flight end, and takes no other", () =>
      Effect.gen(function* () {
        const { closing, ends, finish, job, queue } = yield* begun()
        yield* Deferred.succeed(finish, undefined)
        yield* Fiber.join(closing)
        assert.deepStrictEqual(ends, ["in flight Success"])
        assert.isTrue(Option.isNone(yield* job("in flight")))
        expect(yield* queue.counts).toMatchObject({ waiting: 1, active: 0, failed: 0 })
      })
    )

    it.effect(
      "interrupts a job that does not end in time; it waits, and the next worker has it with no attempt lost",
      () =>
        Effect.gen(function* () {
          const { closing, ends, queue } = yield* begun()
          const before = yield* Clock.currentTimeMillis
          yield* whileTimePasses(closing)
          assert.strictEqual((yield* Clock.currentTimeMillis) - before >= Duration.toMillis(shutdownGrace), true)
          assert.deepStrictEqual(ends, ["in flight Failure"])
          expect(yield* queue.counts).toMatchObject({ waiting: 2, active: 0, failed: 0, delayed: 0 })

          const worked: Array<string> = []
          yield* queue.work(({ attempt, id }) => Effect.sync(() => worked.push(`${id} ${attempt}`)), { concurrency: 1 })
          yield* eventually(queue.counts, ({ active, waiting }) => active + waiting === 0)
          assert.deepStrictEqual(worked.toSorted(), ["in flight 1", "next 1"])
        })
    )

    it.effect("is closed at once when no job is in flight", () =>
      Effect.gen(function* () {
        const { queue } = yield* open()
        const scope = yield* Scope.make()
        yield* queue.work(() => Effect.void, { concurrency: 1 }).pipe(Scope.provide(scope))
        yield* Scope.close(scope, Exit.void)
        yield* queue.offer([{ id: "a", payload }])
        assert.strictEqual((yield* queue.counts).waiting, 1)
      })
    )

    it.effect("gives a job that was active when the process died to the next process", () =>
      Effect.gen(function* () {
        const name = `queue-${unused()}`
        const { client } = yield* EmbeddedPostgres
        yield* newBackend(
          Effect.gen(function* () {
            const { queue } = yield* open({ name })
            yield* queue.offer([{ id: "a", payload }])
            yield* Effect.promise(() =>
              client.query(
                "update bullmq.job set state = 'active', lock_token = 'dead', locked_until_ms = 99999999999999 where queue = $1",
                [name]
              )
            )
            assert.strictEqual((yield* queue.counts).active, 1)
          })
        )
        yield* newBackend(
          Effect.gen(function* () {
            const { queue } = yield* open({ name })
            const worked = yield* Deferred.make<string>()
            yield* queue.work(({ id }) => Effect.asVoid(Deferred.succeed(worked, id)), { concurrency: 1 })
            assert.strictEqual(yield* Deferred.await(worked), "a")
          })
        )
      })
    )
  })

  describe("a schedule", () => {
    const interval = Duration.millis(20)

    it.effect("ticks at once and again, one tick at a time and none piled up, however slow its handler", () =>
      Effect.gen(function* () {
        const { queue } = yield* open()
        const enough = yield* Deferred.make<void>()
        let [running, most, ticks] = [0, 0, 0]
        const backlog: Array<number> = []
        const tick = Effect.gen(function* () {
          running += 1
          most = Math.max(most, running)
          // BullMQ's clock is the machine's, so a tick that is slower than its interval takes real time.
          yield* TestClock.withLive(Effect.sleep(Duration.times(interval, 3)))
          const { delayed, waiting } = yield* Effect.orDie(queue.counts)
          backlog.push(delayed + waiting)
          running -= 1
          ticks += 1
          if (ticks === 5) yield* Deferred.succeed(enough, undefined)
        })
        yield* queue.work(() => tick, { concurrency: 1 })
        yield* queue.every(interval, payload)
        yield* Deferred.await(enough)
        assert.strictEqual(most, 1)
        assert.isAtMost(Math.max(...backlog), 1)
      })
    )

    it.effect("is one schedule when it is asked for again, as by a process that starts anew", () =>
      Effect.gen(function* () {
        const { queue } = yield* open()
        const enough = yield* Deferred.make<void>()
        const backlog: Array<number> = []
        yield* queue.every(interval, payload)
        yield* queue.every(interval, payload)
        yield* queue.work(
          () =>
            Effect.gen(function* () {
              yield* TestClock.withLive(Effect.sleep(interval))
              const { delayed, waiting } = yield* Effect.orDie(queue.counts)
              backlog.push(delayed + waiting)
              if (backlog.length === 5) yield* Deferred.succeed(enough, undefined)
            }),
          { concurrency: 1 }
        )
        yield* Deferred.await(enough)
        // A tick that the last process left waiting is worked first, and is no schedule of its own.
        assert.deepStrictEqual(backlog.slice(1, 5), [1, 1, 1, 1])
      })
    )

    it.effect("goes on after a tick that failed", () =>
      Effect.gen(function* () {
        const { queue } = yield* open({ keepFailed: 1 })
        const second = yield* Deferred.make<void>()
        let ticks = 0
        yield* queue.work(
          () => {
            ticks += 1
            return ticks === 1 ? Effect.die("a bug") : Effect.asVoid(Deferred.succeed(second, undefined))
          },
          { concurrency: 1 }
        )
        yield* queue.every(interval, payload)
        yield* Deferred.await(second)
      })
    )
  })
})

describe("A retry policy", () => {
  it.effect("of the alerts is three attempts: two delays, 2 s and 4 s", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* retryDelays(alertRetryPolicy)).map(Duration.toMillis), [2000, 4000])
    })
  )

  it.effect("has as many delays as its schedule repeats", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* retryDelays(Schedule.recurs(0))).map(Duration.toMillis), [])
      const three = Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 3 }))
      assert.deepStrictEqual((yield* retryDelays(three)).map(Duration.toMillis), [1000, 1000, 1000])
      const tenSeconds = Schedule.exponential("1 second").pipe(Schedule.upTo({ duration: "10 seconds" }))
      assert.deepStrictEqual((yield* retryDelays(tenSeconds)).map(Duration.toMillis), [1000, 2000, 4000, 8000])
    })
  )
})
