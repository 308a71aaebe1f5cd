/**
 * The part of a job that only so many jobs of a process may be in at a time, such as the sending of an alert. A worker
 * takes more jobs than that, so that what comes before and after it (looking up, recording) goes on for many at once.
 *
 * Guarantees: jobs that wait get their slots in the order in which they asked. When jobs stay in their slots for long the
 * worker holds few that only wait, so that other processes have their share. When the queue is held back or the worker
 * rests or closes, those that wait go back to the queue at once (on Redis in order), and none of them begins.
 */
import { Clock, Duration, Effect, type Fiber, Semaphore } from "effect"
import { defaultDelay, type JobFailure } from "./JobFailure.ts"

/** How long a job may wait for a slot before its worker takes fewer. */
const patience = 100

export interface SlotOptions {
  /** Jobs in a slot at a time. */
  readonly slots: number
  /** Jobs under way at a time, at most. */
  readonly concurrency: number
  /** Sets how many jobs the worker has under way from now on. */
  readonly resize: (concurrency: number) => void
}

export interface Slots {
  /** Runs an effect in a slot, or sends its job back (by interrupting it) while the queue is held back. */
  readonly run: <A, R>(effect: Effect.Effect<A, JobFailure, R>) => Effect.Effect<A, JobFailure, R>
  /** No job gets a slot until `open`: those that wait for one go back. */
  readonly close: () => void
  readonly open: () => void
  /** Whether jobs are sent back instead of getting a slot. */
  readonly isHeld: () => boolean
}

/** How many jobs a worker with so many slots has under way at the start and while sending is slow: as many again. */
export const startingConcurrency = ({ concurrency, slots }: Pick<SlotOptions, "concurrency" | "slots">): number =>
  Math.min(concurrency, 2 * slots)

export const makeSlots = ({ concurrency, resize, slots }: SlotOptions): Slots => {
  const semaphore = Semaphore.makeUnsafe(slots)
  const waiting = new Set<Fiber.Fiber<unknown, unknown>>()
  const few = startingConcurrency({ concurrency, slots })
  let current = few
  let heldUntil = 0
  let isClosed = false

  // The queue is held back by the clock of the machine, whatever the clock of the program.
  const isHeld = () => isClosed || heldUntil > performance.now()

  /** More jobs, one by one, as long as none waits for long; few at once when one did. */
  const adapt = (waited: number) => {
    const next = waited > patience ? few : Math.min(concurrency, current + 1)
    if (next !== current) resize(next)
    current = next
  }

  /** The latest first: each goes to the head of the queue. */
  const sendBack = () => {
    for (const fiber of [...waiting].toReversed()) fiber.interruptUnsafe()
  }

  const hold = ({ delay = defaultDelay, reason }: JobFailure) => {
    if (reason !== "wait") return
    heldUntil = performance.now() + Duration.toMillis(delay)
    sendBack()
  }

  return {
    run: (effect) =>
      Effect.gen(function* () {
        const asked = yield* Clock.currentTimeMillis
        const fiber = yield* Effect.fiber
        waiting.add(fiber)
        return yield* semaphore
          .withPermit(
            Effect.gen(function* () {
              waiting.delete(fiber)
              adapt((yield* Clock.currentTimeMillis) - asked)
              if (isHeld()) return yield* Effect.interrupt
              return yield* Effect.tapError(effect, (failure) => Effect.sync(() => hold(failure)))
            })
          )
          .pipe(Effect.ensuring(Effect.sync(() => waiting.delete(fiber))))
      }),
    close: () => {
      isClosed = true
      sendBack()
    },
    open: () => {
      isClosed = false
    },
    isHeld
  }
}
