/**
 * The pasts of matches as rows of numbers, a row for each moment. Tick after tick windows come back to the same moments;
 * their figures lie scattered in memory and rows do not, which makes reading them many times as fast. A row is written
 * when it is first asked for, and a past is forgotten with its match's first moment.
 */
import type { Moment, Timeline } from "../../domain/Timeline.ts"
import { isBy } from "./anchor.ts"
import type { Rows, Slots } from "./slots.ts"

/** The past of one match. */
export interface Past {
  /** What `rows` is of: as many moments of the match as were seen so far, perhaps more than a view has. */
  timeline: Timeline
  /** For each minute the number of the latest moment that is not after it, or -1. Minute 0 is not asked for. */
  readonly latest: Int16Array
  rows: Rows
  /** For each moment whether its row is written, and if so whether every figure fits. */
  states: Uint8Array
}

export interface Pasts {
  /** The past of a match that has seen these moments, none without any. It stays so whatever is asked for afterwards. */
  readonly of: (timeline: Timeline) => Past | undefined
  /** The number of a moment's row, which is written by then, or `misfitRow` when a figure does not fit. */
  readonly row: (past: Past, moment: number) => number
  /** Forgets all: rows have other slots now. */
  readonly clear: () => void
}

/** In place of a row: figures that do not fit one. */
export const misfitRow = -1

const lastMinute = 120

const [unwritten, fitting, misfitting] = [0, 1, 2]

/** How many moments of two timelines are the same, from the first on. */
const common = (a: Timeline, b: Timeline): number => {
  let same = 0
  while (same < b.length && a[same] === b[same]) same += 1
  return same
}

const index = (latest: Int16Array, timeline: Timeline): void => {
  let seen = -1
  for (let minute = 0; minute <= lastMinute; minute++) {
    for (let next = timeline[seen + 1]; next !== undefined && isBy(next, minute); next = timeline[seen + 1]) seen += 1
    latest[minute] = seen
  }
}

export const makePasts = (slots: Slots): Pasts => {
  let pasts = new WeakMap<Moment, Past>()

  const blank = (moments: number) => ({
    rows: {
      integers: new Int16Array(moments * slots.length("integers")),
      floats: new Float64Array(moments * slots.length("floats"))
    },
    states: new Uint8Array(moments)
  })

  /** Goes on with a past to the end of this timeline, which begins as it does. */
  const extend = (past: Past, timeline: Timeline): void => {
    if (timeline.length > past.states.length) {
      const { rows, states } = blank(timeline.length + 16)
      rows.integers.set(past.rows.integers)
      rows.floats.set(past.rows.floats)
      states.set(past.states)
      past.rows = rows
      past.states = states
    }
    past.timeline = timeline
    index(past.latest, timeline)
  }

  /** A past that begins with so many moments of another one. That stays as it is: another view may still have it. */
  const branch = (past: Past, same: number): Past => ({
    timeline: past.timeline.slice(0, same),
    latest: new Int16Array(lastMinute + 1),
    rows: { integers: past.rows.integers.slice(), floats: past.rows.floats.slice() },
    states: past.states.slice().fill(unwritten, same)
  })

  return {
    of: (timeline) => {
      const [first] = timeline
      if (first === undefined) return undefined
      const known = pasts.get(first)
      if (known?.timeline === timeline) return known
      const same = known === undefined ? 0 : common(known.timeline, timeline)
      if (known !== undefined && same === timeline.length) return known
      const past =
        known === undefined
          ? { timeline: [], latest: new Int16Array(lastMinute + 1), ...blank(0) }
          : same === known.timeline.length
            ? known
            : branch(known, same)
      pasts.set(first, past)
      extend(past, timeline)
      return past
    },
    row: (past, moment) => {
      if (past.states[moment] === unwritten) {
        const figures = past.timeline[moment]?.figures
        const fits = slots.write(past.rows, moment, (name) => figures?.[name])
        past.states[moment] = fits ? fitting : misfitting
      }
      return past.states[moment] === misfitting ? misfitRow : moment
    },
    clear: () => {
      pasts = new WeakMap()
    }
  }
}
