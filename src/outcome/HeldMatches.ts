/**
 * The matches that this process judges, each with its triggers as it last knew them, and what is new on them. Pure, in memory.
 *
 * What a look costs is what is new: a trigger is judged again when a figure that its expectation speaks of has changed, the
 * period or the status of the match has, or it is about to be told; one that speaks of minutes, with each minute.
 */
import { isMetricName } from "../domain/Metric.ts"
import { type Figure, type Figures, figures, type Snapshot } from "../domain/Snapshot.ts"
import { type Condition, type Expression, isAnyOf } from "../domain/Strategy.ts"
import type { Timeline } from "../domain/Timeline.ts"
import type { OpenTrigger } from "./OpenTrigger.ts"

/** A match as a scan has seen it. */
export interface Seen {
  readonly snapshot: Snapshot
  readonly timeline: Timeline
  /** In milliseconds since 1970. */
  readonly at: number
}

export interface HeldMatch {
  /** By the trigger's id, a text. */
  readonly triggers: Map<string, OpenTrigger>
  /** When its triggers were read; undefined when they must be. */
  readAt: number | undefined
  /** What was judged last. */
  judged: Seen | undefined
  /** Triggers that are to be judged whatever has changed. */
  readonly restless: Set<string>
  /** When it was last seen, or asked for. */
  seenAt: number
  /** Since when something is missing that was not seen. */
  unseenSince?: number
}

export const newMatch = (seenAt: number): HeldMatch => ({
  triggers: new Map(),
  readAt: undefined,
  judged: undefined,
  restless: new Set(),
  seenAt
})

/** What an expectation speaks of. */
interface Subjects {
  readonly metrics: ReadonlySet<string>
  /** Whether its value may change with the minute alone. */
  readonly isTimed: boolean
}

const subjects = new WeakMap<Condition, Subjects>()

const subjectsOf = (condition: Condition): Subjects => {
  const known = subjects.get(condition)
  if (known !== undefined) return known
  const metrics = new Set<string>()
  let isTimed = false
  const visit = (expression: Expression): void => {
    if (typeof expression === "number") return
    if (expression === "minute") {
      isTimed = true
    } else if ("op" in expression) {
      visit(expression.left)
      visit(expression.right)
    } else {
      metrics.add(expression.metric)
      if (expression.scope === "leading" || expression.scope === "trailing") metrics.add("goals")
      if (typeof expression.window === "object" || expression.metric === "minutes_since_last_goal") isTimed = true
    }
  }
  for (const { left, right } of isAnyOf(condition) ? condition.any : [condition]) {
    visit(left)
    visit(right)
  }
  const found = { metrics, isTimed }
  subjects.set(condition, found)
  return found
}

const isSame = (one: Figure | undefined, other: Figure | undefined): boolean =>
  one === other ||
  (typeof one === "object" && typeof other === "object" && one.home === other.home && one.away === other.away)

/** The names of the figures that differ. */
const changedFigures = (before: Figures, now: Figures): ReadonlyArray<string> =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter(isMetricName)
    .filter((name) => !isSame(before[name], now[name]))

/** Those of the match's triggers that what is seen now may change something about. */
export const toJudge = ({ judged, restless, triggers }: HeldMatch, { snapshot }: Seen): ReadonlyArray<OpenTrigger> => {
  if (triggers.size === 0) return []
  const before = judged?.snapshot
  const { period, status } = snapshot.clock
  if (before?.clock.period !== period || before.clock.status !== status) return [...triggers.values()]
  const changed = changedFigures(figures(before), figures(snapshot))
  const hasMoved = before.clock.minute !== snapshot.clock.minute
  // Who the favourite is may have come to be known.
  const knowsMore = changed.some((name) => name.startsWith("prematch."))
  return [...triggers.values()].filter(({ expectation, id }) => {
    if (restless.has(id) || knowsMore) return true
    const { isTimed, metrics } = subjectsOf(expectation)
    return (isTimed && hasMoved) || changed.some((name) => metrics.has(name))
  })
}
