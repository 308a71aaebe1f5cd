/** How long the clock of a match stands still. Feeds freeze: a match may show the 81st minute for hours. */
import { Duration } from "effect"
import { isInPlay, type MatchClock } from "./Snapshot.ts"

/** A clock, and the polls that have shown it unchanged. Times are in milliseconds since the epoch. */
export interface Standing {
  readonly clock: MatchClock
  readonly since: number
  readonly seen: number
  readonly polls: number
}

const isSame = (one: MatchClock, other: MatchClock): boolean =>
  one.minute === other.minute && one.added === other.added && one.period === other.period && one.status === other.status

/** A clock as it stands after one more poll. */
export const stand = (before: Standing | undefined, clock: MatchClock, now: number): Standing =>
  before !== undefined && isSame(before.clock, clock)
    ? { ...before, seen: now, polls: before.polls + 1 }
    : { clock, since: now, seen: now, polls: 1 }

/** A clock that stands for so long is not that of a running match. */
const frozenAfter = Duration.toMillis(Duration.minutes(20))

/** Fewer polls than this tell nothing, however long they took. */
const leastPolls = 5

/** Whether the clock of a half that is played no longer goes on. */
export const isFrozen = ({ clock, polls, seen, since }: Standing): boolean =>
  clock.status === "live" && isInPlay(clock) && polls >= leastPolls && seen - since >= frozenAfter
