/**
 * The figures that conditions ask for, read from the views of a block once and laid out as columns: a pair (home and
 * away) for each metric in each window. A single figure for the match is in the home column.
 */
import { figureNow } from "../../domain/figureNow.ts"
import type { MetricName } from "../../domain/Metric.ts"
import type { Figure } from "../../domain/Snapshot.ts"
import type { Window } from "../../domain/Strategy.ts"
import { valueAt } from "../../domain/Timeline.ts"
import type { View } from "../evaluate.ts"
import { printWindow } from "../print.ts"
import { type Anchor, anchorKey, anchorsOf, type Instant, instantOf } from "./anchor.ts"
import type { Column, Columns } from "./columns.ts"
import type { Kernel } from "./Kernel.ts"
import { makePasts, misfitRow, type Past } from "./pasts.ts"
import { isCount, makeSlots, type Slot } from "./slots.ts"

/** A column for each side. */
export interface Pair {
  readonly home: Column
  readonly away: Column
}

/** A metric at an anchor. */
interface Reading extends Pair {
  readonly metric: MetricName
  /** Where the row of a moment has it. */
  readonly slot: Slot
  readonly anchor: Readings
  uses: number
}

/** All metrics that are asked for at one anchor. */
interface Readings {
  readonly anchor: Anchor
  readonly metrics: Map<MetricName, Reading>
}

/** A metric in a window: a reading, or one less another. */
export interface FigureColumns extends Pair {
  readonly key: string
  readonly later: Reading
  readonly earlier: Reading | undefined
  uses: number
}

export interface FigureTable {
  /** The columns of a metric in a window, new or shared. Every call must be matched by a `release`. */
  readonly acquire: (metric: MetricName, window: Window | undefined) => FigureColumns
  readonly release: (columns: FigureColumns) => void
  /**
   * Reads the figures of these views, at most `blockSize`, into all columns. Answers with the positions of views whose
   * figures do not fit their columns.
   */
  readonly read: (views: ReadonlyArray<View>) => ReadonlySet<number>
}

/** What is read at one anchor: for each reading three numbers, its place in a row and where its two columns begin. */
interface Plan {
  readonly anchor: Anchor
  readonly integers: Int32Array
  readonly floats: Int32Array
}

const planOf = ({ anchor, metrics }: Readings): Plan => {
  const places = (kind: Column["kind"], shift: number): Int32Array =>
    Int32Array.from(
      [...metrics.values()]
        .filter(({ slot }) => slot.kind === kind)
        .flatMap(({ away, home, slot }) => [slot.index, home.address >> shift, away.address >> shift])
    )
  return { anchor, integers: places("integers", 1), floats: places("floats", 3) }
}

/**
 * So many views are read at one anchor before the next anchor is: their integers share a line of the processor's cache in
 * each column, and their pasts still are in it for the next anchor.
 */
const together = 32

// Rows that are none of a moment seen: of one that will not be asked for again, of one that is not there, of kick-off.
const passingRow = 0
const absentRow = 1
const kickOffRow = 2

/** Copies numbers of the row that begins at `from` into the columns at one position. */
const copy = <A extends Int16Array | Float64Array>(
  rows: A,
  from: number,
  places: Int32Array,
  columns: A,
  position: number
): void => {
  for (let at = 0; at < places.length; at += 3) {
    const place = from + (places[at] ?? 0)
    columns[(places[at + 1] ?? 0) + position] = rows[place] ?? 0
    columns[(places[at + 2] ?? 0) + position] = rows[place + 1] ?? 0
  }
}

export const makeFigureTable = (kernel: Kernel, columns: Columns): FigureTable => {
  const slots = makeSlots()
  const pasts = makePasts(slots)
  const anchors = new Map<string, Readings>()
  const held = new Map<string, FigureColumns>()
  const readNow = new Map<MetricName, (view: View) => Figure | undefined>()
  // Undefined when readings were added or removed since.
  let plans: ReadonlyArray<Plan> | undefined
  // Rows by the numbers above.
  let standing = { integers: new Int16Array(0), floats: new Float64Array(0) }

  const makePair = (name: MetricName): Pair => {
    const kind = isCount(name) ? "integers" : "floats"
    return { home: columns.make(kind), away: columns.make(kind) }
  }

  const freePair = ({ away, home }: Pair): void => {
    columns.free(home)
    columns.free(away)
  }

  const slotOf = (name: MetricName): Slot => {
    const before = slots.length("integers") + slots.length("floats")
    const slot = slots.of(name)
    const [integers, floats] = [3 * slots.length("integers"), 3 * slots.length("floats")]
    if (integers + floats > 3 * before) {
      pasts.clear()
      standing = { integers: new Int16Array(integers), floats: new Float64Array(floats) }
      slots.write(standing, absentRow, () => undefined)
      slots.write(standing, kickOffRow, (each) => valueAt([], each, 0))
    }
    return slot
  }

  const acquireReading = (name: MetricName, anchor: Anchor): Reading => {
    const key = anchorKey(anchor)
    const shared: Readings = anchors.get(key) ?? { anchor, metrics: new Map() }
    anchors.set(key, shared)
    let reading = shared.metrics.get(name)
    if (reading === undefined) {
      reading = { ...makePair(name), metric: name, slot: slotOf(name), anchor: shared, uses: 0 }
      shared.metrics.set(name, reading)
      readNow.set(name, figureNow(name))
      plans = undefined
    }
    reading.uses += 1
    return reading
  }

  const releaseReading = (reading: Reading): void => {
    reading.uses -= 1
    if (reading.uses > 0) return
    const { anchor, metrics } = reading.anchor
    metrics.delete(reading.metric)
    if (metrics.size === 0) anchors.delete(anchorKey(anchor))
    freePair(reading)
    plans = undefined
  }

  const acquire: FigureTable["acquire"] = (name, window) => {
    const key = window === undefined ? name : `${name} ${printWindow(window)}`
    let figures = held.get(key)
    if (figures === undefined) {
      const anchor = anchorsOf(window)
      const later = acquireReading(name, anchor.later)
      const earlier = anchor.earlier && acquireReading(name, anchor.earlier)
      const { away, home } = earlier === undefined ? later : makePair(name)
      figures = { key, home, away, later, earlier, uses: 0 }
      held.set(key, figures)
    }
    figures.uses += 1
    return figures
  }

  const release: FigureTable["release"] = (figures) => {
    figures.uses -= 1
    if (figures.uses > 0) return
    held.delete(figures.key)
    releaseReading(figures.later)
    if (figures.earlier === undefined) return
    releaseReading(figures.earlier)
    freePair(figures)
  }

  /** The number of the standing row for an instant that is none of the moments seen, written if it has to be. */
  const standingRow = (instant: Instant, view: View): number => {
    if (instant === "absent") return absentRow
    // A feed may show a match before its first minute: figures that are not counts are then known at kick-off.
    if (typeof instant === "number" && instant <= 0 && view.timeline[0]?.minute !== 0) return kickOffRow
    const fits = slots.write(standing, passingRow, (name) => {
      if (instant === "now") return readNow.get(name)?.(view)
      if (instant === "trigger") return view.trigger?.figures[name]
      return valueAt(view.timeline, name, Math.max(0, instant))
    })
    return fits ? passingRow : misfitRow
  }

  const read: FigureTable["read"] = (views) => {
    const misfits = new Set<number>()
    plans ??= Array.from(anchors.values(), planOf)
    const integers = kernel.integers()
    const floats = kernel.floats()
    const [integersLength, floatsLength] = [slots.length("integers"), slots.length("floats")]

    /** Reads one view at one anchor. */
    const readAt = (plan: Plan, view: View, past: Past | undefined, position: number): void => {
      const instant = instantOf(plan.anchor, view)
      const latest = typeof instant === "number" && instant > 0 ? past?.latest[instant] : undefined
      const seen = Math.min(latest ?? -1, view.timeline.length - 1)
      const isSeen = past !== undefined && seen >= 0
      const row = isSeen ? pasts.row(past, seen) : standingRow(instant, view)
      if (row === misfitRow) {
        misfits.add(position)
        return
      }
      const rows = isSeen ? past.rows : standing
      copy(rows.integers, row * integersLength, plan.integers, integers, position)
      copy(rows.floats, row * floatsLength, plan.floats, floats, position)
    }

    for (let from = 0; from < views.length; from += together) {
      const some = views.slice(from, from + together)
      const past = some.map(({ timeline }) => pasts.of(timeline))
      for (const plan of plans) {
        for (let index = 0; index < some.length; index++) {
          const view = some[index]
          if (view !== undefined) readAt(plan, view, past[index], from + index)
        }
      }
    }
    for (const { away, earlier, home, later } of held.values()) {
      if (earlier === undefined) continue
      columns.combine("difference", later.home, earlier.home, home, views.length)
      columns.combine("difference", later.away, earlier.away, away, views.length)
    }
    return misfits
  }

  return { acquire, release, read }
}
