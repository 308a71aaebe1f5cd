/**
 * A strategy compiled to one function of a view. For a handful of strategies this is faster than columns, because it
 * leaves off at the first condition that does not hold, the cheapest to ask first; columns read everything and are paid
 * back by being shared.
 */
import { figureNow } from "../../domain/figureNow.ts"
import type { Sides } from "../../domain/Match.ts"
import { type MetricName, metric } from "../../domain/Metric.ts"
import type { Figure } from "../../domain/Snapshot.ts"
import {
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  type MetricValue,
  type Operator,
  type Strategy
} from "../../domain/Strategy.ts"
import { valueAt } from "../../domain/Timeline.ts"
import { compare } from "../compare.ts"
import { scoped, type View } from "../evaluate.ts"
import { type Anchor, anchorsOf, instantOf, latestBy } from "./anchor.ts"

/** Whether something holds on a view. */
export type Test = (view: View) => boolean

/** A number of a view, NaN where it does not exist. */
type Read = (view: View) => number

type ReadFigure = (view: View) => Figure | undefined

const figureAt = (name: MetricName, anchor: Anchor): ReadFigure => {
  const now = figureNow(name)
  if (anchor.kind === "now") return now
  return (view) => {
    const instant = instantOf(anchor, view)
    if (instant === "absent") return undefined
    if (instant === "now") return now(view)
    if (instant === "trigger") return view.trigger?.figures[name]
    const seen = instant > 0 ? view.timeline[latestBy(view.timeline, instant)] : undefined
    return seen === undefined ? valueAt(view.timeline, name, Math.max(0, instant)) : seen.figures[name]
  }
}

const isSides = (figure: Figure | undefined): figure is Sides => typeof figure === "object"

const figureIn = ({ metric: name, window }: MetricValue): ReadFigure => {
  const { earlier, later } = anchorsOf(window)
  const end = figureAt(name, later)
  if (earlier === undefined) return end
  const begin = figureAt(name, earlier)
  return (view) => {
    const before = begin(view)
    const after = end(view)
    if (isSides(after) && isSides(before)) return { home: after.home - before.home, away: after.away - before.away }
    return typeof after === "number" && typeof before === "number" ? after - before : undefined
  }
}

const readMetric = (value: MetricValue): Read => {
  const { scope = "total" } = value
  const { sided } = metric(value.metric)
  const figure = figureIn(value)
  return (view) => {
    const found = figure(view)
    if (!isSides(found)) return found ?? Number.NaN
    return (sided ? scoped(found, scope, view.snapshot) : undefined) ?? Number.NaN
  }
}

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN)

const calculating: Readonly<Record<Operator, (left: Read, right: Read) => Read>> = {
  "+": (left, right) => (view) => finite(left(view) + right(view)),
  "-": (left, right) => (view) => finite(left(view) - right(view)),
  "*": (left, right) => (view) => finite(left(view) * right(view)),
  "/": (left, right) => (view) => finite(left(view) / right(view))
}

const readerOf = (expression: Expression): Read => {
  if (typeof expression === "number") return () => expression
  if (expression === "minute") return ({ snapshot }) => snapshot.clock.minute
  if (!("op" in expression)) return readMetric(expression)
  return calculating[expression.op](readerOf(expression.left), readerOf(expression.right))
}

const compile = ({ comparator, left, right }: Comparison): Test => {
  const [first, second] = [readerOf(left), readerOf(right)]
  return (view) => compare(first(view), comparator, second(view))
}

const both =
  (first: Test, second: Test): Test =>
  (view) =>
    first(view) && second(view)
const either =
  (first: Test, second: Test): Test =>
  (view) =>
    first(view) || second(view)

/** How much there is to look up for an expression, roughly. */
const cost = (expression: Expression): number => {
  if (typeof expression === "number") return 0
  if (expression === "minute") return 1
  if ("op" in expression) return cost(expression.left) + cost(expression.right)
  return expression.window === undefined ? 2 : 10
}

const costOf = (condition: Condition): number =>
  isAnyOf(condition)
    ? condition.any.reduce((total, { left, right }) => total + cost(left) + cost(right), 0)
    : cost(condition.left) + cost(condition.right)

/** Whether a strategy fires on a view. That it is active is taken for granted. */
export const compileStrategy = ({ competitions, when }: Strategy): Test => {
  const holds = when
    .toSorted((a, b) => costOf(a) - costOf(b))
    .map((condition) => (isAnyOf(condition) ? condition.any.map(compile).reduce(either) : compile(condition)))
    .reduceRight((rest, test) => both(test, rest))
  if (competitions === undefined) return holds
  return both(({ snapshot }) => competitions.includes(snapshot.match.competition.id), holds)
}
