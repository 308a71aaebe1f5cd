/**
 * Strategies for the benchmark, as people write them: three to five conditions on the score, the statistics and their
 * windows, mostly a part of the match to look at too, sometimes alternatives, both teams compared, or a competition.
 * Each threshold is a value that some view has, drawn towards the rare end and rounded, so that conditions follow the
 * distribution of the matches.
 */
import { type MetricName, metric } from "../../src/domain/Metric.ts"
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
import { type View, valueOf } from "../../src/rules/evaluate.ts"
import { printExpression } from "../../src/rules/print.ts"

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

const value = (next: Next): MetricValue => {
  const name = pick(next, names)
  const scope = pick(next, scopes)
  const windowed = metric(name).kind === "cumulative" && next() < 0.45
  return windowed ? { metric: name, scope, window: pick(next, windows) } : { metric: name, scope }
}

const expression = (next: Next): Expression => {
  const kind = next()
  if (kind < 0.8) return value(next)
  const name = pick(next, names)
  if (kind < 0.92) return { op: "-", left: { metric: name, scope: "home" }, right: { metric: name, scope: "away" } }
  return { op: "/", left: { metric: name, scope: "total" }, right: "minute" }
}

/** As people round: 0.35, 7, 45, 280. */
const round = (threshold: number): number => {
  const size = Math.abs(threshold)
  const step = size >= 100 ? 20 : size >= 20 ? 5 : size >= 4 || Number.isInteger(threshold) ? 1 : 0.05
  return Math.round(Math.round(threshold / step) * step * 100) / 100
}

/** One team against the other. */
const rivals = (next: Next): Comparison => {
  const { window, ...left } = value(next)
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
export const makeStrategies = (views: ReadonlyArray<View>, competitions: ReadonlyArray<string>) => {
  const seen = new Map<string, Float64Array>()

  /** The values of an expression over the views in ascending order, those that exist. */
  const distribution = (of: Expression): Float64Array => {
    const key = printExpression(of)
    const known = seen.get(key)
    if (known !== undefined) return known
    const values = Float64Array.from(views.flatMap((view) => valueOf(of, view) ?? [])).sort()
    seen.set(key, values)
    return values
  }

  const comparison = (next: Next): Comparison => {
    const left = expression(next)
    if (next() < 0.06) return rivals(next)
    const values = distribution(left)
    const comparator = pick(next, [">=", ">=", ">=", ">=", ">=", "<=", "<=", "<=", "="])
    const rare = Math.max(next(), next(), next(), next())
    const threshold = values[Math.floor((comparator === "<=" ? 1 - rare : rare) * values.length)] ?? 1
    return { left, comparator, right: round(threshold) }
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
