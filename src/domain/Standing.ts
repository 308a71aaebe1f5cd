/**
 * How long the clock of a match stands still. Feeds freeze: a match may show the 81st minute for hours, or the 81st and the 82nd in
 * turn.
 *
 * Guarantees: a clock moves where it shows a minute that it has not shown before, and not by another status, nor by a minute that
 * one poll shows and the next takes back. It stands for as long as polls one after another show that its half is played. A match
 * that is played again under its id begins anew, as its past does.
 */
import { Duration } from "effect"
import { stepsBack } from "./Course.ts"
import { compareMatchMinutes, isInPlay, isPlayed, type MatchClock, type MatchMinute } from "./Snapshot.ts"

/** For how long, and over how many polls. */
interface Stood {
  readonly millis: number
  readonly polls: number
}

/** A clock, and how long it stands. Times are in milliseconds by any one clock. */
export interface Standing extends Stood {
  /** How far it has come. */
  readonly furthest: MatchMinute
  readonly seen: number
  /** Whether the last poll showed a half that is played. */
  readonly isRunning: boolean
  /** How long it had stood before the last poll, where that was the first to show how far it has come. */
  readonly until: Stood | undefined
  /** What the last poll showed, where that was a step back that may be wrong. */
  readonly doubted: MatchMinute | undefined
}

/** A clock as it stands after one more poll. */
export const stand = (before: Standing | undefined, clock: MatchClock, now: number): Standing => {
  const isRunning = clock.status === "live" && isInPlay(clock)
  const polls = isRunning ? 1 : 0
  const begun = { furthest: clock, millis: 0, polls, seen: now, isRunning, until: undefined, doubted: undefined }
  if (before === undefined) return begun
  const last = { ...before, seen: now, isRunning, until: undefined, doubted: undefined }
  if (!isPlayed(clock)) return last
  const { doubted, furthest, until } = before
  if (stepsBack(furthest, clock)) {
    return doubted === undefined || stepsBack(doubted, clock) ? { ...last, doubted: clock } : begun
  }
  const moved = compareMatchMinutes(clock, furthest)
  if (moved > 0) return { ...begun, until: { millis: before.millis, polls: before.polls } }
  const elapsed = isRunning && before.isRunning ? now - before.seen : 0
  // It has not moved after all.
  const stood = moved < 0 && until !== undefined ? { millis: until.millis, polls: until.polls + before.polls } : before
  return { ...last, millis: stood.millis + elapsed, polls: stood.polls + polls }
}

/** A clock that stands for so long is not that of a running match. */
const frozenAfter = Duration.toMillis(Duration.minutes(20))

/** Fewer polls than this tell nothing, however long they took. */
const leastPolls = 5

/** Whether the clock of a half that is played no longer goes on. */
export const isFrozen = ({ millis, polls }: Stood): boolean => polls >= leastPolls && millis >= frozenAfter
