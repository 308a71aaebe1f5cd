/** The pages that are watched now, by their addresses, and who watches each. */
import { Context, Layer } from "effect"
import type { Packed } from "./packed.ts"
import type { Part } from "./page.ts"

/** Who watches a page: where the pieces for it go. */
export interface Watcher {
  /** Hands over what is to be sent. Never waits. */
  readonly write: (piece: Packed) => void
  /** Whether so much waits to be read that it is given no more. */
  readonly isFull: () => boolean
  /** Whether it was given less than there was, and so needs the whole page. */
  missed: boolean
}

/** A page that is watched. */
export interface Watched {
  readonly address: string
  readonly watchers: Set<Watcher>
  parts: ReadonlyArray<Part>
  /** All of them, as they are sent; absent until somebody needs it. */
  whole: Packed | undefined
  /** The number of its last turn: the higher, the later. */
  turn: number
  /** When it was made, in milliseconds since 1970, and what named the state of what it showed then. */
  at: number
  mark: string | undefined
  isMoving: boolean
  isKept: boolean
}

export class WatchedPages extends Context.Service<WatchedPages, Map<string, Watched>>()(
  "touchline/http/dashboard/WatchedPages"
) {
  static readonly layer = Layer.sync(WatchedPages, () => new Map())
}
