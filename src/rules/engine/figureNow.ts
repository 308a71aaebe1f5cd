import { type MetricName, metric } from "../../domain/Metric.ts"
import type { Figure, Snapshot } from "../../domain/Snapshot.ts"

/** The current value of a metric: that of `figures(snapshot)`, without collecting all others. */
export const figureNow = (name: MetricName): ((snapshot: Snapshot) => Figure | undefined) => {
  if (name === "goals") return ({ score }) => score
  const key = name.slice(name.indexOf(".") + 1)
  switch (metric(name).group) {
    case "in-play":
      return ({ statistics }) => statistics[name]
    case "prematch":
      return ({ prematch, statistics }) => prematch[key] ?? statistics[name]
    case "odds":
      return ({ odds, statistics }) => odds[key] ?? statistics[name]
  }
}
