/** Time by a clock that nobody sets: for what lies between two moments of one process. */
import { Clock, Effect } from "effect"

/**
 * Milliseconds since some moment. What waits here by the time of day would wait for as long as that is set back. It means nothing
 * in another process, nor after a restart.
 */
export const steadyMillis: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

/** Runs what asks for the time of day, such as a limit of so many a second, by that clock. */
export const bySteadyClock = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(effect, Clock.Clock, (clock) => ({
    ...clock,
    currentTimeMillisUnsafe: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
    currentTimeMillis: steadyMillis
  }))
