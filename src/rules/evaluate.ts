/**
 * The reference evaluator: what a strategy means, in the plainest code that says it. A faster engine is right when it
 * agrees with this one.
 *
 * A value that does not exist is `undefined` and stays so through every operation; a comparison with one does not hold,
 * whatever its comparator. Nothing here asks whether the match is in play: that is for the caller to decide.
 */
import { figureNow } from "../domain/figureNow.ts"
import type { Side, Sides } from "../domain/Match.ts"
import { type MetricName, metric } from "../domain/Metric.ts"
import type { Figure, Snapshot } from "../domain/Snapshot.ts"
import {
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  type MetricValue,
  type Operator,
  type Scope,
  type Strategy,
  type Window,
  watches
} from "../domain/Strategy.ts"
import { isAfterHalfTime, type Moment, type Timeline, valueAt } from "../domain/Timeline.ts"
import type { Evidence } from "../domain/Trigger.ts"
import { compare } from "./compare.ts"
import { printComparison } from "./print.ts"

/** What a condition is judged by. */
export interface View {
  /** The match now. */
  readonly snapshot: Snapshot
  /** Its past, up to and including the moment that the snapshot shows. */
  readonly timeline: Timeline
  /** The moment at which the strategy fired, for an expectation: `since trigger` counts from here. */
  readonly trigger?: Moment
}

/** A scope that means one team, where the others combine the values of both. */
export type TeamScope = Exclude<Scope, "total" | "difference" | "either" | "both">

/** The opponent's side. */
export const opponent = (side: Side): Side => (side === "home" ? "away" : "home")

const isSides = (figure: Figure | undefined): figure is Sides => typeof figure === "object"

/** The side that the pre-match 1X2 odds favour: the lower price of a win. None when they are equal or not known. */
export const favourite = (snapshot: Snapshot): Side | undefined => {
  const price = snapshot.prematch.win_odds
  if (!isSides(price) || price.home === price.away) return undefined
  return price.home < price.away ? "home" : "away"
}

/** The side that has more goals now. None at a draw. */
export const leader = ({ score }: Snapshot): Side | undefined =>
  score.home === score.away ? undefined : score.home > score.away ? "home" : "away"

/** The side that a scope means in this match as it stands, or none: a draw has no leader, a match without odds no favourite. */
export const teamOf = (scope: TeamScope, snapshot: Snapshot): Side | undefined => {
  const best = favourite(snapshot)
  const ahead = leader(snapshot)
  const only = (side: Side, holds: boolean): Side | undefined => (holds ? side : undefined)
  switch (scope) {
    case "home":
    case "away":
      return scope
    case "favourite":
      return best
    case "underdog":
      return best && opponent(best)
    case "home favourite":
      return only("home", best === "home")
    case "away favourite":
      return only("away", best === "away")
    case "home underdog":
      return only("home", best === "away")
    case "away underdog":
      return only("away", best === "home")
    case "leading":
      return ahead
    case "trailing":
      return ahead && opponent(ahead)
  }
}

/** The number that a scope makes of both teams' values, or undefined when the team that it means does not exist. */
export const scoped = (values: Sides, scope: Scope, snapshot: Snapshot): number | undefined => {
  switch (scope) {
    case "total":
      return values.home + values.away
    case "difference":
      return Math.abs(values.home - values.away)
    case "either":
      return Math.max(values.home, values.away)
    case "both":
      return Math.min(values.home, values.away)
    default: {
      const side = teamOf(scope, snapshot)
      return side && values[side]
    }
  }
}

/** What came between two values of a metric, team by team. */
const minus = (later: Figure | undefined, earlier: Figure | undefined): Figure | undefined => {
  if (isSides(later) && isSides(earlier)) return { home: later.home - earlier.home, away: later.away - earlier.away }
  return typeof later === "number" && typeof earlier === "number" ? later - earlier : undefined
}

/** The value of a metric in a window, before any scope. See `Window` for what each window means. */
const figureIn = (name: MetricName, window: Window | undefined, view: View): Figure | undefined => {
  const { clock } = view.snapshot
  const now = figureNow(name)(view)
  const at = (minute: number): Figure | undefined => valueAt(view.timeline, name, Math.max(0, minute))
  const reached = (minute: number): boolean => clock.minute >= minute
  const secondHalfBegan = isAfterHalfTime(clock.period)
  if (window === undefined) return now
  if (typeof window === "object") {
    if ("last" in window) return minus(now, at(clock.minute - window.last))
    if ("since" in window) return reached(window.since) ? minus(now, at(window.since)) : undefined
    if ("at" in window) return reached(window.at) ? at(window.at) : undefined
    if ("ago" in window) return at(clock.minute - window.ago)
    const [from, to] = window.between
    return reached(to) ? minus(at(to), at(from)) : undefined
  }
  switch (window) {
    case "first half":
      return secondHalfBegan ? at(45) : now
    case "second half":
      return secondHalfBegan ? minus(clock.period === "2H" ? now : at(90), at(45)) : undefined
    case "half-time":
      return secondHalfBegan || clock.status === "break" ? at(45) : undefined
    case "since trigger":
      return view.trigger && minus(now, view.trigger.figures[name])
  }
}

const valueOfMetric = ({ metric: name, scope = "total", window }: MetricValue, view: View): number | undefined => {
  const figure = figureIn(name, window, view)
  if (isSides(figure)) return metric(name).sided ? scoped(figure, scope, view.snapshot) : undefined
  return figure
}

const calculate = (op: Operator, left: number, right: number): number => {
  switch (op) {
    case "+":
      return left + right
    case "-":
      return left - right
    case "*":
      return left * right
    case "/":
      return left / right
  }
}

/**
 * The value of an expression, or undefined when it has none: a figure that is not known, a window that is not there
 * yet, a team that does not exist, a division by zero, a result too large for a number.
 */
export const valueOf = (expression: Expression, view: View): number | undefined => {
  if (typeof expression === "number") return expression
  if (expression === "minute") return view.snapshot.clock.minute
  if (!("op" in expression)) return valueOfMetric(expression, view)
  const left = valueOf(expression.left, view)
  const right = valueOf(expression.right, view)
  if (left === undefined || right === undefined) return undefined
  const result = calculate(expression.op, left, right)
  return Number.isFinite(result) ? result : undefined
}

const evaluateComparison = (comparison: Comparison, view: View): Evidence | undefined => {
  const left = valueOf(comparison.left, view)
  const right = valueOf(comparison.right, view)
  return left !== undefined && right !== undefined && compare(left, comparison.comparator, right)
    ? { condition: printComparison(comparison), left, right }
    : undefined
}

/** The evidence that a condition holds (of a group, its first alternative that does), or undefined when it does not. */
export const evaluateCondition = (condition: Condition, view: View): Evidence | undefined => {
  if (!isAnyOf(condition)) return evaluateComparison(condition, view)
  for (const alternative of condition.any) {
    const evidence = evaluateComparison(alternative, view)
    if (evidence !== undefined) return evidence
  }
  return undefined
}

/**
 * The evidence that a strategy fires, one entry for each of its conditions in their order, or undefined when it does
 * not: it is inactive, does not watch this competition, or one of its conditions does not hold.
 */
export const evaluate = (
  strategy: Pick<Strategy, "when" | "active" | "competitions">,
  view: View
): ReadonlyArray<Evidence> | undefined => {
  if (!strategy.active || !watches(strategy, view.snapshot.match.competition.id)) return undefined
  const all: Array<Evidence> = []
  for (const condition of strategy.when) {
    const evidence = evaluateCondition(condition, view)
    if (evidence === undefined) return undefined
    all.push(evidence)
  }
  return all
}
