/** The rows of the database's functions that concern triggers, and what it is given to create them. */
import { DateTime, Predicate, Schema, SchemaGetter } from "effect"
import { MatchId } from "../domain/Match.ts"
import { type Condition, StrategyId } from "../domain/Strategy.ts"
import { AlertState, type Candidate, Trigger, TriggerId, TriggerSnapshot } from "../domain/Trigger.ts"

/** The columns of the view `trigger_alerts`, by the fields of a trigger. */
export const triggerColumns = {
  strategyId: "strategy_id",
  strategyName: "strategy_name",
  ownerChat: "owner_chat",
  triggeredAt: "triggered_at",
  alertState: "alert_state",
  expiresAt: "expires_at"
} as const
export const TriggerRow = Trigger.pipe(Schema.encodeKeys(triggerColumns))

export const decodeTrigger = Schema.decodeUnknownResult(TriggerRow, { errors: "all" })

export const PendingRow = Schema.Struct({
  id: TriggerId,
  owner: Schema.NullOr(Schema.String),
  triggeredAt: Schema.String
}).pipe(Schema.encodeKeys({ triggeredAt: triggerColumns.triggeredAt }))

export const FailedRow = Schema.Struct({
  ...Trigger.fields,
  attempts: Schema.Int,
  reason: Schema.NullOr(Schema.String)
}).pipe(Schema.encodeKeys(triggerColumns))

export const CreatedRow = Schema.Struct({
  id: TriggerId,
  strategyId: StrategyId,
  matchId: MatchId,
  isNew: Schema.Boolean
}).pipe(Schema.encodeKeys({ strategyId: "strategy_id", matchId: "match_id", isNew: "is_new" }))

export const HeldRow = Schema.Struct({ strategyId: StrategyId, matchId: MatchId }).pipe(
  Schema.encodeKeys({ strategyId: "strategy_id", matchId: "match_id" })
)

/** Whether an answer to what was to be created says that the pair is held back. */
export const isHeldRow = (row: unknown): boolean => Predicate.hasProperty(row, "held") && row.held === true

/** Whether it says that the pair has no trigger now, and gets one if its strategy stays. */
export const isLeavingRow = (row: unknown): boolean => Predicate.hasProperty(row, "leaving") && row.leaving === true

export const OwnerRow = Schema.Struct({
  owner: Schema.String,
  triggers: Schema.Int,
  day: Schema.DateTimeUtcFromString.pipe(
    Schema.decodeTo(Schema.Finite, {
      decode: SchemaGetter.transform(DateTime.toEpochMillis),
      encode: SchemaGetter.transform((millis: number) => DateTime.makeUnsafe(millis))
    })
  )
})

export const TriggeredRow = Schema.Struct({ match_id: MatchId, strategies: Schema.Array(Schema.String) })

export const CountRow = Schema.Struct({ state: AlertState, count: Schema.Int })

const encodeSnapshot = Schema.encodeSync(TriggerSnapshot)

/** The columns that all triggers of a match share. */
const shownColumns = ({ clock, match, score }: typeof TriggerSnapshot.Encoded, triggeredAt: string) => ({
  match_id: match.id,
  triggered_at: triggeredAt,
  period: clock.period,
  minute: clock.minute,
  added: clock.added,
  home_team: match.home.name,
  away_team: match.away.name,
  score_home: score.home,
  score_away: score.away,
  league_id: match.competition.id,
  fixture_timestamp: match.kickOff
})

interface TriggerOfMatch {
  readonly strategy_id: string
  readonly evidence_json: Candidate["evidence"]
  readonly expectation: Condition | undefined
  readonly strategy_text: string | undefined
}

/** What `create_judged_triggers` takes. */
export const matchesOf = (candidates: ReadonlyArray<Candidate>, triggeredAt: string) => {
  const strategies = new Map<TriggerSnapshot, Array<TriggerOfMatch>>()
  for (const { evidence, expectation, snapshot, strategyId, strategyText } of candidates) {
    const same = strategies.get(snapshot)
    const trigger = { strategy_id: strategyId, evidence_json: evidence, expectation, strategy_text: strategyText }
    if (same === undefined) strategies.set(snapshot, [trigger])
    else same.push(trigger)
  }
  return Array.from(strategies, ([shown, triggers]) => {
    const snapshot = encodeSnapshot(shown)
    return { shown: shownColumns(snapshot, triggeredAt), snapshot, triggers }
  })
}
