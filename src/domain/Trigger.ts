import { Schema, SchemaGetter } from "effect"
import { LastGoal } from "./LastGoal.ts"
import { TextOrNumber } from "./Match.ts"
import { Outcome } from "./Outcome.ts"
import { oneLine } from "./oneLine.ts"
import { StoredSnapshot } from "./StoredSnapshot.ts"
import { Condition, OwnerId, StrategyId } from "./Strategy.ts"

/** Why a strategy fired: one condition as text, and the two values it compared. */
export const Evidence = Schema.Struct({
  condition: Schema.String,
  left: Schema.Finite,
  right: Schema.Finite
})
export interface Evidence extends Schema.Schema.Type<typeof Evidence> {}

/** A match as it stands when a strategy fires, with its last goal where the timeline tells. */
export const TriggerSnapshot = Schema.Struct({ ...StoredSnapshot.fields, lastGoal: Schema.optionalKey(LastGoal) })
export interface TriggerSnapshot extends Schema.Schema.Type<typeof TriggerSnapshot> {}

/** A strategy that holds on a match now: a trigger, unless the pair has one already. */
export const Candidate = Schema.Struct({
  strategyId: StrategyId,
  strategyName: Schema.NonEmptyString,
  snapshot: TriggerSnapshot,
  /** One entry for each condition that held; of an `any` group, the first alternative that did. */
  evidence: Schema.Array(Evidence),
  /** What the strategy expects, as it stands now: it is judged by this, whatever becomes of the strategy. */
  expectation: Schema.optionalKey(Condition),
  /** What an owner's strategy says, as one text that no other owner's strategy and no other conditions have. */
  strategyText: Schema.optionalKey(Schema.String)
})
export interface Candidate extends Schema.Schema.Type<typeof Candidate> {}

/** The pair that is triggered once, ever. */
export interface Pair {
  readonly strategyId: string
  readonly matchId: string
}

/** The pair of a candidate. */
export const pairOf = (candidate: Candidate): Pair => ({
  strategyId: candidate.strategyId,
  matchId: candidate.snapshot.match.id
})

/** An id as a part of a key or of a job's id, where `:` parts them: ids may hold any character. */
export const idPart = (id: string): string => id.replaceAll("%", "%25").replaceAll(":", "%3A")

/** One text for each pair, as Redis deployments know it: `dedup:{strategyId}:{matchId}`. */
export const dedupKey = ({ matchId, strategyId }: Pair): string => `dedup:${idPart(strategyId)}:${idPart(matchId)}`

/** The name of a strategy as its owner wrote it into the database, made one line: it stands in messages and log lines. */
const StoredName = Schema.String.pipe(
  Schema.decodeTo(Schema.NonEmptyString, {
    decode: SchemaGetter.transform((name: string) => oneLine(name, 200)),
    encode: SchemaGetter.passthrough()
  })
)

/** The id of a trigger row. */
export const TriggerId = TextOrNumber.pipe(Schema.brand("TriggerId"))
export type TriggerId = typeof TriggerId.Type

/**
 * Where the alert of a trigger stands. `pending` until a channel took it (`sent`), it failed for good (`failed`) or was too
 * late to be of use (`expired`).
 */
export const AlertState = Schema.Literals(["pending", "sent", "failed", "expired"])
export type AlertState = typeof AlertState.Type

/** A (strategy, match) pair that fired, once and for all, with the match as it stood then. The row is the alert's outbox. */
export const Trigger = Schema.Struct({
  id: TriggerId,
  owner: Schema.NullOr(OwnerId),
  /** The Telegram chat of the owner, if they have one. */
  ownerChat: Schema.optionalKey(Schema.NullOr(TextOrNumber)),
  ...Candidate.fields,
  strategyName: StoredName,
  triggeredAt: Schema.DateTimeUtcFromString,
  alertState: AlertState,
  /** What became of its expectation. Absent where nothing was expected. */
  outcome: Schema.optionalKey(Outcome),
  /** When the alert expires, where somebody asked for it again. Otherwise the match and the trigger say so. */
  expiresAt: Schema.optionalKey(Schema.DateTimeUtcFromString)
})
export interface Trigger extends Schema.Schema.Type<typeof Trigger> {}
