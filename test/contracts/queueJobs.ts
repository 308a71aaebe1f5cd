import { assert, describe, expect, type Vitest } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { alertRetryPolicy } from "../../src/alert/AlertQueue.ts"
import { type ActiveJob, JobFailure } from "../../src/queue/JobQueue.ts"
import type { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { makeWorkOff } from "../../src/queue/workOff.ts"
import { eventually, heard, turn } from "../fixtures/eventually.ts"
import { machineClock } from "../fixtures/machineClock.ts"
import { failure, openQueue, type Payload, payload } from "../fixtures/queue.ts"

/** What a queue and its workers must do with jobs, on every QueueBackend. */
export const queueJobs = (it: Vitest.MethodsNonLive<QueueBackend>) =>
  describe("a queue", () => {
    it.effect("holds a job once, however often it is offered", () =>
      Effect.gen(function* () {
        const { job, queue } = yield* openQueue()
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

    it.effect(
      "hands out what has the lowest priority first, in the order in which it came, and counts it as waiting",
      () =>
        Effect.gen(function* () {
          const { queue } = yield* openQueue()
          const priorities = { last: 3, second: 2, third: 2, first: undefined }
          yield* queue.offer(
            Object.entries(priorities).map(([id, priority]) => ({
              id,
              payload,
              ...(priority === undefined ? {} : { priority })
            }))
          )
          assert.strictEqual((yield* queue.counts).waiting, 4)
          const worked: Array<string> = []
          yield* queue.work(({ id }) => Effect.sync(() => void worked.push(id)), { concurrency: 1 })
          yield* eventually(queue.counts, ({ active, waiting }) => active + waiting === 0)
          assert.deepStrictEqual(worked, ["first", "second", "third", "last"])
        })
    )

    it.effect("takes an empty offer", () =>
      Effect.gen(function* () {
        const { queue } = yield* openQueue()
        yield* queue.offer([])
        yield* queue.offerAgain([])
        expect(yield* queue.counts).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 })
      })
    )

    it.effect("gives a handler the payload decoded, and forgets the job when it is done", () =>
      Effect.gen(function* () {
        const { job, queue } = yield* openQueue()
        const got = yield* Deferred.make<ActiveJob<Payload>>()
        yield* queue.work((active) => Effect.asVoid(Deferred.succeed(got, active)), { concurrency: 1 })
        yield* queue.offer([{ id: "a", payload }])
        expect(yield* heard(got)).toMatchObject({ id: "a", payload, attempt: 1, isLast: true })
        yield* eventually(job("a"), Option.isNone)
      })
    )

    it.effect("fails a job whose payload does not decode for good, and keeps it with the reason", () =>
      Effect.gen(function* () {
        const { queue, raw, reaches } = yield* openQueue({ retry: alertRetryPolicy })
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
        const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
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
        const { queue, reaches } = yield* openQueue()
        yield* queue.work(({ isLast }) => Effect.fail(failure("retry", `${isLast}`)), { concurrency: 1 })
        yield* queue.offer([{ id: "a", payload }])
        assert.strictEqual((yield* reaches("a", "failed", 1)).failedReason, "true")
      })
    )

    it.effect("does not try again what the handler gave up", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
        yield* queue.work(() => Effect.fail(failure("give-up", "no such chat")), { concurrency: 1 })
        yield* queue.offer([{ id: "a", payload }])
        assert.strictEqual((yield* reaches("a", "failed", 1)).failedReason, "no such chat")
      })
    )

    it.effect("hands a payload that a handler replaced to the attempts to come", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
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
        const { queue } = yield* openQueue({ retry: alertRetryPolicy })
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
        yield* heard(done)
        assert.deepStrictEqual(attempts, [1, 1, 1, 1])
      })
    )

    it.effect("puts off a job that asked for it as the same attempt, and works the others meanwhile", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
        const worked: Array<string> = []
        const [other, done] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        yield* queue.work(
          ({ attempt, id }) => {
            worked.push(`${id}${attempt}`)
            return worked.length === 1
              ? Effect.fail(new JobFailure({ reason: "postpone", message: "later", delay: Duration.hours(1) }))
              : worked.length === 3
                ? Effect.asVoid(Deferred.succeed(done, undefined))
                : Effect.asVoid(Deferred.succeed(other, undefined))
          },
          { concurrency: 1 }
        )
        yield* queue.offer([
          { id: "a", payload },
          { id: "b", payload }
        ])
        yield* heard(other)
        const delayed = yield* reaches("a", "delayed", 0)
        assert.isAtLeast(delayed.delay, 3_000_000)
        yield* Effect.promise(() => delayed.promote())
        yield* heard(done)
        assert.deepStrictEqual(worked, ["a1", "b1", "a1"])
      })
    )

    it.effect("lets a job go on that a clock ahead has put off into a far future, and none before its time", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
        const clock = yield* machineClock
        const worked: Array<string> = []
        yield* queue.work(
          ({ id }) =>
            Effect.suspend(() => {
              worked.push(id)
              const delay = id === "short" ? Duration.seconds(2) : Duration.hours(1)
              return worked.filter((each) => each === id).length === 1
                ? Effect.fail(new JobFailure({ reason: "postpone", message: "later", delay }))
                : Effect.void
            }),
          { concurrency: 1 }
        )
        yield* clock.ahead("1 hour")
        yield* queue.offer(["short", "long"].map((id) => ({ id, payload })))
        yield* reaches("short", "delayed", 0)
        yield* reaches("long", "delayed", 0)
        yield* clock.ahead(0)
        yield* eventually(TestClock.adjust("5 seconds"), () => worked.length > 2)
        yield* eventually(queue.counts, ({ active, waiting }) => active + waiting === 0)
        assert.deepStrictEqual(worked, ["short", "long", "short"])
        assert.strictEqual((yield* queue.counts).delayed, 1)
      })
    )

    it.effect("hands jobs out and waits until all have ended, however they end", () =>
      Effect.gen(function* () {
        const { queue } = yield* openQueue()
        const workOff = yield* makeWorkOff(queue)
        const ended: Array<string> = []
        yield* queue.work(
          ({ id }) =>
            Effect.andThen(
              Effect.repeat(turn, { times: 5 }),
              Effect.suspend(() => {
                ended.push(id)
                return id === "b" ? Effect.fail(failure("give-up")) : Effect.void
              })
            ),
          { concurrency: 1 }
        )
        yield* workOff(["a", "b", "c"].map((id) => ({ id, payload })))
        assert.deepStrictEqual(ended, ["a", "b", "c"])
        expect(yield* queue.counts).toMatchObject({ waiting: 0, active: 0, failed: 1 })
        yield* workOff(["d"].map((id) => ({ id, payload })))
        assert.deepStrictEqual(ended, ["a", "b", "c", "d"])
      })
    )

    it.effect.each([1, 2])("lets its other jobs wait with one that asked to, on %i workers", (workers) =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
        const started: Array<string> = []
        const [limited, finish] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const work = queue.work(
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
          { concurrency: 2 / workers }
        )
        yield* Effect.repeat(work, { times: workers - 1 })
        yield* queue.offer([{ id: "long", payload }])
        yield* eventually(queue.counts, ({ active }) => active === 1)
        yield* queue.offer([{ id: "limited", payload }])
        yield* heard(limited)
        yield* reaches("limited", "waiting", 0)
        yield* queue.offer([{ id: "other", payload }])
        // A job that ends asks for the next one: it must not get any.
        yield* Deferred.succeed(finish, undefined)
        yield* eventually(queue.counts, ({ active }) => active === 0)
        assert.strictEqual((yield* queue.counts).waiting, 2)
        assert.deepStrictEqual(started, ["long", "limited"])
      })
    )

    it.effect(
      "rests where a job asks for it: its worker takes no other for so long, and the workers of others do",
      () =>
        Effect.gen(function* () {
          const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
          const [here, there]: [Array<string>, Array<string>] = [[], []]
          yield* queue.work(
            ({ attempt, id }) =>
              Effect.suspend(() => {
                here.push(`${id} ${attempt}`)
                return here.length === 1
                  ? Effect.fail(new JobFailure({ reason: "rest", message: "not now", delay: Duration.hours(1) }))
                  : Effect.void
              }),
            { concurrency: 1 }
          )
          yield* queue.offer([{ id: "first", payload }])
          const first = yield* reaches("first", "delayed", 0)
          yield* queue.offer([{ id: "next", payload }])
          yield* Effect.repeat(turn, { times: 20 })
          assert.strictEqual((yield* queue.counts).waiting, 1)

          const scope = yield* Scope.make()
          yield* queue
            .work(({ id }) => Effect.sync(() => void there.push(id)), { concurrency: 1 })
            .pipe(Scope.provide(scope))
          yield* eventually(queue.counts, ({ active, waiting }) => active + waiting === 0)
          assert.deepStrictEqual(there, ["next"])
          yield* Scope.close(scope, Exit.void)

          yield* TestClock.adjust("1 hour")
          yield* Effect.promise(() => first.promote())
          yield* eventually(queue.counts, ({ active, delayed, waiting }) => active + delayed + waiting === 0)
          assert.deepStrictEqual(here, ["first 1", "first 1"])
        })
    )

    it.effect("survives a handler that dies, and tries its job again", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
        const done = yield* Deferred.make<string>()
        yield* queue.work(
          ({ id }) => (id === "dies" ? Effect.die(new Error("a bug")) : Effect.asVoid(Deferred.succeed(done, id))),
          { concurrency: 1 }
        )
        yield* queue.offer([
          { id: "dies", payload },
          { id: "lives", payload }
        ])
        assert.strictEqual(yield* heard(done), "lives")
        expect((yield* reaches("dies", "delayed", 1)).failedReason).toContain("a bug")
      })
    )

    it.effect("survives a handler that throws before it is an effect", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue()
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
        assert.strictEqual(yield* heard(done), "lives")
        expect((yield* reaches("throws", "failed", 1)).failedReason).toContain("a worse bug")
      })
    )

    it.effect("takes a handler that is interrupted, with nobody closing it, for one that failed", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue()
        yield* queue.work(() => Effect.interrupt, { concurrency: 1 })
        yield* queue.offer([{ id: "a", payload }])
        yield* reaches("a", "failed", 1)
      })
    )

    it.effect("works as many jobs at a time as it may, and never more", () =>
      Effect.gen(function* () {
        const { queue } = yield* openQueue()
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
        yield* heard(all)
        assert.strictEqual(most, 5)
      })
    )

    it.effect("begins a failed job anew when it is offered again, and leaves the others as they are", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue()
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
        yield* heard(again)
        yield* eventually(queue.counts, ({ active }) => active === 0)
        assert.strictEqual((yield* queue.counts).failed, 1)
        assert.deepStrictEqual(attempts, ["a 1 Ada", "b 1 Ada", "a 1 Lin"])
      })
    )

    it.effect("keeps as many failed jobs as it is told", () =>
      Effect.gen(function* () {
        const { queue } = yield* openQueue({ keepFailed: 2 })
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
        const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
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
