import { assert, describe, type Vitest } from "@effect/vitest"
import { Deferred, Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import type { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { openQueue, payload } from "../fixtures/queue.ts"

/** What a schedule of jobs must do, on every QueueBackend. */
export const queueSchedule = (it: Vitest.MethodsNonLive<QueueBackend>) =>
  describe("a schedule", () => {
    const interval = Duration.millis(20)

    it.effect("ticks at once and again, one tick at a time and none piled up, however slow its handler", () =>
      Effect.gen(function* () {
        const { queue } = yield* openQueue()
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
        const { queue } = yield* openQueue()
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
        const { queue } = yield* openQueue({ keepFailed: 1 })
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
