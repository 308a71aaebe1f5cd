/**
 * What became of a trigger's expectation: judged as it stood when the strategy fired, at the end of regulation time (for a
 * trigger in extra time: at the end of that).
 */
import { Duration, Schema } from "effect"
import { MatchMinute, Score } from "./Snapshot.ts"

/** `void`: no verdict is possible, because the match was not played to its end or its end was never seen. */
export const Verdict = Schema.Literals(["hit", "miss", "void"])
export type Verdict = typeof Verdict.Type

/** How long after the end of a match what its feed shows revises a verdict. */
export const correctedWithin = Duration.minutes(30)

/** The outcome of a trigger as its row tells it. Without a verdict it is open. */
export const Outcome = Schema.Struct({
  /** A condition in normal form; whoever needs it decodes it, so that one that cannot be read costs no alert. */
  expectation: Schema.Unknown,
  verdict: Schema.optionalKey(Verdict),
  /** Why there is no hit or miss, or why a value is missing. */
  reason: Schema.optionalKey(Schema.String),
  /** The scoreboard minute from which nothing but a correction could change it. */
  decidedAt: Schema.optionalKey(MatchMinute),
  /** The score at that moment; of a final verdict, at the end. */
  score: Schema.optionalKey(Score),
  /** Whether the match has ended. A correction may revise it still. */
  isFinal: Schema.Boolean,
  /** How often what people read of it has changed. */
  revision: Schema.Int
})
export interface Outcome extends Schema.Schema.Type<typeof Outcome> {}

/** A word for each trigger that expects something: its verdict, or `open`. */
export const resultOf = ({ verdict }: Outcome): Verdict | "open" => verdict ?? "open"
