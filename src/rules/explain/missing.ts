/** Why an expression has no value: what a person asks who sees a condition fail on figures that are not there. */
import type { Side } from "../../domain/Match.ts"
import { type MetricName, metric } from "../../domain/Metric.ts"
import { figures } from "../../domain/Snapshot.ts"
import type { Expression, MetricValue, Scope, Window } from "../../domain/Strategy.ts"
import { isAfterHalfTime } from "../../domain/Timeline.ts"
import { favourite, type View, valueOf } from "../evaluate.ts"
import { printExpression } from "../print.ts"

const missingFigure = (name: MetricName): string => {
  switch (metric(name).group) {
    case "prematch":
      return `no ${name}: not known before this match`
    case "odds":
      return `no ${name}: the feed gives no such odds`
    case "in-play":
      return `no ${name}: the feed has not given it`
  }
}

/** Why a window is not there yet, or undefined when it is. */
const notYet = (window: Window, { snapshot: { clock }, trigger }: View): string | undefined => {
  const before = (minute: number): string | undefined =>
    clock.minute < minute ? `not before minute ${minute}` : undefined
  const secondHalfBegan = isAfterHalfTime(clock.period)
  if (typeof window === "object") {
    if ("since" in window) return before(window.since)
    if ("at" in window) return before(window.at)
    return "between" in window ? before(window.between[1]) : undefined
  }
  switch (window) {
    case "first half":
      return undefined
    case "second half":
      return secondHalfBegan ? undefined : "not before the second half"
    case "half-time":
      return secondHalfBegan || clock.status === "break" ? undefined : "not before half-time"
    case "since trigger":
      return trigger === undefined ? "not before the strategy has fired" : undefined
  }
}

/** Why there is no team that a scope means, or undefined where it does not mean one. */
const noTeam = (scope: Scope, { snapshot }: View): string | undefined => {
  const best = favourite(snapshot)
  const unless = (side: Side, is: boolean, role: "favourite" | "underdog"): string | undefined => {
    if (best === undefined) return noFavourite()
    return is ? undefined : `the ${side} team is not the ${role}`
  }
  const noFavourite = (): string =>
    snapshot.prematch.win_odds === undefined
      ? "no pre-match odds, so no favourite"
      : "equal pre-match odds, so no favourite"
  switch (scope) {
    case "leading":
    case "trailing":
      return snapshot.score.home === snapshot.score.away ? "level: nobody leads" : undefined
    case "favourite":
    case "underdog":
      return best === undefined ? noFavourite() : undefined
    case "home favourite":
      return unless("home", best === "home", "favourite")
    case "away favourite":
      return unless("away", best === "away", "favourite")
    case "home underdog":
      return unless("home", best === "away", "underdog")
    case "away underdog":
      return unless("away", best === "home", "underdog")
    default:
      return undefined
  }
}

const missingMetric = ({ metric: name, scope, window }: MetricValue, view: View): string => {
  const unavailable = window === undefined ? undefined : notYet(window, view)
  if (unavailable !== undefined) return unavailable
  if (name === "minutes_since_last_goal") return "no goal yet whose minute was seen"
  if (figures(view.snapshot)[name] === undefined) return missingFigure(name)
  const team = scope === undefined ? undefined : noTeam(scope, view)
  return team ?? `${name} is not known for that part of the match`
}

/**
 * Why an expression has no value in a view, each reason once and none for one that has a value. The reasons stand by
 * themselves: `no pre-match odds, so no favourite`, `not before minute 60`, `level: nobody leads`.
 */
export const missingIn = (expression: Expression, view: View): ReadonlyArray<string> => {
  if (valueOf(expression, view) !== undefined || typeof expression !== "object") return []
  if (!("op" in expression)) return [missingMetric(expression, view)]
  const reasons = [...new Set([...missingIn(expression.left, view), ...missingIn(expression.right, view)])]
  if (reasons.length > 0) return reasons
  return expression.op === "/" && valueOf(expression.right, view) === 0
    ? [`division by zero: ${printExpression(expression.right)} is 0`]
    : [`${printExpression(expression)} is too large for a number`]
}
