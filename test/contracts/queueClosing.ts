import { assert, describe, expect, type Vitest } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Exit, Fiber, Option, Scope } from "effect"
import { alertRetryPolicy } from "../../src/alert/AlertQueue.ts"
import { shutdownGrace } from "../../src/queue/JobQueue.ts"
import type { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { eventually, heard, turn, whileTimePasses } from "../fixtures/eventually.ts"
import { openQueue, payload } from "../fixtures/queue.ts"

/** What closing a worker must do, on every QueueBackend. */
export const queueClosing = (it: Vitest.MethodsNonLive<QueueBackend>) =>
  describe("when its worker is closed, a queue", () => {
    /** A worker, in a scope of its own, whose job has begun and ends when told to. */
    const begun = Effect.fnUntraced(function* () {
      const { job, queue } = yield* openQueue({ retry: alertRetryPolicy })
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
      yield* heard(started)
      // The handler goes on to wait: it has said that it started in the middle of its first step.
      yield* turn
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
        const { queue } = yield* openQueue()
        const scope = yield* Scope.make()
        yield* queue.work(() => Effect.void, { concurrency: 1 }).pipe(Scope.provide(scope))
        yield* Scope.close(scope, Exit.void)
        yield* queue.offer([{ id: "a", payload }])
        assert.strictEqual((yield* queue.counts).waiting, 1)
      })
    )
  })
