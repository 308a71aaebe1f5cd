/** How far polls must be apart so that the requests of a quota last. Pure. */
import { Duration } from "effect"

/** What there is to spend, and on what. Times are in milliseconds. */
export interface Demand {
  /** The least time between two polls: POLL_INTERVAL. */
  readonly interval: number
  /** Requests that polls may take until the quota is renewed. */
  readonly available: number
  /** Requests of each poll, summed over the time until then: one request through an hour is 3,600,000. */
  readonly each: number
  /** The same of requests that are made at most every `slowly`, however often polls are. */
  readonly slow?: number
}

/** What changes slowly is asked for at most this often. */
export const slowly = 60_000

/**
 * The time between two polls, at least `interval`, at which the requests are enough. Infinite where none are left and there is
 * something to ask.
 */
export const spacing = ({ available, each, interval, slow = 0 }: Demand): number => {
  const all = each + slow
  if (all === 0) return interval
  if (available <= 0) return Number.POSITIVE_INFINITY
  // From here on everything is asked for at every poll.
  if (all / slowly >= available) return Math.max(interval, all / available)
  return Math.max(interval, each / (available - slow / slowly))
}

/** A time between two polls as people read it: `14m 24s`. */
export const farApart = (millis: number): string =>
  Number.isFinite(millis) ? Duration.format(Duration.seconds(Math.round(millis / 1000))) : "for ever"
