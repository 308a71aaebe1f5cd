import { assert, describe, expect, type Vitest } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Scope } from "effect"
import { alertRetryPolicy } from "../../src/alert/AlertQueue.ts"
import { type ActiveJob, JobFailure } from "../../src/queue/JobQueue.ts"
import { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { eventually, turn } from "../fixtures/eventually.ts"
import { openQueue, type Payload, payload } from "../fixtures/queue.ts"

/** What a queue must do with jobs of which few may be in their slot at a time, on every QueueBackend. */
export const queueSlots = (it: Vitest.MethodsNonLive<QueueBackend>) =>
  describe("with slots, a queue", () => {
    const jobs = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `job-${index}`, payload }))

    it.effect("has more jobs under way than are in their slot, and gives slots in the order of the jobs", () =>
      Effect.gen(function* () {
        const { queue } = yield* openQueue()
        const finish = yield* Deferred.make<void>()
        const [begun, entered]: [Array<string>, Array<string>] = [[], []]
        let [running, most] = [0, 0]
        yield* queue.work(
          ({ id, inSlot }) => {
            begun.push(id)
            return inSlot(
              Effect.gen(function* () {
                entered.push(id)
                running += 1
                most = Math.max(most, running)
                yield* Deferred.await(finish)
                running -= 1
              })
            )
          },
          { concurrency: 20, slots: 2 }
        )
        yield* queue.offer(jobs(9))
        yield* eventually(
          Effect.sync(() => begun.length),
          (all) => all >= 4
        )
        yield* turn
        assert.deepStrictEqual(entered, ["job-0", "job-1"])
        yield* Deferred.succeed(finish, undefined)
        yield* eventually(queue.counts, ({ active, waiting }) => active + waiting === 0)
        assert.deepStrictEqual(entered, begun)
        assert.lengthOf(entered, 9)
        assert.strictEqual(most, 2)
      })
    )

    it.effect("takes more jobs as long as none of them waits long for its slot", () =>
      Effect.gen(function* () {
        const { queue } = yield* openQueue()
        const finish = yield* Deferred.make<void>()
        yield* queue.work(({ inSlot }) => Effect.andThen(inSlot(Effect.void), Deferred.await(finish)), {
          concurrency: 12,
          slots: 2
        })
        yield* queue.offer(jobs(20))
        yield* eventually(queue.counts, ({ active, waiting }) => active === 12 && waiting === 8)
        yield* Deferred.succeed(finish, undefined)
        yield* eventually(queue.counts, ({ active, waiting }) => active + waiting === 0)
      })
    )

    /** A worker with two slots, both taken; two jobs wait for one, and two in the queue. */
    const full = Effect.fnUntraced(function* (first: (job: ActiveJob<Payload>) => Effect.Effect<void, JobFailure>) {
      const { queue, reaches } = yield* openQueue({ retry: alertRetryPolicy })
      const [begun, entered]: [Array<string>, Array<string>] = [[], []]
      const scope = yield* Scope.make()
      yield* queue
        .work(
          (job) => {
            begun.push(job.id)
            return job.inSlot(
              Effect.suspend(() => {
                entered.push(job.id)
                return first(job)
              })
            )
          },
          { concurrency: 4, slots: 2 }
        )
        .pipe(Scope.provide(scope))
      yield* queue.offer(jobs(6))
      yield* eventually(
        Effect.sync(() => begun.length),
        (all) => all === 4
      )
      yield* turn
      return { queue, reaches, scope, entered }
    })

    /** Works what is left, one after the other, and answers with the jobs and attempts in their order. */
    const rest = Effect.fnUntraced(function* (queue: Effect.Success<ReturnType<typeof openQueue>>["queue"]) {
      const worked: Array<string> = []
      yield* queue.work(({ attempt, id }) => Effect.sync(() => worked.push(`${id} ${attempt}`)), { concurrency: 1 })
      yield* eventually(queue.counts, ({ active, waiting }) => active + waiting === 0)
      return worked
    })

    it.effect(
      "lets none begin that waits when the worker closes: they go back, on Redis in order, with no attempt lost",
      () =>
        Effect.gen(function* () {
          const finish = yield* Deferred.make<void>()
          const { entered, queue, reaches, scope } = yield* full(() => Deferred.await(finish))
          const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
          yield* reaches("job-2", "waiting", 0)
          yield* reaches("job-3", "waiting", 0)
          assert.isUndefined(closing.pollUnsafe())
          yield* Deferred.succeed(finish, undefined)
          yield* eventually(
            Effect.sync(() => closing.pollUnsafe()),
            (exit) => exit !== undefined
          )
          assert.deepStrictEqual(entered, ["job-0", "job-1"])
          expect(yield* queue.counts).toMatchObject({ waiting: 4, active: 0, delayed: 0, failed: 0 })
          const worked = yield* rest(queue)
          // On PostgreSQL BullMQ puts what comes back behind the others.
          const { exclusive } = yield* QueueBackend
          assert.deepStrictEqual(exclusive ? worked.toSorted() : worked, ["job-2 1", "job-3 1", "job-4 1", "job-5 1"])
        })
    )

    it.effect("lets none begin that waits when one asks all to wait", () =>
      Effect.gen(function* () {
        const [limit, finish] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const { entered, queue, reaches, scope } = yield* full(({ id }) =>
          id === "job-0"
            ? Effect.andThen(
                Deferred.await(limit),
                Effect.fail(new JobFailure({ reason: "wait", message: "slow down", delay: Duration.hours(1) }))
              )
            : Deferred.await(finish)
        )
        yield* Deferred.succeed(limit, undefined)
        for (const id of ["job-0", "job-2", "job-3"]) yield* reaches(id, "waiting", 0)
        yield* Deferred.succeed(finish, undefined)
        yield* eventually(queue.counts, ({ active }) => active === 0)
        assert.deepStrictEqual(entered, ["job-0", "job-1"])
        assert.strictEqual((yield* queue.counts).waiting, 5)
        yield* Scope.close(scope, Exit.void)
      })
    )

    it.effect("gives a job another slot after one that failed in its own", () =>
      Effect.gen(function* () {
        const { queue, reaches } = yield* openQueue()
        const worked = yield* Deferred.make<void>()
        yield* queue.work(
          ({ id, inSlot }) =>
            inSlot(
              id === "job-0" ? Effect.die(new Error("a bug")) : Effect.asVoid(Deferred.succeed(worked, undefined))
            ),
          { concurrency: 2, slots: 1 }
        )
        yield* queue.offer(jobs(2))
        yield* Deferred.await(worked)
        yield* reaches("job-0", "failed", 1)
      })
    )
  })
