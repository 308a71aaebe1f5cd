/**
 * Whether this service watches a strategy, which its row alone does not tell: the rows of files are not active, and where a
 * directory is watched no row of the database is.
 */
import { Effect } from "effect"
import { Strategies } from "../../strategies/Strategies.ts"
import { type Html, html } from "../html.ts"
import { Editing } from "./Editing.ts"
import type { RecordRow } from "./PageStore.ts"

/** `soon`: it can be used, and is watched from the next look on. `elsewhere`: this service does not watch it. */
export type WatchState = "on" | "off" | "left out" | "soon" | "elsewhere"

const words = {
  on: ["on", "on"],
  off: ["off", "off"],
  "left out": ["bad", "left out"],
  soon: ["pending", "not yet watched"],
  elsewhere: ["off", "not watched here"]
} as const

/** A mark that says it. */
export const watchMark = (watchState: WatchState): Html => {
  const [kind, text] = words[watchState]
  return html`<span class="mark ${kind}">${text}</span>`
}

type Row = Pick<RecordRow, "id" | "active" | "file">

/** What tells how rows are watched, by their ids. */
export const makeWatchStates = Effect.gen(function* () {
  const { directory, set, watched } = yield* Strategies
  const { filesOf } = yield* Editing
  let held: { readonly version: number; readonly ids: ReadonlySet<string> } | undefined

  return Effect.fnUntraced(function* (rows: ReadonlyArray<Row>) {
    const { all, version } = yield* watched
    if (held?.version !== version) held = { version, ids: new Set(Array.from(all(), ({ id }) => id)) }
    const { ids } = held
    const unwatched = rows.flatMap(({ file, id }) => (file === null || ids.has(id) ? [] : [file]))
    const files = directory === undefined || unwatched.length === 0 ? new Map() : yield* filesOf(unwatched)
    const watchState = ({ active, file, id }: Row): WatchState => {
      if (set === undefined && file === null) return !active ? "off" : ids.has(id) ? "on" : "left out"
      if (ids.has(id)) return "on"
      return (file === null ? undefined : files.get(file)) ?? "elsewhere"
    }
    return new Map(rows.map((row) => [row.id, watchState(row)]))
  })
})
