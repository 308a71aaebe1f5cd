/**
 * Strategies for the benchmark, as people write them: three to five conditions on the score, the statistics and their
 * windows, mostly a part of the match to look at too, sometimes alternatives, both teams compared, or a competition.
 * Each threshold is a value that some view has, drawn towards the rare end, so that conditions follow the distribution
 * of the matches.
 *
 * They come in three tastes, for an engine that evaluates what strategies share but once lives on their sharing it:
 *
 * - `usual`: what people look at most comes most often, windows are the common ones, and thresholds are rounded
 * - `wide`: every metric, scope and window on a grid of five minutes is as likely as the next; thresholds are rounded
 * - `scattered`: windows of any minutes, sums of any two values, thresholds as they are: as little is shared as can be
 */
import { hasNoTotal, type MetricName, metric } from "../../src/domain/Metric.ts"
import type {
  Comparison,
  Condition,
  Expression,
  MetricValue,
  Scope,
  Strategy,
  Window
} from "../../src/domain/Strategy.ts"
import { StrategyId } from "../../src/domain/Strategy.ts"
import type { View } from "../../src/rules/evaluate.ts"
import { printExpression } from "../../src/rules/print.ts"
import { reading } from "./closures.ts"

type Next = () => number

const pick = <const A>(next: Next, all: readonly [A, ...ReadonlyArray<A>]): A =>
  all[Math.floor(next() * all.length)] ?? all[0]

/** What people look at most comes most often. */
const names: readonly [MetricName, ...ReadonlyArray<MetricName>] = [
  "goals",
  "goals",
  "goals",
  "shots",
  "shots",
  "shots_on_target",
  "shots_on_target",
  "shots_on_target",
  "shots_off_target",
  "corners",
  "corners",
  "corners",
  "possession",
  "fouls",
  "offsides",
  "yellow_cards",
  "red_cards",
  "saves",
  "crosses"
]

const scopes: readonly [Scope, ...ReadonlyArray<Scope>] = [
  "total",
  "total",
  "total",
  "home",
  "away",
  "difference",
  "either",
  "both",
  "leading",
  "trailing"
]

const windows: readonly [Window, ...ReadonlyArray<Window>] = [
  { last: 5 },
  { last: 10 },
  { last: 10 },
  { last: 15 },
  { last: 15 },
  { last: 20 },
  { last: 30 },
  { since: 60 },
  { since: 70 },
  { between: [30, 45] },
  "first half",
  "half-time",
  "second half"
]

export type Taste = "usual" | "wide" | "scattered"

const everyName = names.filter((name, index) => names.indexOf(name) === index)
const everyScope = scopes.filter((scope, index) => scopes.indexOf(scope) === index)

/** A whole number from `from` to `to`, a multiple of `step` after it. */
const whole = (next: Next, from: number, to: number, step: number): number =>
  from + step * Math.floor(next() * ((to - from) / step + 1))

const anyWindow = (next: Next, step: number): Window => {
  const from = whole(next, 0, 75, step)
  return pick<Window>(next, [
    { last: whole(next, step, 45, step) },
    { last: whole(next, step, 45, step) },
    { since: whole(next, step, 80, step) },
    { between: [from, from + whole(next, step, 30, step)] },
    { at: whole(next, step, 80, step) },
    { ago: whole(next, step, 30, step) },
    "first half",
    "half-time",
    "second half"
  ])
}

/** The value of both teams, or of the home team where two values do not add up. */
const ofBoth = (name: MetricName): Scope => (hasNoTotal(metric(name)) ? "home" : "total")

const value = (next: Next, taste: Taste): MetricValue => {
  const isUsual = taste === "usual"
  const name = pick(next, isUsual ? names : ["goals", ...everyName])
  const picked = pick(next, isUsual ? scopes : ["total", ...everyScope])
  const scope = picked === "total" ? ofBoth(name) : picked
  if (metric(name).kind !== "cumulative" || next() >= (isUsual ? 0.45 : 0.55)) return { metric: name, scope }
  return { metric: name, scope, window: isUsual ? pick(next, windows) : anyWindow(next, taste === "wide" ? 5 : 1) }
}

const expression = (next: Next, taste: Taste): Expression => {
  const kind = next()
  const first = value(next, taste)
  if (kind < 0.8) return first
  if (taste === "scattered" && kind < 0.92)
    return { op: pick(next, ["+", "-"]), left: first, right: value(next, taste) }
  const of = (scope: Scope): MetricValue => ({ ...(taste === "usual" ? { metric: first.metric } : first), scope })
  if (kind < 0.92) return { op: "-", left: of("home"), right: of("away") }
  return { op: "/", left: of(ofBoth(first.metric)), right: "minute" }
}

/** As people round: 0.35, 7, 45, 280. */
const round = (threshold: number): number => {
  const size = Math.abs(threshold)
  const step = size >= 100 ? 20 : size >= 20 ? 5 : size >= 4 || Number.isInteger(threshold) ? 1 : 0.05
  return Math.round(Math.round(threshold / step) * step * 100) / 100
}

/** One team against the other. */
const rivals = (next: Next, taste: Taste): Comparison => {
  const { window, ...left } = value(next, taste)
  const comparator = pick(next, [">", "<", ">="])
  const [one, other] = pick<readonly [Scope, Scope]>(next, [
    ["home", "away"],
    ["leading", "trailing"],
    ["trailing", "leading"]
  ])
  return {
    left: { ...left, scope: one, ...(window === undefined ? {} : { window }) },
    comparator,
    right: { ...left, scope: other, ...(window === undefined ? {} : { window }) }
  }
}

/** Strategies of a seed: the same numbers give the same strategies. Values are looked up in the views. */
export const makeStrategies = (views: ReadonlyArray<View>, competitions: ReadonlyArray<string>, taste: Taste) => {
  const seen = new Map<string, Float64Array>()

  /** The values of an expression over the views in ascending order, those that exist. */
  const distribution = (of: Expression): Float64Array => {
    const key = printExpression(of)
    const known = seen.get(key)
    if (known !== undefined) return known
    const values = Float64Array.from(views, reading(of))
      .filter((number) => !Number.isNaN(number))
      .sort()
    seen.set(key, values)
    return values
  }

  const comparison = (next: Next): Comparison => {
    const left = expression(next, taste)
    if (next() < 0.06) return rivals(next, taste)
    const values = distribution(left)
    const comparator = pick(next, [">=", ">=", ">=", ">=", ">=", "<=", "<=", "<=", "="])
    const rare = Math.max(next(), next(), next(), next())
    const threshold = values[Math.floor((comparator === "<=" ? 1 - rare : rare) * values.length)] ?? 1
    return { left, comparator, right: taste === "scattered" ? threshold : round(threshold) }
  }

  const condition = (next: Next): Condition =>
    next() < 0.06 ? { any: [comparison(next), comparison(next)] } : comparison(next)

  const part = (next: Next): ReadonlyArray<Condition> => {
    const kind = next()
    const minute = (from: number, to: number) => from + 5 * Math.floor((next() * (to - from)) / 5)
    if (kind < 0.35) return [{ left: "minute", comparator: ">=", right: minute(20, 85) }]
    if (kind < 0.5) return [{ left: "minute", comparator: "<=", right: minute(30, 85) }]
    if (kind > 0.75) return []
    const from = minute(15, 75)
    return [
      { left: "minute", comparator: ">=", right: from },
      { left: "minute", comparator: "<=", right: from + pick(next, [10, 15, 20, 30]) }
    ]
  }

  return (count: number, next: Next): ReadonlyArray<Strategy> =>
    Array.from({ length: count }, (_, number): Strategy => {
      const more = Array.from({ length: pick(next, [2, 2, 3, 3, 4]) }, () => condition(next))
      const few =
        competitions.length > 0 && next() < 0.15 ? { competitions: [pickFrom(next, competitions)] as const } : {}
      return {
        id: StrategyId.make(`${number}`),
        name: `Strategy ${number}`,
        when: [condition(next), ...part(next), ...more],
        active: true,
        ...few
      }
    })
}

const pickFrom = (next: Next, all: ReadonlyArray<string>): string => all[Math.floor(next() * all.length)] ?? ""
