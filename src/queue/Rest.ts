/**
 * The rest of a worker: for a while it takes no jobs, and those of the queue are left to the workers of other processes.
 *
 * Guarantees: it goes on by itself when the longest rest that was asked for is over. Its jobs under way are let alone.
 */
import { Duration, Effect, type Scope } from "effect"
import { steadyMillis } from "../health/steady.ts"

export interface RestOptions {
  /** Takes no more jobs. */
  readonly begin: () => Promise<void>
  readonly end: () => Promise<void>
}

/** Makes the function that begins a rest of so long, or prolongs the one that there is. */
export const makeRest = Effect.fnUntraced(function* ({
  begin,
  end
}: RestOptions): Effect.fn.Return<(duration: Duration.Duration) => Effect.Effect<void>, never, Scope.Scope> {
  const scope = yield* Effect.scope
  let [isResting, until] = [false, 0]

  const toTheEnd = Effect.gen(function* () {
    while (true) {
      const left = until - (yield* steadyMillis)
      if (left <= 0) break
      yield* Effect.sleep(left)
    }
    isResting = false
    yield* Effect.promise(end)
  })

  return Effect.fnUntraced(function* (duration) {
    until = Math.max(until, (yield* steadyMillis) + Duration.toMillis(duration))
    if (isResting) return
    isResting = true
    yield* Effect.promise(begin)
    yield* Effect.forkIn(toTheEnd, scope)
  })
})
