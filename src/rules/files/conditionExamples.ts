/** Conditions that editors offer to whoever begins one: every scope, every window and every metric or family of metrics in one of them. */
import { isMetricName, type Metric, type MetricName, metrics } from "../../domain/Metric.ts"
import { type MetricValue, scopes, type Window } from "../../domain/Strategy.ts"
import { printComparison } from "../print.ts"

const windows: ReadonlyArray<Window> = [
  { last: 15 },
  { since: 60 },
  { at: 60 },
  { ago: 10 },
  { between: [30, 60] },
  "first half",
  "second half",
  "half-time"
]

/** A number that a metric of each unit may well be compared with. */
const usual: Readonly<Record<Metric["unit"], number>> = {
  count: 3,
  goals: 1.5,
  minutes: 20,
  percent: 60,
  "decimal odds": 2,
  "per match": 1.5,
  rank: 3
}

const atLeast = (left: MetricValue, right: number): string => printComparison({ left, comparator: ">=", right })

/** Both teams together say something of what is counted only: `home` stands for either team otherwise. */
const ofMetric = (metric: MetricName, { sided, unit }: Metric): string =>
  atLeast({ metric, ...(sided && unit !== "count" && unit !== "goals" ? { scope: "home" } : undefined) }, usual[unit])

/** One of each family speaks for the others. */
const families = new Set<string>()
const isExample = ({ family }: Metric): boolean => {
  if (family === undefined) return true
  const isFirst = !families.has(family.pattern)
  families.add(family.pattern)
  return isFirst
}

/** Examples of conditions of `when`, as text. */
export const conditionExamples: ReadonlyArray<string> = [
  "minute >= 70",
  "home shots - away shots >= 3",
  ...scopes.map((scope) => atLeast({ metric: "goals", scope }, 1)),
  ...windows.map((window) => atLeast({ metric: "corners", scope: "total", window }, 4)),
  ...[...metrics].flatMap(([name, metric]) => (isMetricName(name) && isExample(metric) ? [ofMetric(name, metric)] : []))
]
