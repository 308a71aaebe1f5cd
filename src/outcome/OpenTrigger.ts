/** A trigger that is to be judged, or was a short while ago and may be revised: what its row tells of its outcome. */
import type { Verdict } from "../domain/Outcome.ts"
import type { MatchMinute, Score, Snapshot } from "../domain/Snapshot.ts"
import type { Condition } from "../domain/Strategy.ts"
import type { Moment } from "../domain/Timeline.ts"
import type { TriggerId } from "../domain/Trigger.ts"
import type { Finding } from "./find.ts"

/** What is about to be told of a trigger that is not at its end: a hit or a miss, or that it is open again. */
export type Settling = "hit" | "miss" | "open"

/** How the outcome of a trigger stands in its row. Times are milliseconds since 1970. */
export interface Standing {
  /** How often it was written: whoever brings another number has seen an older state. */
  readonly version: number
  /** What was told. Absent while it is open. */
  readonly verdict?: Verdict
  /** The score that was told with it. */
  readonly score?: Score
  /** What else it rests on. */
  readonly decidedAt?: MatchMinute
  readonly values?: { readonly left?: unknown; readonly right?: unknown }
  /** When it was written last. */
  readonly writtenAt?: number
  /** Since when it is final. Absent until then. */
  readonly finalAt?: number
  readonly settling?: { readonly to: Settling; readonly since: number }
}

export interface OpenTrigger {
  readonly id: TriggerId
  /** What is expected. Triggers of one text share one object. */
  readonly expectation: Condition
  /** The match when the strategy fired. */
  readonly at: Moment
  /** What was known before kick-off when the strategy fired: it counts where the match does not tell any more. */
  readonly prematch: Snapshot["prematch"]
  readonly standing: Standing
}

/** What is to become of a trigger: the whole of its outcome from now on. */
export interface Resolution {
  readonly id: TriggerId
  /** Of the state that it was made of. */
  readonly version: number
  /** When the match was seen that it is made of. */
  readonly at: number
  readonly verdict: Verdict | undefined
  readonly isFinal: boolean
  /** What the verdict, or what settles towards one, rests on. Undefined: what was written before. */
  readonly finding: Pick<Finding, "decidedAt" | "reason" | "score" | "values"> | undefined
  readonly settling?: Standing["settling"]
  /** Whether people are to read of it. */
  readonly tell: boolean
}
