/** BullMQ's queues and workers as scoped resources, on whatever backend. */
import { Effect, type Scope } from "effect"
import { askBull, type QueueError } from "./QueueBackend.ts"

/** What every class of BullMQ can do. */
export interface Bull {
  readonly on: (event: "error", listener: (error: Error) => void) => unknown
  readonly waitUntilReady: () => Promise<unknown>
  readonly close: () => Promise<void>
}

const opening = { queue: "open", worker: "start a worker", events: "listen" } as const
const closing = { queue: "close", worker: "close a worker", events: "stop listening" } as const

/** How one is opened and closed. */
export interface BullOptions<A> {
  /** The name of the queue. */
  readonly queue: string
  readonly what: keyof typeof opening
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
}: BullOptions<A>): Effect.Effect<A, QueueError, Scope.Scope> =>
  Effect.acquireRelease(
    askBull(queue, opening[what], async () => {
      const bull = make()
      bull.on("error", onError)
      await bull.waitUntilReady()
      return bull
    }),
    (bull) =>
      Effect.ignore(
        askBull(queue, closing[what], () => close(bull)),
        { log: true }
      )
  )

/** What BullMQ tells of the jobs of a queue. */
interface JobEvents {
  on(event: "completed" | "failed", listener: (job: { readonly jobId: string }) => void): unknown
}

/** Hears the id of each job that ends. */
export const hearEnds = <A extends JobEvents>(events: A, heard: (id: string) => void): A => {
  events.on("completed", ({ jobId }) => heard(jobId))
  events.on("failed", ({ jobId }) => heard(jobId))
  return events
}
