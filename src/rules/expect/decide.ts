/**
 * Early decision: what an expectation comes to, as soon as nothing that can still happen would change it.
 *
 * Cumulative metrics never fall. So the value of an expression at the end lies in a range that can be told now, and a
 * condition is decided once it holds, or fails, throughout that range: `total goals >= 3` when the third goal falls,
 * `total goals <= 2` at the same moment, `total goals in first half = 0` when the second half begins.
 *
 * Guarantees: a decision is never wrong. It equals what the evaluator says at the end of a match that is played to its
 * end, in which cumulative metrics did not fall, what was known of a metric stayed known, the clock did not go back and
 * pre-match figures did not change. A goal that is taken back after a decision is the one way to be proved wrong.
 */
import { type MetricName, metric } from "../../domain/Metric.ts"
import { type Figure, figures, isCalledOff, periodEnd, periodStart, periods } from "../../domain/Snapshot.ts"
import {
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  type MetricValue,
  type Scope,
  type Window
} from "../../domain/Strategy.ts"
import { valueAt } from "../../domain/Timeline.ts"
import { evaluateCondition, teamOf, type View } from "../evaluate.ts"
import { calculated, combine, distance, exactly, oneOf, perhaps, type Range, willCompare, within } from "./Range.ts"

/** What an expectation came to. */
export type Decision = "hit" | "miss"

/** What is known of both teams' values at the end, or of the single value of a metric that has one. */
type Ranges = { readonly home: Range; readonly away: Range } | { readonly match: Range }

/** A period whose end is judged. */
export type JudgedPeriod = "2H" | "E2"

/** The period whose end is judged: that of regulation time, or for a trigger in extra time the end of that. */
export const judgedPeriod = ({ trigger }: Pick<View, "trigger">): JudgedPeriod =>
  trigger === undefined || trigger.period === "1H" || trigger.period === "2H" ? "2H" : "E2"

const perTeam = (name: MetricName, range: (pick: (figure: Figure) => number) => Range): Ranges => {
  const pick = (side: "home" | "away") => (figure: Figure) => (typeof figure === "number" ? figure : figure[side])
  return metric(name).sided ? { home: range(pick("home")), away: range(pick("away")) } : { match: range(pick("home")) }
}

/** A figure that will not change any more. */
const fixed = (name: MetricName, figure: Figure | undefined): Ranges =>
  perTeam(name, (pick) => exactly(figure === undefined ? undefined : pick(figure)))

/** A figure of a later moment: at least what it is now if it is cumulative, anything in its range if it goes up and down. */
const later = (name: MetricName, now: Figure | undefined): Ranges => {
  const { group, kind, range } = metric(name)
  if (group === "prematch" && now !== undefined) return fixed(name, now)
  return perTeam(name, (pick) =>
    kind === "cumulative" && now !== undefined
      ? within(pick(now), Math.max(pick(now), range[1]), true)
      : within(range[0], range[1], false)
  )
}

const isOpen = (range: Range): boolean => range !== "none" && range.least !== range.greatest

/** What came between an earlier figure and a later one; of a cumulative metric never less than nothing. */
const increase = (name: MetricName, after: Ranges, before: Ranges): Ranges => {
  const minus = (a: Range, b: Range): Range => {
    const difference = combine(a, b, (left, right) => left - right)
    // Where the earlier figure is open too, the later one is the larger whatever the two come to.
    return difference !== "none" && metric(name).kind === "cumulative" && isOpen(b)
      ? { ...difference, least: Math.max(0, difference.least) }
      : difference
  }
  return "match" in after && "match" in before
    ? { match: minus(after.match, before.match) }
    : "home" in after && "home" in before
      ? { home: minus(after.home, before.home), away: minus(after.away, before.away) }
      : { match: "none" }
}

const mapRanges = (ranges: Ranges, change: (range: Range) => Range): Ranges =>
  "match" in ranges ? { match: change(ranges.match) } : { home: change(ranges.home), away: change(ranges.away) }

const merged = (all: ReadonlyArray<Ranges>): Ranges => {
  const sides = all.filter((each) => "home" in each)
  return sides.length > 0
    ? { home: oneOf(sides.map(({ home }) => home)), away: oneOf(sides.map(({ away }) => away)) }
    : { match: oneOf(all.flatMap((each) => ("match" in each ? [each.match] : []))) }
}

/**
 * What figures will be at the end, as far as that was asked of a match at one moment: many triggers ask for the same. Good for one
 * view with one past, whatever its trigger and whatever was known before kick-off.
 */
export type FiguresAtEnd = Map<string, Ranges>

/** The figure of a metric in a window as it will be at the end, given the match as it stands. */
const figureAtEnd = (name: MetricName, window: Window | undefined, view: View, known: FiguresAtEnd): Ranges => {
  if (window === "since trigger" || metric(name).group === "prematch") return figureFound(name, window, view)
  const key = `${judgedPeriod(view)} ${name} ${JSON.stringify(window)}`
  const ranges = known.get(key) ?? figureFound(name, window, view)
  known.set(key, ranges)
  return ranges
}

const figureFound = (name: MetricName, window: Window | undefined, view: View): Ranges => {
  const { clock } = view.snapshot
  const end = periodEnd[judgedPeriod(view)]
  const known = figures(view.snapshot)[name]
  const now = later(name, known)
  // The minute under way is not over, but a period's first moments come after the minute at which the last one ended.
  const isPast = (minute: number): boolean =>
    minute < clock.minute ||
    (minute > 0 && minute <= periodStart[clock.period]) ||
    (minute <= 0 && metric(name).kind === "cumulative")
  // What was before the first moment that was seen depends on it, and it may still change while it is the only one.
  const at = (minute: number): Ranges =>
    !isPast(minute)
      ? now
      : view.timeline.length > 1 || minute <= 0
        ? fixed(name, valueAt(view.timeline, name, Math.max(0, minute)))
        : later(name, undefined)
  // That the match gets as far as its second half is certain; the last moment that a feed shows may be before minute 90.
  const onceReached = (minute: number, ranges: Ranges): Ranges =>
    minute <= Math.max(clock.minute, 45) ? ranges : mapRanges(ranges, perhaps)
  /** The moments that may turn out to be `minutes` before the end, as far as they are past; then one that is not. */
  const before = (minutes: number): ReadonlyArray<Ranges> => {
    const first = clock.minute - minutes
    const all = Array.from({ length: end - clock.minute + 1 }, (_, index) => Math.max(0, first + index))
    const past = new Set(all.filter(isPast))
    // All that are yet to come are one to what is known now.
    return [...Array.from(past, at), ...(all.every(isPast) ? [] : [now])]
  }
  if (window === undefined) return now
  if (typeof window === "object") {
    if ("last" in window) return merged(before(window.last).map((then) => increase(name, now, then)))
    if ("since" in window) return onceReached(window.since, increase(name, now, at(window.since)))
    if ("at" in window) return onceReached(window.at, at(window.at))
    if ("ago" in window) return merged(before(window.ago))
    const [from, to] = window.between
    return onceReached(to, increase(name, at(to), at(from)))
  }
  switch (window) {
    case "first half":
    case "half-time":
      return at(45)
    case "second half":
      return increase(name, judgedPeriod(view) === "2H" ? now : at(90), at(45))
    case "since trigger":
      return view.trigger === undefined
        ? { match: "none" }
        : increase(name, now, fixed(name, view.trigger.figures[name]))
  }
}

/** The number that a scope will make of both teams' figures. Who leads at the end is not known before. */
const scopedAtEnd = (home: Range, away: Range, scope: Scope, { snapshot }: View): Range => {
  switch (scope) {
    case "total":
      return combine(home, away, (left, right) => left + right)
    case "difference":
      return distance(home, away)
    case "either":
      return combine(home, away, Math.max)
    case "both":
      return combine(home, away, Math.min)
    case "leading":
    case "trailing":
      return perhaps(oneOf([home, away]))
    case "home":
      return home
    case "away":
      return away
    default: {
      // Without pre-match odds there is no favourite so far, and no saying that there never will be.
      if (snapshot.prematch.win_odds === undefined) return perhaps(oneOf([home, away]))
      const side = teamOf(scope, snapshot)
      return side === undefined ? "none" : side === "home" ? home : away
    }
  }
}

const metricAtEnd = (
  { metric: name, scope = "total", window }: MetricValue,
  view: View,
  known: FiguresAtEnd
): Range => {
  const ranges = figureAtEnd(name, window, view, known)
  return "match" in ranges ? ranges.match : scopedAtEnd(ranges.home, ranges.away, scope, view)
}

const valueAtEnd = (expression: Expression, view: View, known: FiguresAtEnd): Range => {
  if (typeof expression === "number") return exactly(expression)
  if (expression === "minute") return within(view.snapshot.clock.minute, periodEnd[judgedPeriod(view)], true)
  return "op" in expression
    ? calculated(expression.op, valueAtEnd(expression.left, view, known), valueAtEnd(expression.right, view, known))
    : metricAtEnd(expression, view, known)
}

const holdsAtEnd = ({ comparator, left, right }: Comparison, view: View, known: FiguresAtEnd): boolean | undefined =>
  willCompare(valueAtEnd(left, view, known), comparator, valueAtEnd(right, view, known))

const isAtEnd = ({ clock }: View["snapshot"], period: JudgedPeriod): boolean =>
  clock.status === "finished" ||
  (clock.status === "break" && clock.period === period && clock.minute >= periodEnd[period])

/**
 * What a condition comes to at the end of regulation time (of extra time, for a trigger in it), as soon as that is
 * certain; undefined while it is open. At the end itself it is never open.
 *
 * Undefined too for a view that is past that end, which shows what no longer counts: judge the last one before it. And
 * for a match that will not be played to its end: one that is abandoned, cancelled, awarded or a walkover.
 *
 * What is found of figures is kept in `known`, for other conditions on the same view with the same past.
 */
export const decide = (condition: Condition, view: View, known: FiguresAtEnd = new Map()): Decision | undefined => {
  const { clock } = view.snapshot
  const period = judgedPeriod(view)
  if (isCalledOff(clock) || periods.indexOf(clock.period) > periods.indexOf(period)) return undefined
  if (isAtEnd(view.snapshot, period)) return evaluateCondition(condition, view) === undefined ? "miss" : "hit"
  const holds = (isAnyOf(condition) ? condition.any : [condition]).map((each) => holdsAtEnd(each, view, known))
  if (holds.includes(true)) return "hit"
  return holds.includes(undefined) ? undefined : "miss"
}
