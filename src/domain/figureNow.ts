/** What a metric comes to now: from the snapshot or, of the one that tells of the past, from that. */
import { lastGoal } from "./LastGoal.ts"
import { type MetricName, metric } from "./Metric.ts"
import type { Figure, Snapshot } from "./Snapshot.ts"
import type { Timeline } from "./Timeline.ts"

/** A match now, and its past up to and including the moment that is shown. */
export interface Shown {
  readonly snapshot: Snapshot
  readonly timeline: Timeline
}

/** Scoreboard minutes since the last goal, added ones not counted. */
const minutesSinceLastGoal = ({ snapshot: { clock, score }, timeline }: Shown): number | undefined => {
  if (score.home + score.away === 0) return undefined
  const goal = lastGoal(timeline)
  return goal === undefined ? undefined : Math.max(0, clock.minute - goal.minute)
}

/** The current value of a metric: that of `figures(snapshot)`, without collecting all others. */
export const figureNow = (name: MetricName): ((shown: Shown) => Figure | undefined) => {
  if (name === "goals") return ({ snapshot: { score } }) => score
  if (name === "minutes_since_last_goal") return minutesSinceLastGoal
  const key = name.slice(name.indexOf(".") + 1)
  switch (metric(name).group) {
    case "in-play":
      return ({ snapshot: { statistics } }) => statistics[name]
    case "prematch":
      return ({ snapshot: { prematch, statistics } }) => prematch[key] ?? statistics[name]
    case "odds":
      return ({ snapshot: { odds, statistics } }) => odds[key] ?? statistics[name]
  }
}
