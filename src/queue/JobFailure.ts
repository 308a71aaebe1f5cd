import { Data, Duration } from "effect"

/** How long `postpone` and `wait` take where they do not say. */
export const defaultDelay = Duration.seconds(1)

/**
 * How a handler says that an attempt failed, and what happens next: `retry` as the retry policy says, `give-up` at once
 * and for good. Without using up an attempt, `postpone` puts off this job for so long, and `wait` all other jobs of the
 * queue with it.
 */
export class JobFailure extends Data.TaggedError("JobFailure")<{
  readonly reason: "retry" | "give-up" | "postpone" | "wait"
  readonly message: string
  /** How long to put off the job, for `postpone`, or to hold the queue back, for `wait`. Default: one second. */
  readonly delay?: Duration.Duration
}> {}
