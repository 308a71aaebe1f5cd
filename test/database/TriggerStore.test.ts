import { NodeServices } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import { Sql } from "../contracts/Sql.ts"
import { contractStrategies, triggerStoreContract } from "../contracts/triggerStoreContract.ts"
import { Logs } from "../fixtures/logs.ts"
import { candidateOf, newStrategy, receipt, unused } from "../fixtures/pipeline.ts"

triggerStoreContract("The store in memory", TriggerStore.layerMemory)

const onDatabase = Layer.effectDiscard(Effect.flatMap(StrategyStore, ({ save }) => save(contractStrategies))).pipe(
  Layer.provideMerge(Layer.mergeAll(TriggerStore.layer, StrategyStore.layer, Sql.layerEmbedded)),
  Layer.provideMerge(layerEmbedded),
  Layer.provide(EmbeddedPostgres.layer()),
  Layer.provideMerge(Logs.layer),
  Layer.provide(NodeServices.layer)
)

triggerStoreContract("The store on the database", onDatabase)

layer(onDatabase)("The TriggerStore on the database", (it) => {
  const [strategy = newStrategy()] = contractStrategies

  it.effect("names a pair as known when its strategy is gone, and creates the others", () =>
    Effect.gen(function* () {
      const store = yield* TriggerStore
      const [gone, here] = [candidateOf(newStrategy(), { id: "1" }), candidateOf(strategy, { id: `${unused()}` })]
      const { known, triggers } = yield* store.create([gone, here])
      expect(known).toEqual([{ strategyId: gone.strategyId, matchId: "1" }])
      expect(triggers).toHaveLength(1)
    })
  )

  it.effect("keeps the columns that older readers of the table know", () =>
    Effect.gen(function* () {
      const [store, sql] = [yield* TriggerStore, yield* Sql]
      const id = `match-${unused()}`
      yield* store.create([candidateOf(strategy, { id, minute: 90, added: 4, score: { home: 2, away: 1 } })])
      expect(
        yield* sql.run(`select period, minute, added, home_team, away_team, score_home, score_away, league_id,
          fixture_timestamp, evidence_json, result from triggers where match_id = '${id}'`)
      ).toEqual([
        {
          period: "2H",
          minute: 90,
          added: 4,
          home_team: "Brazil",
          away_team: "Belgium",
          score_home: 2,
          score_away: 1,
          league_id: "28",
          fixture_timestamp: new Date("2018-07-06T18:00:00Z"),
          evidence_json: [{ condition: "minute >= 1", left: 90, right: 1 }],
          result: null
        }
      ])
    })
  )

  it.effect("writes down the receipt and the attempt of a sent alert, and the reason of a failed one", () =>
    Effect.gen(function* () {
      const [store, sql] = [yield* TriggerStore, yield* Sql]
      const { triggers } = yield* store.create([
        candidateOf(strategy, { id: `match-${unused()}` }),
        candidateOf(strategy, { id: `match-${unused()}` })
      ])
      const [sent, failed] = triggers.map(({ id }) => id)
      yield* store.sent(TriggerId.make(`${sent}`), 2, receipt)
      yield* store.failed(TriggerId.make(`${failed}`), 3, "no such chat")
      expect(
        yield* sql.run(`select alert_attempts, alert_error, alert_receipt from triggers
          where id in ('${sent}', '${failed}') order by alert_attempts`)
      ).toEqual([
        { alert_attempts: 2, alert_error: null, alert_receipt: receipt },
        { alert_attempts: 3, alert_error: "no such chat", alert_receipt: null }
      ])
    })
  )

  it.effect("reports a row that it cannot read, by its id, and lists the others", () =>
    Effect.gen(function* () {
      const [store, sql, logs] = [yield* TriggerStore, yield* Sql, yield* Logs]
      const { triggers } = yield* store.create([
        candidateOf(strategy, { id: `match-${unused()}` }),
        candidateOf(strategy, { id: `match-${unused()}` })
      ])
      const [broken, whole] = triggers.map(({ id }) => id)
      yield* sql.run(`update triggers set snapshot = snapshot - 'clock' where id = '${broken}'`)
      const listed = (yield* store.pending(1000)).map(({ id }) => `${id}`)
      expect(listed).toContain(`${whole}`)
      expect(listed).not.toContain(`${broken}`)
      expect(yield* store.find(TriggerId.make(`${broken}`))).toEqual(Option.none())
      expect(yield* logs.lines("a row of triggers does not decode and is left out")).toEqual(
        expect.arrayContaining([
          { level: "WARN", message: expect.any(String), fields: { id: broken, reason: "snapshot.clock: is missing" } }
        ])
      )
    })
  )
})
