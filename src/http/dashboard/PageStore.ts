/**
 * What pages read of the database, a page at a time, and what they change there. Nothing here reads more than it shows.
 *
 * All of it fails with DatabaseError alone; a row that does not decode is reported and left out.
 */
import { createHash } from "node:crypto"
import { Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { Database, type DatabaseError, decodeRows } from "../../database/Database.ts"
import { Outcome, type Verdict } from "../../domain/Outcome.ts"
import { Period } from "../../domain/Snapshot.ts"
import type { StrategyDefinition } from "../../domain/Strategy.ts"
import { AlertState, Evidence, TriggerId } from "../../domain/Trigger.ts"
import { toStrategyFile } from "../../rules/files/StrategyFile.ts"

const maybe = Schema.optionalKey

const AlertRow = Schema.Struct({
  id: TriggerId,
  strategyId: Schema.String,
  strategyName: maybe(Schema.String),
  matchId: Schema.String,
  home: maybe(Schema.String),
  away: maybe(Schema.String),
  competitionId: maybe(Schema.String),
  competition: maybe(Schema.String),
  period: maybe(Period),
  minute: maybe(Schema.Int),
  added: maybe(Schema.Int),
  scoreHome: maybe(Schema.Int),
  scoreAway: maybe(Schema.Int),
  triggeredAt: Schema.DateTimeUtcFromString,
  state: AlertState,
  attempts: maybe(Schema.Int),
  reason: maybe(Schema.String),
  channel: maybe(Schema.String),
  evidence: maybe(Schema.Array(Evidence)),
  outcome: maybe(Outcome)
}).pipe(
  Schema.encodeKeys({
    strategyId: "strategy_id",
    strategyName: "strategy_name",
    matchId: "match_id",
    competitionId: "competition_id",
    scoreHome: "score_home",
    scoreAway: "score_away",
    triggeredAt: "triggered_at",
    state: "alert_state"
  })
)
/** A trigger and its alert, as a page shows them. What an older version did not keep is not there. */
export type AlertRow = typeof AlertRow.Type

/** Which alerts to show: all that is named must be so. */
export interface AlertFilter {
  readonly match?: string | undefined
  readonly strategy?: string | undefined
  readonly competition?: string | undefined
  readonly state?: AlertState | undefined
  readonly verdict?: Verdict | "open" | undefined
  readonly since?: DateTime.Utc | undefined
  readonly until?: DateTime.Utc | undefined
}

/** A row of a list, behind which the next page begins. */
export interface AlertPlace {
  readonly triggeredAt: DateTime.Utc
  readonly id: string
}

const Counters = { triggers: Schema.Int, hits: Schema.Int, misses: Schema.Int, voids: Schema.Int }

const RecordRow = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  owner: Schema.NullOr(Schema.String),
  active: Schema.Boolean,
  file: Schema.NullOr(Schema.String),
  ...Counters
})
/** A strategy and its counters. */
export type RecordRow = typeof RecordRow.Type

/** What a strategy would have done on recorded matches, as it was checked last. Rates are fractions from 0 to 1. */
export const KeptBacktest = Schema.Struct({
  matches: Schema.Int,
  triggers: Schema.Int,
  hits: Schema.Int,
  misses: Schema.Int,
  undecided: Schema.Int,
  /** The share of the minutes looked at from which on the expectation came true: see the backtest. */
  baseRate: maybe(Schema.Finite),
  at: maybe(Schema.DateTimeUtcFromString)
})
export type KeptBacktest = typeof KeptBacktest.Type

const encodeBacktest = Schema.encodeSync(KeptBacktest)

const Named = Schema.Struct({ id: Schema.String, name: Schema.String })
/** What something is called. */
export type Named = typeof Named.Type

const KeptRow = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  owner: maybe(Schema.NullOr(Schema.String)),
  active: maybe(Schema.Boolean),
  file: maybe(Schema.NullOr(Schema.String)),
  backtest: maybe(Schema.NullOr(KeptBacktest)),
  /** What the row says, for `decodeStrategyRow`. Absent: the strategy was deleted. */
  content: maybe(Schema.String)
})
/** A strategy as its row keeps it. */
export type KeptRow = typeof KeptRow.Type

const Decided = Schema.Struct({ at: Schema.NullOr(Schema.String), hit: Schema.Boolean })

const Id = Schema.Struct({ id: Schema.String })

/** A strategy's columns. */
const columns = (definition: StrategyDefinition) => ({
  name: definition.name,
  description: definition.description ?? null,
  is_active: definition.active,
  definition: toStrategyFile(definition)
})

/** What names a content, so that a change of another one is not lost. */
export const markOf = (content: string): string => createHash("md5").update(content).digest("hex")

export class PageStore extends Context.Service<
  PageStore,
  {
    /** Triggers and their alerts, newest first, at most `limit`: those behind a place, or from the newest on. */
    readonly alerts: (
      filter: AlertFilter,
      limit: number,
      place?: AlertPlace
    ) => Effect.Effect<ReadonlyArray<AlertRow>, DatabaseError>
    /** Strategies in the order of their names, at most `limit`: those behind a place, or from the first on. */
    readonly records: (
      named: string | undefined,
      limit: number,
      place?: Pick<RecordRow, "id" | "name">
    ) => Effect.Effect<ReadonlyArray<RecordRow>, DatabaseError>
    /** The strategies that ever fired, in the order of their names, at most `limit`. */
    readonly withAlerts: (limit: number) => Effect.Effect<ReadonlyArray<Named>, DatabaseError>
    readonly strategy: (id: string) => Effect.Effect<Option.Option<KeptRow>, DatabaseError>
    /** Whether each of the latest decided triggers was a hit, in the order in which they fired, at most `limit`. */
    readonly decided: (strategy: string, limit: number) => Effect.Effect<ReadonlyArray<boolean>, DatabaseError>
    /** Switches a strategy of the operator on or off. False: there is none of this id. */
    readonly setActive: (strategy: string, active: boolean) => Effect.Effect<boolean, DatabaseError>
    /** Changes what a strategy of the operator says. False: there is none of this id, or its content is not `mark`'s. */
    readonly edit: (
      strategy: string,
      mark: string,
      definition: StrategyDefinition
    ) => Effect.Effect<boolean, DatabaseError>
    /** Keeps what a check on recorded matches found, in the place of what was kept before. */
    readonly keepBacktest: (strategy: string, found: KeptBacktest) => Effect.Effect<void, DatabaseError>
    /** Adds a strategy of the operator, and answers with its id. */
    readonly add: (definition: StrategyDefinition) => Effect.Effect<Option.Option<string>, DatabaseError>
  }
>()("touchline/http/dashboard/PageStore") {
  /** On the Database. */
  static readonly layer = Layer.effect(
    PageStore,
    Effect.gen(function* () {
      const { call } = yield* Database
      const decodeAlerts = decodeRows("alerts", AlertRow)
      const decodeRecords = decodeRows("strategies", RecordRow)
      const decodeKept = decodeRows("strategies", KeptRow)
      const decodeDecided = decodeRows("triggers", Decided)
      const decodeNamed = decodeRows("strategies", Named)
      const decodeIds = decodeRows("strategies", Id)
      const ids = (operation: string, args: { readonly [name: string]: unknown }) =>
        Effect.flatMap(call(operation, args), decodeIds)

      return PageStore.of({
        alerts: Effect.fn("PageStore.alerts")(function* (filter, limit, place) {
          const { competition, match, since, state, strategy, until, verdict } = filter
          return yield* decodeAlerts(
            yield* call("page_of_alerts", {
              filter: {
                ...(match === undefined ? undefined : { match_id: match }),
                ...(strategy === undefined ? undefined : { strategy_id: strategy }),
                ...(competition === undefined ? undefined : { league_id: competition }),
                ...(state === undefined ? undefined : { state }),
                ...(verdict === undefined ? undefined : { verdict }),
                ...(since === undefined ? undefined : { since: DateTime.formatIso(since) }),
                ...(until === undefined ? undefined : { until: DateTime.formatIso(until) })
              },
              place: place === undefined ? null : { triggered_at: DateTime.formatIso(place.triggeredAt), id: place.id },
              max_rows: limit
            })
          )
        }),
        records: Effect.fn("PageStore.records")(function* (named, limit, place) {
          return yield* decodeRecords(
            yield* call("page_of_records", {
              filter: named === undefined ? {} : { named },
              place: place === undefined ? null : { name: place.name, id: place.id },
              max_rows: limit
            })
          )
        }),
        withAlerts: Effect.fn("PageStore.withAlerts")(function* (limit) {
          return yield* decodeNamed(yield* call("strategies_with_alerts", { max_rows: limit }))
        }),
        strategy: Effect.fn("PageStore.strategy")(function* (strategy) {
          const [row] = yield* decodeKept(yield* call("strategy_as_kept", { strategy }))
          return Option.fromUndefinedOr(row)
        }),
        decided: Effect.fn("PageStore.decided")(function* (strategy, limit) {
          const rows = yield* decodeDecided(yield* call("decided_triggers", { strategy, max_rows: limit }))
          return rows.map(({ hit }) => hit)
        }),
        setActive: Effect.fn("PageStore.setActive")(function* (strategy, active) {
          return (yield* ids("edit_strategy", { strategy, was: null, change: { is_active: active } })).length > 0
        }),
        edit: Effect.fn("PageStore.edit")(function* (strategy, mark, definition) {
          return (yield* ids("edit_strategy", { strategy, was: mark, change: columns(definition) })).length > 0
        }),
        keepBacktest: Effect.fn("PageStore.keepBacktest")(function* (strategy, found) {
          yield* call("keep_backtest", { strategy, result: encodeBacktest(found) })
        }),
        add: Effect.fn("PageStore.add")(function* (definition) {
          const [added] = yield* ids("add_strategy", { said: columns(definition) })
          return Option.fromUndefinedOr(added?.id)
        })
      })
    })
  )
}
