/**
 * The fastest way that most people would think of: each strategy compiled to closures, one after another until one does
 * not hold. Once over prepared facts, and once from the views as the engine has them.
 */
import { type MetricName, metric } from "../../src/domain/Metric.ts"
import type { Figure } from "../../src/domain/Snapshot.ts"
import {
  type Comparator,
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  type MetricValue,
  type Strategy
} from "../../src/domain/Strategy.ts"
import { isAfterHalfTime, valueAt } from "../../src/domain/Timeline.ts"
import { scoped, type View } from "../../src/rules/evaluate.ts"
import type { FactComparison, FactRule, Term } from "./facts.ts"

type Test<A> = (subject: A) => boolean
type Read<A> = (subject: A) => number

const comparing = <A>(left: Read<A>, comparator: Comparator, right: Read<A>): Test<A> => {
  switch (comparator) {
    case ">=":
      return (subject) => left(subject) >= right(subject)
    case "<=":
      return (subject) => left(subject) <= right(subject)
    case ">":
      return (subject) => left(subject) > right(subject)
    case "<":
      return (subject) => left(subject) < right(subject)
    case "=":
      return (subject) => left(subject) === right(subject)
    case "!=":
      return (subject) => {
        const difference = left(subject) - right(subject)
        return difference < 0 || difference > 0
      }
  }
}

const every = <A>(tests: ReadonlyArray<Test<A>>): Test<A> => {
  const [a, b, c, ...rest] = tests
  if (a === undefined) return () => true
  if (b === undefined) return a
  if (c === undefined) return (subject) => a(subject) && b(subject)
  const more = every(rest)
  return (subject) => a(subject) && b(subject) && c(subject) && more(subject)
}

const some = <A>(tests: ReadonlyArray<Test<A>>): Test<A> => {
  const [a, b, ...rest] = tests
  if (a === undefined) return () => false
  if (b === undefined) return a
  const more = rest.length === 0 ? undefined : some(rest)
  return (subject) => a(subject) || b(subject) || (more?.(subject) ?? false)
}

/** A view with its facts. */
export interface Prepared {
  readonly facts: Float64Array
  readonly competition: string
}

const factTest = ({ comparator, left, right }: FactComparison): Test<Prepared> => {
  if (typeof left === "object" && typeof right === "number") {
    // The usual case, as direct as can be.
    const { fact } = left
    switch (comparator) {
      case ">=":
        return ({ facts }) => (facts[fact] ?? Number.NaN) >= right
      case "<=":
        return ({ facts }) => (facts[fact] ?? Number.NaN) <= right
      case "=":
        return ({ facts }) => facts[fact] === right
    }
  }
  const read = (term: Term): Read<Prepared> =>
    typeof term === "number" ? () => term : ({ facts }) => facts[term.fact] ?? Number.NaN
  return comparing(read(left), comparator, read(right))
}

/** A strategy over prepared facts. */
export const closureOnFacts = ({ all, competitions }: FactRule): Test<Prepared> => {
  const tests = all.map((alternatives) => some(alternatives.map(factTest)))
  return every(competitions === undefined ? tests : [({ competition }) => competitions.includes(competition), ...tests])
}

const figureNow = (name: MetricName): ((view: View) => Figure | undefined) => {
  if (name === "goals") return ({ snapshot }) => snapshot.score
  const key = name.slice(name.indexOf(".") + 1)
  const { group } = metric(name)
  if (group === "in-play") return ({ snapshot }) => snapshot.statistics[name]
  return group === "odds" ? ({ snapshot }) => snapshot.odds[key] : ({ snapshot }) => snapshot.prematch[key]
}

const minus = (later: Figure | undefined, earlier: Figure | undefined): Figure | undefined => {
  if (typeof later === "object" && typeof earlier === "object") {
    return { home: later.home - earlier.home, away: later.away - earlier.away }
  }
  return typeof later === "number" && typeof earlier === "number" ? later - earlier : undefined
}

const figureIn = ({ metric: name, window }: MetricValue): ((view: View) => Figure | undefined) => {
  const now = figureNow(name)
  const at = ({ timeline }: View, minute: number) => valueAt(timeline, name, Math.max(0, minute))
  const minute = ({ snapshot }: View): number => snapshot.clock.minute
  const second = ({ snapshot }: View): boolean => isAfterHalfTime(snapshot.clock.period)
  if (window === undefined) return now
  if (typeof window === "object") {
    if ("last" in window) return (view) => minus(now(view), at(view, minute(view) - window.last))
    if ("since" in window) {
      return (view) => (minute(view) >= window.since ? minus(now(view), at(view, window.since)) : undefined)
    }
    if ("at" in window) return (view) => (minute(view) >= window.at ? at(view, window.at) : undefined)
    if ("ago" in window) return (view) => at(view, minute(view) - window.ago)
    const [from, to] = window.between
    return (view) => (minute(view) >= to ? minus(at(view, to), at(view, from)) : undefined)
  }
  switch (window) {
    case "first half":
      return (view) => (second(view) ? at(view, 45) : now(view))
    case "second half":
      return (view) => {
        if (!second(view)) return undefined
        return minus(view.snapshot.clock.period === "2H" ? now(view) : at(view, 90), at(view, 45))
      }
    case "half-time":
      return (view) => (second(view) || view.snapshot.clock.status === "break" ? at(view, 45) : undefined)
    case "since trigger":
      return ({ snapshot, trigger }) => trigger && minus(now({ snapshot, timeline: [] }), trigger.figures[name])
  }
}

/** The value of an expression, NaN where it has none. */
export const reading = (expression: Expression): Read<View> => {
  if (typeof expression === "number") return () => expression
  if (expression === "minute") return ({ snapshot }) => snapshot.clock.minute
  if (!("op" in expression)) {
    const figure = figureIn(expression)
    const { scope = "total" } = expression
    return (view) => {
      const value = figure(view)
      return (typeof value === "object" ? scoped(value, scope, view.snapshot) : value) ?? Number.NaN
    }
  }
  const left = reading(expression.left)
  const right = reading(expression.right)
  const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN)
  switch (expression.op) {
    case "+":
      return (view) => finite(left(view) + right(view))
    case "-":
      return (view) => finite(left(view) - right(view))
    case "*":
      return (view) => finite(left(view) * right(view))
    case "/":
      return (view) => finite(left(view) / right(view))
  }
}

const viewTest = ({ comparator, left, right }: Comparison): Test<View> => {
  const read = reading(left)
  if (typeof right === "number" && comparator === ">=") return (view) => read(view) >= right
  if (typeof right === "number" && comparator === "<=") return (view) => read(view) <= right
  return comparing(read, comparator, reading(right))
}

const holding = (condition: Condition): Test<View> =>
  isAnyOf(condition) ? some(condition.any.map(viewTest)) : viewTest(condition)

/** A strategy from the views as they are. */
export const closureOnViews = ({ competitions, when }: Strategy): Test<View> => {
  const tests = when.map(holding)
  return every(
    competitions === undefined
      ? tests
      : [({ snapshot }) => competitions.includes(snapshot.match.competition.id), ...tests]
  )
}
