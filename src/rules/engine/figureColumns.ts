/**
 * The figures that conditions ask for, read from the views of a block once and laid out as columns of numbers: a pair of
 * columns (home and away) for each metric at each anchor. NaN stands for a figure that does not exist.
 */
import { type MetricName, metric } from "../../domain/Metric.ts"
import type { Figure, Snapshot } from "../../domain/Snapshot.ts"
import { valueAt } from "../../domain/Timeline.ts"
import type { View } from "../evaluate.ts"
import { type Anchor, anchorKey, type Source, sourceOf } from "./anchor.ts"
import { blockSize } from "./block.ts"

/** A pair of columns. The column of the home side begins at `home`; that of a single figure for the match too. */
export interface FigureColumn {
  readonly anchor: AnchorColumns
  readonly metric: MetricName
  /** How a snapshot has its current value. */
  readonly now: (snapshot: Snapshot) => Figure | undefined
  readonly sided: boolean
  /** Where the columns begin in `data`. */
  readonly home: number
  readonly away: number
  uses: number
}

interface AnchorColumns {
  readonly anchor: Anchor
  readonly columns: Map<MetricName, FigureColumn>
}

export interface FigureColumns {
  /** All columns, `blockSize` numbers each. */
  readonly data: () => Float64Array
  /** The columns of a metric at an anchor, new or shared. Every call must be matched by a `release`. */
  readonly acquire: (metric: MetricName, anchor: Anchor) => FigureColumn
  readonly release: (column: FigureColumn) => void
  /**
   * Reads the figures of these views, at most `blockSize`, into the columns. Answers with the positions of views that
   * the columns cannot hold, for the catalogue has a value for each team where they have a single one.
   */
  readonly read: (views: ReadonlyArray<View>) => ReadonlySet<number>
}

/** Reads the current value of a metric: that of `figures(snapshot)`, without collecting all others. */
const reader = (name: MetricName): FigureColumn["now"] => {
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

const figureFrom = (source: Source, column: FigureColumn, view: View): Figure | undefined => {
  if (typeof source === "object") return source[column.metric]
  if (source === "now") return column.now(view.snapshot)
  return source === "absent" ? undefined : valueAt(view.timeline, column.metric, source)
}

export const makeFigureColumns = (): FigureColumns => {
  const anchors = new Map<string, AnchorColumns>()
  const free: Array<number> = []
  let used = 0
  let data = new Float64Array(0)

  const pair = (): number => {
    const reused = free.pop()
    if (reused !== undefined) return reused
    const begin = used
    used += 2 * blockSize
    if (used > data.length) {
      // The contents are of the last block: nothing to keep.
      data = new Float64Array(Math.max(used, Math.ceil(1.5 * data.length)))
    }
    return begin
  }

  const acquire: FigureColumns["acquire"] = (name, anchor) => {
    const key = anchorKey(anchor)
    let shared = anchors.get(key)
    if (shared === undefined) {
      shared = { anchor, columns: new Map() }
      anchors.set(key, shared)
    }
    let column = shared.columns.get(name)
    if (column === undefined) {
      const home = pair()
      const { sided } = metric(name)
      column = { anchor: shared, metric: name, now: reader(name), sided, home, away: home + blockSize, uses: 0 }
      shared.columns.set(name, column)
    }
    column.uses += 1
    return column
  }

  const release: FigureColumns["release"] = (column) => {
    column.uses -= 1
    if (column.uses > 0) return
    free.push(column.home)
    column.anchor.columns.delete(column.metric)
    if (column.anchor.columns.size === 0) anchors.delete(anchorKey(column.anchor.anchor))
  }

  const read: FigureColumns["read"] = (views) => {
    const misfits = new Set<number>()
    for (const { anchor, columns } of anchors.values()) {
      const all = [...columns.values()]
      for (let position = 0; position < views.length; position++) {
        const view = views[position]
        if (view === undefined) continue
        const source = sourceOf(anchor, view)
        for (const column of all) {
          const figure = figureFrom(source, column, view)
          let home = Number.NaN
          let away = Number.NaN
          if (typeof figure === "object") {
            if (column.sided) {
              home = figure.home
              away = figure.away
            }
          } else if (figure !== undefined) {
            if (column.sided) misfits.add(position)
            else home = figure
          }
          data[column.home + position] = home
          data[column.away + position] = away
        }
      }
    }
    return misfits
  }

  return { data: () => data, acquire, release, read }
}
