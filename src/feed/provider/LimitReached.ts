import { Data } from "effect"

/** A provider answers no more for now: its limit is reached. */
export class LimitReached extends Data.TaggedError("LimitReached")<{
  /** When it will answer again, in milliseconds since the epoch. */
  readonly until: number
  /** Which limit: `100 requests a day`. */
  readonly message: string
}> {}
