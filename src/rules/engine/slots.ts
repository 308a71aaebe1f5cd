/**
 * The metrics that conditions ask for, each with its place in a row of integers (counts) or of floats (everything else),
 * and the writing of such rows, from which figures are copied into columns.
 */
import { type MetricName, metric } from "../../domain/Metric.ts"
import type { Figure } from "../../domain/Snapshot.ts"
import { type Column, none } from "./columns.ts"

/** Where a row has a metric: its value of the home side (or the single one), then that of the away side. */
export interface Slot {
  readonly kind: Column["kind"]
  readonly index: number
}

/** Rows of numbers, one after another. */
export interface Rows {
  readonly integers: Int16Array
  readonly floats: Float64Array
}

export interface Slots {
  /** The slot of a metric, given it when it is first asked for. */
  readonly of: (metric: MetricName) => Slot
  /** How many numbers a row has. It grows with each new slot. */
  readonly length: (kind: Column["kind"]) => number
  /**
   * Writes row number `row`. Answers whether every figure fits: it has a value for each team where the catalogue has one
   * for each and a single one where it has a single one, and a count is a whole number in the catalogue's range.
   */
  readonly write: (rows: Rows, row: number, figureOf: (metric: MetricName) => Figure | undefined) => boolean
}

/** A slot, and what the catalogue says of its metric. */
interface Place extends Slot {
  readonly name: MetricName
  readonly sided: boolean
  readonly most: number
}

/** Whether a metric is kept as integers. */
export const isCount = (name: MetricName): boolean => metric(name).unit === "count"

const isWhole = (count: number, most: number): boolean => count >= 0 && count <= most && Number.isInteger(count)

export const makeSlots = (): Slots => {
  const places: Array<Place> = []
  const lengths = { integers: 0, floats: 0 }
  return {
    of: (name) => {
      const known = places.find((place) => place.name === name)
      if (known !== undefined) return known
      const kind = isCount(name) ? "integers" : "floats"
      const { range, sided } = metric(name)
      const place = { kind, index: lengths[kind], name, sided, most: range[1] } as const
      places.push(place)
      lengths[kind] += 2
      return place
    },
    length: (kind) => lengths[kind],
    write: ({ floats, integers }, row, figureOf) => {
      let fits = true
      for (const { index, kind, most, name, sided } of places) {
        const at = row * lengths[kind] + index
        const figure = figureOf(name)
        const isSingle = typeof figure === "number"
        const home = figure === undefined ? Number.NaN : isSingle ? figure : figure.home
        const away = figure === undefined || isSingle ? Number.NaN : figure.away
        if (figure !== undefined && sided === isSingle) fits = false
        if (kind === "floats") {
          floats[at] = home
          floats[at + 1] = away
        } else if (figure === undefined) {
          integers[at] = none
          integers[at + 1] = none
        } else {
          if (!isWhole(home, most) || !isWhole(away, most)) fits = false
          integers[at] = home
          integers[at + 1] = away
        }
      }
      return fits
    }
  }
}
