/**
 * The last goal of a match, as far as its timeline tells: feeds give the score of now, not when it came about.
 *
 * A moment shows the score at the end of a scoreboard minute, so a goal is dated by the first moment that shows it. What
 * cannot be known is not guessed: goals from before the first moment of a match that was joined in play have no minute.
 */
import { Schema } from "effect"
import type { Side } from "./Match.ts"
import { MatchMinute, periodEnd, periodStart } from "./Snapshot.ts"
import type { Moment, Timeline } from "./Timeline.ts"

/** The last goal that still stands (one that was withdrawn counts for nothing), and the minute that first shows it. */
export const LastGoal = Schema.Struct({
  /** Whose it was. Absent when both teams' last goals showed in the same minute. */
  side: Schema.optionalKey(Schema.Literals(["home", "away"])),
  ...MatchMinute.fields,
  /** False when minutes before this one were not seen: the goal came in this minute or in one of them. */
  isExact: Schema.Boolean
})
export interface LastGoal extends Schema.Schema.Type<typeof LastGoal> {}

const goalsOf = ({ figures }: Moment, side: Side): number =>
  typeof figures.goals === "object" ? figures.goals[side] : 0

/** Where the goals of a side came to what they are at the end, or nothing when it has none. */
const reachedAt = (timeline: Timeline, side: Side): number | undefined => {
  const latest = timeline.at(-1)
  const goals = latest === undefined ? 0 : goalsOf(latest, side)
  if (goals === 0) return undefined
  return timeline.findLastIndex((each) => goalsOf(each, side) < goals) + 1
}

/** Whether no scoreboard minute lies between two moments that follow each other. */
const areAdjacent = (before: Moment | undefined, after: Moment): boolean => {
  const played = after.minute + after.added - periodStart[after.period]
  if (before === undefined) return after.period === "1H" && played <= 1
  if (before.period !== after.period) return before.minute === periodEnd[before.period] && played <= 1
  return after.minute + after.added - (before.minute + before.added) <= 1
}

/** The last goal of the match whose past this is. Nothing without goals, or when it came before all that was seen. */
export const lastGoal = (timeline: Timeline): LastGoal | undefined => {
  const [home, away] = [reachedAt(timeline, "home"), reachedAt(timeline, "away")]
  const at = Math.max(home ?? -1, away ?? -1)
  const shows = timeline[at]
  if (shows === undefined) return undefined
  const isExact = areAdjacent(timeline[at - 1], shows)
  if (at === 0 && !isExact) return undefined
  const { added, minute, period } = shows
  return { ...(home === away ? undefined : { side: at === home ? "home" : "away" }), period, minute, added, isExact }
}
