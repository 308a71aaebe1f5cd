/** Work that is shared out as jobs and waited for. */
import { Deferred, Duration, Effect, type Scope } from "effect"
import type { JobQueue } from "./JobQueue.ts"
import { QueueBackend, type QueueError } from "./QueueBackend.ts"

/** How often a queue is looked at where its ends may have been missed, or jobs of others are in it. */
const lookEvery = Duration.seconds(1)

/**
 * Makes a function that adds jobs to the queue, like `offer`, and waits until the queue holds no job that is to be worked,
 * whoever works them. It is told when they end, rather than asking. One call at a time.
 */
export const makeWorkOff = Effect.fnUntraced(function* <A>(
  queue: JobQueue<A>
): Effect.fn.Return<JobQueue<A>["offer"], QueueError, QueueBackend | Scope.Scope> {
  const backend = yield* QueueBackend
  let open = new Set<string>()
  let allEnded = Deferred.makeUnsafe<void>()
  yield* backend.onEnd(queue.name, (id) => {
    if (open.delete(id) && open.size === 0) Deferred.doneUnsafe(allEnded, Effect.void)
  })
  const isEmpty = Effect.map(queue.counts, ({ active, delayed, waiting }) => active + delayed + waiting === 0)
  return Effect.fn("workOff")(function* (jobs) {
    open = new Set(jobs.map(({ id }) => id))
    allEnded = Deferred.makeUnsafe<void>()
    yield* queue.offer(jobs)
    while (true) {
      yield* Effect.timeoutOption(Deferred.await(allEnded), lookEvery)
      if (yield* isEmpty) return
      // What is left is of others, or its end was missed.
      allEnded = Deferred.makeUnsafe<void>()
    }
  })
})
