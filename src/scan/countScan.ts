/** Counts what scans do, for `/metrics`. */
import { Clock, Effect, Metric } from "effect"
import * as metrics from "../health/metrics.ts"
import type { ScanReport } from "./ScanReport.ts"

const counted = [
  ["scans", metrics.scans],
  ["failures", metrics.scanFailures],
  ["snapshots", metrics.snapshots],
  ["dropped", metrics.snapshotsDropped],
  ["partsLeftOut", metrics.partsLeftOut],
  ["held", metrics.pairsHeld],
  ["triggers", metrics.triggers],
  ["heldBack", metrics.heldBack]
] as const

/** Adds a report to the counters. */
export const countReport = (report: Partial<ScanReport>): Effect.Effect<void> =>
  Effect.forEach(
    counted,
    ([name, counter]) => {
      const amount = report[name] ?? 0
      return amount === 0 ? Effect.void : Metric.update(counter, amount)
    },
    { discard: true }
  )

/** Counts pairs that somebody knew already. */
export const countDuplicates = (layer: (typeof metrics.duplicateLayers)[number], pairs: number): Effect.Effect<void> =>
  pairs === 0 ? Effect.void : Metric.update(metrics.of(metrics.duplicates, { layer }), pairs)

/** Notes that something happened now. */
export const countNow = (gauge: Metric.Gauge<number>): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => Metric.update(gauge, now / 1000))
