/** Triggers with expectations, on the embedded database. */
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import type { Candidate } from "../../src/domain/Trigger.ts"
import type { OpenTrigger, Resolution } from "../../src/outcome/OpenTrigger.ts"
import { OutcomeStore } from "../../src/outcome/OutcomeStore.ts"
import { condition } from "../backtest/recordings.ts"
import { Sql } from "../contracts/Sql.ts"
import { candidateOf, newStrategy, type Shown } from "../fixtures/pipeline.ts"

/** The stores, on a database of their own that is reached this way. */
export const storesOn = (database: typeof layerEmbedded) =>
  Layer.mergeAll(TriggerStore.layer, StrategyStore.layer, OutcomeStore.layer({ amend: true }), Sql.layerEmbedded).pipe(
    Layer.provideMerge(database),
    Layer.provideMerge(EmbeddedPostgres.layer()),
    Layer.provideMerge(NodeServices.layer)
  )

/** The stores, on a database of their own. */
export const onDatabase = storesOn(layerEmbedded)

export const sql = (statements: string) => Effect.flatMap(Sql, ({ run }) => run(statements))

/** A strategy that holds on every match in play, and expects this of it. */
export const expecting = (expect: string, fields: Partial<Strategy> = {}): Strategy =>
  newStrategy({ expect: condition(expect), ...fields })

/** The strategy has fired on the match as it is shown. */
export const firedOn = (strategy: Strategy, match: Shown = {}): Candidate => ({
  ...candidateOf(strategy, match),
  ...(strategy.expect === undefined ? undefined : { expectation: strategy.expect })
})

/** Saves the strategies and creates their triggers on these matches. */
export const fire = Effect.fnUntraced(function* (
  strategies: ReadonlyArray<Strategy>,
  matches: ReadonlyArray<Shown> = [{}]
) {
  yield* (yield* StrategyStore).save(strategies)
  const store = yield* TriggerStore
  return (yield* store.create(matches.flatMap((match) => strategies.map((each) => firedOn(each, match))))).triggers
})

/** What is to be judged on a match. */
export const openOn = Effect.fnUntraced(function* (matchId: string) {
  const store = yield* OutcomeStore
  return (yield* store.open([matchId], 0)).get(matchId) ?? []
})

/** A verdict on a trigger as it stands. */
export const verdictOn = (
  { id, standing }: OpenTrigger,
  verdict: Resolution["verdict"],
  fields: Partial<Resolution> = {}
): Resolution => ({
  id,
  version: standing.version,
  at: standing.writtenAt ?? 0,
  verdict,
  isFinal: true,
  finding: { score: { home: 1, away: 0 }, decidedAt: { period: "2H", minute: 90, added: 3 } },
  tell: true,
  ...fields
})

/** The counters of all strategies, and what a count of the triggers says. */
export const counters =
  sql(`select p.strategy_id id, total_triggers::int triggers, total_hits::int hits, total_misses::int misses,
  total_voids voids, coalesce(hit_rate, 0)::float rate from performance p order by 1`)

export const recounted =
  sql(`select strategy_id id, count(*)::int triggers, count(*) filter (where verdict = 'hit')::int hits,
  count(*) filter (where verdict = 'miss')::int misses, count(*) filter (where verdict = 'void')::int voids,
  coalesce(round(100.0 * count(*) filter (where verdict = 'hit') / nullif(count(*) filter (where verdict in ('hit', 'miss')), 0), 2), 0)::float
    rate from triggers group by 1 order by 1`)
