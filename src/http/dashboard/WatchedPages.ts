/** The pages that are watched now, by their addresses. */
import { Context, Layer, type PubSub } from "effect"
import type { Packed } from "./packed.ts"
import type { Part } from "./page.ts"

/** What watchers are sent, numbered one by one. */
export interface Message extends Packed {
  readonly number: number
}

/** A page that is watched. */
export interface Watched {
  readonly address: string
  readonly messages: PubSub.PubSub<Message>
  parts: ReadonlyArray<Part>
  watchers: number
  /** How many messages there were. */
  number: number
  /** When it was brought up to date. */
  at: number
  isMoving: boolean
}

export class WatchedPages extends Context.Service<WatchedPages, Map<string, Watched>>()(
  "touchline/http/dashboard/WatchedPages"
) {
  static readonly layer = Layer.sync(WatchedPages, () => new Map())
}
