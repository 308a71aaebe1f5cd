/** BullMQ's queues and workers as scoped resources, on whatever backend. */
import { Effect, type Scope } from "effect"
import { QueueError } from "./QueueBackend.ts"

/** What every class of BullMQ can do. */
export interface Bull {
  readonly on: (event: "error", listener: (error: Error) => void) => unknown
  readonly waitUntilReady: () => Promise<unknown>
  readonly close: () => Promise<void>
}

/** How one is opened and closed. */
export interface BullOptions<A> {
  /** The name of the queue. */
  readonly queue: string
  readonly what: "queue" | "worker"
  readonly make: () => A
  /** Hears what goes wrong while nobody waits for an answer. */
  readonly onError: (error: Error) => void
  /** Default: BullMQ's own, which has no time limit. */
  readonly close?: (bull: A) => Promise<void>
}

/** Makes a queue or a worker, waits until it is ready, and closes it with the scope. Failing to close is only logged. */
export const scopedBull = <A extends Bull>({
  close = (bull) => bull.close(),
  make,
  onError,
  queue,
  what
}: BullOptions<A>): Effect.Effect<A, QueueError, Scope.Scope> => {
  const attempt = <B>(operation: string, run: () => Promise<B>) =>
    Effect.tryPromise({
      try: run,
      catch: (cause) =>
        new QueueError({
          queue,
          operation,
          message: `queue ${queue} failed to ${operation}: ${cause instanceof Error ? cause.message : String(cause)}`,
          cause
        })
    })
  return Effect.acquireRelease(
    attempt(what === "queue" ? "open" : "start a worker", async () => {
      const bull = make()
      bull.on("error", onError)
      await bull.waitUntilReady()
      return bull
    }),
    (bull) =>
      Effect.ignore(
        attempt(what === "queue" ? "close" : "close a worker", () => close(bull)),
        { log: true }
      )
  )
}
