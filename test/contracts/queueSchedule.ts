import { assert, describe, type Vitest } from "@effect/vitest"
import { Deferred, Duration, Effect, Queue } from "effect"
import { TestClock } from "effect/testing"
import { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { eventually, heard } from "../fixtures/eventually.ts"
import { machineClock } from "../fixtures/machineClock.ts"
import { openQueue, payload } from "../fixtures/queue.ts"

/** A queue whose worker hands on each tick as it begins. */
export const openTicks = Effect.fnUntraced(function* (options: { readonly name?: string } = {}) {
  const { queue, raw } = yield* openQueue(options)
  const ticks = yield* Queue.unbounded<string>()
  yield* queue.work(({ id }) => Effect.asVoid(Queue.offer(ticks, id)), { concurrency: 1 })
  return {
    queue,
    raw,
    tick: Queue.take(ticks),
    clear: Queue.clear(ticks),
    /** Lets the keeper of the schedule look until there is a tick. */
    untilTick: eventually(Effect.andThen(TestClock.adjust("1 second"), Queue.size(ticks)), (size) => size > 0)
  }
})

/** What a schedule of jobs must do, on every QueueBackend. */
export const queueSchedule = (it: Vitest.MethodsNonLive<QueueBackend>) =>
  describe("a schedule", () => {
    const interval = Duration.millis(20)

    it.effect("ticks at once and again, one tick at a time on all workers and none piled up", () =>
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
        const { exclusive } = yield* QueueBackend
        const work = queue.work(() => tick, { concurrency: 1 })
        yield* Effect.repeat(work, { times: exclusive ? 0 : 1 })
        yield* queue.every(interval, payload)
        yield* heard(enough)
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
        yield* heard(enough)
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
        yield* heard(second)
      })
    )

    it.effect("is there again when the queue has lost it", () =>
      Effect.gen(function* () {
        const { clear, queue, raw, tick, untilTick } = yield* openTicks()
        yield* queue.every(interval, payload)
        yield* tick
        yield* Effect.promise(() => raw.removeJobScheduler(queue.name))
        yield* eventually(queue.counts, ({ active, delayed, waiting }) => active + delayed + waiting === 0)
        yield* clear
        yield* untilTick
        yield* tick
        yield* tick
      })
    )

    it.effect("is anchored anew when the clock is set back under it", () =>
      Effect.gen(function* () {
        const { clear, queue, tick, untilTick } = yield* openTicks()
        const clock = yield* machineClock
        yield* clock.ahead("1 hour")
        yield* queue.every(interval, payload)
        yield* tick
        yield* tick
        yield* clock.ahead(0)
        yield* eventually(queue.counts, ({ active, delayed, waiting }) => active + waiting === 0 && delayed === 1)
        yield* clear
        yield* untilTick
        yield* tick
        yield* tick
      })
    )

    it.effect("that a clock ahead has put off is anchored anew by the process that starts next", () =>
      Effect.gen(function* () {
        const clock = yield* machineClock
        yield* clock.ahead("1 hour")
        const { queue: before } = yield* openQueue()
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { queue, tick } = yield* openTicks({ name: before.name })
            yield* queue.every(interval, payload)
            yield* tick
          })
        )
        yield* clock.ahead(0)
        const { clear, queue, tick } = yield* openTicks({ name: before.name })
        yield* eventually(queue.counts, ({ active, waiting }) => active + waiting === 0)
        yield* clear
        yield* queue.every(interval, payload)
        yield* tick
        yield* tick
      })
    )
  })
