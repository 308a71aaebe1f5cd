/**
 * Who looks on at each scan, for people to see: nobody, unless a layer says otherwise.
 *
 * What is told here is taken note of and worked on later: a tick waits for nobody.
 */
import { Context, Effect } from "effect"
import type { NewTrigger } from "../database/TriggerStore.ts"
import type { Snapshot } from "../domain/Snapshot.ts"
import type { Timelines } from "../history/MatchHistory.ts"
import type { View } from "../rules/evaluate.ts"
import type { Nearby } from "./nearby.ts"

/** What a scan has seen and done: all matches of a tick, or one shard of them. */
export interface Sight {
  readonly snapshots: ReadonlyArray<Snapshot>
  readonly timelines: Timelines
  /** Those in play, as they were judged. */
  readonly views: ReadonlyArray<View>
  readonly created: ReadonlyArray<NewTrigger>
  /**
   * Which strategies are one condition away, view by view, at most so many of each. It may be asked at any time, of any views;
   * of those judged last it costs next to nothing.
   */
  readonly nearby: (views: ReadonlyArray<View>, most: number) => ReadonlyArray<Nearby>
}

export interface Onlooker {
  /** The feed has shown these matches, all that it has. */
  readonly observed: (snapshots: ReadonlyArray<Snapshot>) => Effect.Effect<void>
  readonly judged: (sight: Sight) => Effect.Effect<void>
}

export const Onlooker = Context.Reference<Onlooker>("touchline/scan/Onlooker", {
  defaultValue: () => ({ observed: () => Effect.void, judged: () => Effect.void })
})
