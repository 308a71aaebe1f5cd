/** Time by a clock that nobody sets: for what lies between two moments of one process. */
import { Clock, Effect } from "effect"

/**
 * Milliseconds since some moment. What waits here by the time of day would wait for as long as that is set back. It means nothing
 * in another process, nor after a restart.
 */
export const steadyMillis: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

const steady = (clock: Clock.Clock): Clock.Clock => ({
  currentTimeMillisUnsafe: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
  currentTimeMillis: Effect.map(clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6),
  currentTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  currentTimeNanos: clock.monotonicTimeNanos,
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) => clock.sleep(duration)
})

/** Runs what asks for the time of day, such as a limit of so many a second or a breaker, by that clock. */
export const bySteadyClock = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(effect, Clock.Clock, steady)

/** The same of what works on an effect, which goes on by the time of day. */
export const aroundBySteadyClock =
  <A, E, R, A2, E2, R2>(around: (effect: Effect.Effect<A, E, R>) => Effect.Effect<A2, E2, R2>) =>
  (effect: Effect.Effect<A, E, R>): Effect.Effect<A2, E2, R2> =>
    Effect.clockWith((clock) => bySteadyClock(around(Effect.provideService(effect, Clock.Clock, clock))))
