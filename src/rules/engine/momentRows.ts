/**
 * The figures of past moments as rows of numbers. A moment never changes, and tick after tick windows come back to it;
 * its figures lie scattered in memory and a row does not, which makes reading it several times as fast. A row is
 * forgotten with its moment.
 */
import { type MetricName, metric } from "../../domain/Metric.ts"
import type { Figures } from "../../domain/Snapshot.ts"

export interface MomentRows {
  /** Where a metric is found in a row: its value of the home side (or the single one), then that of the away side. */
  readonly slot: (metric: MetricName) => number
  /**
   * The row of a moment's figures: NaN where there is none, and at the end 1, or 0 if a figure did not fit because the
   * catalogue has a value for each team where the moment has a single one.
   */
  readonly row: (figures: Figures) => Float64Array
}

const rowOf = (figures: Figures, names: ReadonlyArray<MetricName>): Float64Array => {
  const row = new Float64Array(2 * names.length + 1).fill(Number.NaN)
  let fits = true
  names.forEach((name, index) => {
    const figure = figures[name]
    const { sided } = metric(name)
    if (typeof figure === "number") {
      if (sided) fits = false
      else row[2 * index] = figure
    } else if (figure !== undefined && sided) {
      row[2 * index] = figure.home
      row[2 * index + 1] = figure.away
    }
  })
  row[2 * names.length] = Number(fits)
  return row
}

export const makeMomentRows = (): MomentRows => {
  const names: Array<MetricName> = []
  let rows = new WeakMap<Figures, Float64Array>()
  return {
    slot: (name) => {
      const known = names.indexOf(name)
      if (known >= 0) return 2 * known
      // The rows there are lack it.
      rows = new WeakMap()
      return 2 * (names.push(name) - 1)
    },
    row: (figures) => {
      const known = rows.get(figures)
      if (known !== undefined) return known
      const fresh = rowOf(figures, names)
      rows.set(figures, fresh)
      return fresh
    }
  }
}
