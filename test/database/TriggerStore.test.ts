import { NodeServices } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
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

  it.effect("records the alerts of a moment in one call, and fails only the one that the database refuses", () =>
    Effect.gen(function* () {
      const store = yield* TriggerStore
      const { triggers } = yield* store.create(
        Array.from({ length: 5 }, () => candidateOf(strategy, { id: `match-${unused()}` }))
      )
      const exits = yield* Effect.forEach(
        triggers,
        ({ id }, index) => Effect.exit(store.sent(id, 1, index === 3 ? { ...receipt, text: "\u0000" } : receipt)),
        { concurrency: "unbounded" }
      )
      expect(exits.map(({ _tag }) => _tag)).toEqual(["Success", "Success", "Success", "Failure", "Success"])
      const states = yield* Effect.forEach(triggers, ({ id }) => store.find(id), { concurrency: "unbounded" })
      expect(states.map((found) => Option.getOrThrow(found).alertState)).toEqual([
        ...["sent", "sent", "sent"],
        "pending",
        "sent"
      ])
    })
  )

  it.effect("records an alert by itself whose row another transaction holds", () => {
    const calls: Array<readonly [operation: string, args: unknown]> = []
    const held = Layer.succeed(
      Database,
      Database.of({
        name: "a database with a row that is held",
        call: (operation, args) => {
          calls.push([operation, args])
          return Effect.succeed(operation === "record_alerts" ? [{ id: "2" }, { id: 3 }] : [])
        }
      })
    )
    return Effect.gen(function* () {
      const store = yield* TriggerStore
      const [free, sent, failed] = [TriggerId.make("1"), TriggerId.make("2"), TriggerId.make("3")] as const
      yield* Effect.all(
        [store.sent(free, 1, receipt), store.sent(sent, 2, receipt), store.failed(failed, 3, "no such chat")],
        { concurrency: "unbounded" }
      )
      expect(calls).toEqual([
        ["record_alerts", { results: expect.any(Array) }],
        ["record_alert_sent", { trigger_id: "2", attempts: 2, receipt }],
        ["record_alert_failed", { trigger_id: "3", attempts: 3, reason: "no such chat" }]
      ])
    }).pipe(Effect.provide(Layer.fresh(TriggerStore.layer).pipe(Layer.provide(held))))
  })

  it.effect("reports a row that it cannot read, by its id, and fails its alert with the reason", () =>
    Effect.gen(function* () {
      const [store, sql, logs] = [yield* TriggerStore, yield* Sql, yield* Logs]
      const { triggers } = yield* store.create([
        candidateOf(strategy, { id: `match-${unused()}` }),
        candidateOf(strategy, { id: `match-${unused()}` })
      ])
      const [broken, whole] = triggers.map(({ id }) => id)
      yield* sql.run(`update trigger_snapshots set snapshot = snapshot - 'clock'
        where id = (select snapshot_id from triggers where id = '${broken}')`)
      expect(yield* store.find(TriggerId.make(`${broken}`))).toEqual(Option.none())
      const listed = (yield* store.pending(1000)).map(({ id }) => `${id}`)
      expect(listed).toContain(`${whole}`)
      expect(listed).not.toContain(`${broken}`)
      expect(yield* sql.run(`select alert_state, alert_error from triggers where id = '${broken}'`)).toEqual([
        { alert_state: "failed", alert_error: "the trigger cannot be read: snapshot.clock: is missing" }
      ])
      expect(yield* logs.lines("a row of triggers does not decode and is left out")).toEqual(
        expect.arrayContaining([
          { level: "WARN", message: expect.any(String), fields: { id: broken, reason: "snapshot.clock: is missing" } }
        ])
      )
    })
  )
})
