import { Data, Duration } from "effect"

/** How long `postpone` and `wait` take where they do not say. */
export const defaultDelay = Duration.seconds(1)

/**
 * How a handler says that an attempt failed, and what happens next: `retry` as the retry policy says, `give-up` at once
 * and for good. Without using up an attempt, `postpone` puts off this job for so long, `wait` all other jobs of the queue with
 * it, and `rest` those that this process would work: others go on.
 */
export class JobFailure extends Data.TaggedError("JobFailure")<{
  readonly reason: "retry" | "give-up" | "postpone" | "wait" | "rest"
  readonly message: string
  /** How long to put off the job, to hold the queue back or to rest. Default: one second. */
  readonly delay?: Duration.Duration
}> {}
