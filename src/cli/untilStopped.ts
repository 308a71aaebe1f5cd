import { Effect } from "effect"

/** A command that goes on until it is stopped: that is how it ends, with code 0, and the last that it says. */
export const untilStopped =
  (last: Effect.Effect<void>) =>
  <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.onInterrupt(command, () =>
      Effect.suspend(() => {
        // Where what it prints cannot be written that is known already.
        process.exitCode ??= 0
        return last
      })
    )
