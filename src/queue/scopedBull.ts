/** BullMQ's queues and workers as scoped resources, on whatever backend. */
import { Duration, Effect, Schedule, type Scope } from "effect"
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

/** A connection that breaks while it is made fails what waits for it, also where it would be made again later: then we do. */
const again = { schedule: Schedule.exponential("500 millis"), times: 3 } as const

/** What could not be opened may not close either: nobody waits longer for it. */
const closeBrokenWithin = Duration.seconds(1)

/**
 * Makes a queue or a worker, waits until it is ready, and closes it with the scope. Where it does not become ready it is made
 * again, three times within some four seconds. Failing to close is only logged.
 */
export const scopedBull = <A extends Bull>({
  close = (bull) => bull.close(),
  make,
  onError,
  queue,
  what
}: BullOptions<A>): Effect.Effect<A, QueueError, Scope.Scope> => {
  const closed = (bull: A) =>
    Effect.ignore(
      askBull(queue, closing[what], () => close(bull)),
      { log: true }
    )
  const opened = Effect.gen(function* () {
    const bull = yield* askBull(queue, opening[what], async () => make())
    bull.on("error", onError)
    yield* askBull(queue, opening[what], () => bull.waitUntilReady()).pipe(
      Effect.onError(() => Effect.timeoutOption(closed(bull), closeBrokenWithin))
    )
    return bull
  })
  return Effect.acquireRelease(Effect.retry(opened, again), closed)
}

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
