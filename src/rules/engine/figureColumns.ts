/**
 * The figures that conditions ask for, read from the views of a block once and laid out as columns: a pair (home and
 * away) for each metric in each window. NaN stands for a figure that does not exist.
 */
import { type MetricGroup, type MetricName, metric } from "../../domain/Metric.ts"
import type { Figure, Snapshot } from "../../domain/Snapshot.ts"
import type { Window } from "../../domain/Strategy.ts"
import { valueAt } from "../../domain/Timeline.ts"
import type { View } from "../evaluate.ts"
import { printWindow } from "../print.ts"
import { type Anchor, anchorKey, anchorsOf, type Source, sourceOf } from "./anchor.ts"
import { difference, makePair, type Pair } from "./columns.ts"
import { type MomentRows, makeMomentRows } from "./momentRows.ts"

/** A metric at an anchor. */
interface Reading extends Pair {
  readonly metric: MetricName
  /** Its name among the figures of its group in a snapshot: `draw` for `odds.draw`. */
  readonly key: string
  readonly sided: boolean
  /** Where the row of a past moment has it. */
  readonly slot: number
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

export interface Figures {
  /** The columns of a metric in a window, new or shared. Every call must be matched by a `release`. */
  readonly acquire: (metric: MetricName, window: Window | undefined) => FigureColumns
  readonly release: (columns: FigureColumns) => void
  /**
   * Reads the figures of these views, at most `blockSize`, into all columns. Answers with the positions of views that
   * columns cannot hold, for the catalogue has a value for each team where they have a single one.
   */
  readonly read: (views: ReadonlyArray<View>) => ReadonlySet<number>
}

/** Writes a figure into its columns. False when they cannot hold it. */
const put = (figure: Figure | undefined, { away, home, sided }: Reading, position: number): boolean => {
  if (typeof figure === "object" && sided) {
    home[position] = figure.home
    away[position] = figure.away
    return true
  }
  home[position] = typeof figure === "number" && !sided ? figure : Number.NaN
  away[position] = Number.NaN
  return typeof figure !== "number" || !sided
}

/** The readings of one anchor by where a snapshot has their current values. */
interface Plan {
  readonly anchor: Anchor
  readonly all: ReadonlyArray<Reading>
  readonly score: ReadonlyArray<Reading>
  readonly statistics: ReadonlyArray<Reading>
  readonly prematch: ReadonlyArray<Reading>
  readonly odds: ReadonlyArray<Reading>
}

const planOf = ({ anchor, metrics }: Readings): Plan => {
  const all = [...metrics.values()]
  const of = (group: MetricGroup) =>
    all.filter((reading) => reading.metric !== "goals" && metric(reading.metric).group === group)
  return {
    anchor,
    all,
    score: all.filter((reading) => reading.metric === "goals"),
    statistics: of("in-play"),
    prematch: of("prematch"),
    odds: of("odds")
  }
}

// Each reads one view at one anchor, and answers false when the columns of a metric cannot hold its figure.

const readRow = (row: Float64Array, readings: ReadonlyArray<Reading>, position: number): boolean => {
  for (const { away, home, slot } of readings) {
    home[position] = row[slot] ?? 0
    away[position] = row[slot + 1] ?? 0
  }
  return row[row.length - 1] === 1
}

const readStatistics = ({ statistics }: Snapshot, readings: ReadonlyArray<Reading>, position: number): void => {
  for (const reading of readings) put(statistics[reading.metric], reading, position)
}

/** A metric of a group that its own figures lack may be among the statistics, under its full name. */
const readGroup = (
  group: Snapshot["odds"],
  { statistics }: Snapshot,
  readings: ReadonlyArray<Reading>,
  position: number
): boolean => {
  let fits = true
  for (const reading of readings) {
    fits = put(group[reading.key] ?? statistics[reading.metric], reading, position) && fits
  }
  return fits
}

/** The same figures as `figures(snapshot)` has, without collecting all others. */
const readNow = (snapshot: Snapshot, plan: Plan, position: number): boolean => {
  const { odds, prematch, score } = snapshot
  for (const reading of plan.score) put(score, reading, position)
  readStatistics(snapshot, plan.statistics, position)
  const fits = readGroup(prematch, snapshot, plan.prematch, position)
  return readGroup(odds, snapshot, plan.odds, position) && fits
}

const readSource = (rows: MomentRows, source: Source, plan: Plan, view: View, position: number): boolean => {
  if (typeof source === "object") return readRow(rows.row(source), plan.all, position)
  if (source === "now") return readNow(view.snapshot, plan, position)
  let fits = true
  for (const reading of plan.all) {
    const figure = source === "absent" ? undefined : valueAt(view.timeline, reading.metric, source)
    fits = put(figure, reading, position) && fits
  }
  return fits
}

/** Reads all anchors of one view. */
const readView = (rows: MomentRows, plans: ReadonlyArray<Plan>, view: View, position: number): boolean => {
  let fits = true
  for (const plan of plans) fits = readSource(rows, sourceOf(plan.anchor, view), plan, view, position) && fits
  return fits
}

export const makeFigures = (): Figures => {
  const rows = makeMomentRows()
  const anchors = new Map<string, Readings>()
  const held = new Map<string, FigureColumns>()

  const acquireReading = (name: MetricName, anchor: Anchor): Reading => {
    const key = anchorKey(anchor)
    const shared: Readings = anchors.get(key) ?? { anchor, metrics: new Map() }
    anchors.set(key, shared)
    let reading = shared.metrics.get(name)
    if (reading === undefined) {
      const { sided } = metric(name)
      const key = name.slice(name.indexOf(".") + 1)
      reading = { ...makePair(), metric: name, key, sided, slot: rows.slot(name), anchor: shared, uses: 0 }
      shared.metrics.set(name, reading)
    }
    reading.uses += 1
    return reading
  }

  const releaseReading = (reading: Reading): void => {
    reading.uses -= 1
    if (reading.uses > 0) return
    reading.anchor.metrics.delete(reading.metric)
    if (reading.anchor.metrics.size === 0) anchors.delete(anchorKey(reading.anchor.anchor))
  }

  const acquire: Figures["acquire"] = (name, window) => {
    const key = window === undefined ? name : `${name} ${printWindow(window)}`
    let columns = held.get(key)
    if (columns === undefined) {
      const anchor = anchorsOf(window)
      const later = acquireReading(name, anchor.later)
      const earlier = anchor.earlier && acquireReading(name, anchor.earlier)
      const { all, away, home } = earlier === undefined ? later : makePair()
      columns = { key, home, away, all, later, earlier, uses: 0 }
      held.set(key, columns)
    }
    columns.uses += 1
    return columns
  }

  const release: Figures["release"] = (columns) => {
    columns.uses -= 1
    if (columns.uses > 0) return
    held.delete(columns.key)
    releaseReading(columns.later)
    if (columns.earlier !== undefined) releaseReading(columns.earlier)
  }

  const read: Figures["read"] = (views) => {
    const misfits = new Set<number>()
    const plans = Array.from(anchors.values(), planOf)
    // View by view: the moments of one match lie close together in memory, those of different matches far apart.
    views.forEach((view, position) => {
      if (!readView(rows, plans, view, position)) misfits.add(position)
    })
    for (const { away, earlier, home, later } of held.values()) {
      if (earlier === undefined) continue
      difference(later.home, earlier.home, home, views.length)
      difference(later.away, earlier.away, away, views.length)
    }
    return misfits
  }

  return { acquire, release, read }
}
