/**
 * Who is told of each scan when it is done, such as whoever judges the triggers that are open. Nobody, unless a layer says
 * otherwise.
 *
 * What is told here is taken note of and worked on later: a tick waits for nobody.
 */
import { Context, Effect } from "effect"
import type { NewTrigger } from "../database/TriggerStore.ts"
import type { Snapshot } from "../domain/Snapshot.ts"
import type { Timelines } from "../history/MatchHistory.ts"

/** What a scan has seen and done: all matches of a tick, or one shard of them. */
export interface Scanned {
  readonly snapshots: ReadonlyArray<Snapshot>
  readonly timelines: Timelines
  readonly created: ReadonlyArray<NewTrigger>
}

export interface AfterScan {
  /** The feed has shown these matches, all that it has. */
  readonly observed: (snapshots: ReadonlyArray<Snapshot>) => Effect.Effect<void>
  readonly scanned: (scanned: Scanned) => Effect.Effect<void>
}

export const AfterScan = Context.Reference<AfterScan>("touchline/scan/AfterScan", {
  defaultValue: () => ({ observed: () => Effect.void, scanned: () => Effect.void })
})
