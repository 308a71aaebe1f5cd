/** What is left of strategies that are deleted. */
import { NodeServices } from "@effect/platform-node"
import { assert, expect, layer } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { Database } from "../../src/database/Database.ts"
import { migrations } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { Sql } from "../contracts/Sql.ts"
import { activeStrategies } from "../fixtures/activeStrategies.ts"
import { olderDeployments } from "../fixtures/olderTables.ts"
import { receipt } from "../fixtures/pipeline.ts"
import { supabaseProject } from "../fixtures/postgrest.ts"
import { counters, expecting, fire, onDatabase, openOn, sql } from "./outcomes.ts"

const owner = "a0000000-0000-4000-8000-000000000009"

const as = (statement: string) =>
  sql(`begin; set local role authenticated; select set_config('request.jwt.claims', '{"sub":"${owner}"}', true);
    ${statement}; commit`)

layer(onDatabase)("A strategy that its owner deletes", (it) => {
  it.effect("keeps its trigger, its counters and its pending alert, and is read and watched no more", () =>
    Effect.gen(function* () {
      const triggers = yield* TriggerStore
      const strategy = expecting("total goals >= 1")
      const [trigger] = yield* fire([strategy], [{ id: "deleted" }])
      const id = trigger?.id ?? assert.fail()
      yield* sql(`update strategies set user_id = '${owner}' where id = '${strategy.id}';
        insert into user_telegram (user_id, chat_id) values ('${owner}', '42')`)
      const before = yield* counters
      yield* as(`delete from strategies where id = '${strategy.id}'`)
      expect(yield* sql(`select from strategies where id = '${strategy.id}'`)).toEqual([])
      expect(yield* counters).toEqual(before)
      expect(Option.getOrThrow(yield* triggers.find(id))).toMatchObject({
        strategyName: strategy.name,
        owner,
        ownerChat: "42",
        alertState: "pending"
      })
      expect((yield* triggers.pending(9)).map((each) => each.id)).toContain(id)
      yield* triggers.sent(id, 1, receipt)
      expect(yield* openOn("deleted")).toHaveLength(1)
      expect((yield* activeStrategies).strategies).toEqual([])
      const seen = yield* as("create temp table seen on commit drop as select 1; select count(*)::int from triggers")
      expect(seen).toEqual([])
      const { call } = yield* Database
      expect(
        yield* call("strategy_performance", { strategy: strategy.id, since: null, by_competition: false })
      ).toMatchObject([{ name: strategy.name, triggers: 1, open: 1 }])
      expect(yield* sql(`select name, user_id, definition -> 'expect' expect from strategy_tombstones`)).toMatchObject([
        { name: strategy.name, user_id: owner, expect: { comparator: ">=" } }
      ])
    })
  )

  it.effect("leaves one of equal text as it is", () =>
    Effect.gen(function* () {
      const [one, other] = [expecting("total goals >= 3"), expecting("total goals >= 3", { name: "The same" })]
      yield* fire([one, other], [{ id: "two" }])
      yield* sql(`delete from strategies where id = '${one.id}'`)
      expect((yield* activeStrategies).strategies.map(({ id }) => id)).toEqual([other.id])
      expect(yield* openOn("two")).toHaveLength(2)
    })
  )

  it.effect("is known again when it comes back", () =>
    Effect.gen(function* () {
      const strategy = expecting("total goals >= 1")
      yield* fire([strategy], [{ id: "back" }])
      yield* sql(`delete from strategies where id = '${strategy.id}'`)
      const [again] = yield* fire([{ ...strategy, name: "Come back" }], [{ id: "back again" }])
      expect(Option.getOrThrow(yield* (yield* TriggerStore).find(again?.id ?? assert.fail()))).toMatchObject({
        strategyName: "Come back"
      })
    })
  )
})

const bare = Layer.merge(Sql.layerEmbedded, NodeServices.layer).pipe(
  Layer.provideMerge(EmbeddedPostgres.layer()),
  Layer.provide(NodeServices.layer)
)

layer(bare)("On the tables of an older deployment", (it) => {
  for (const { kind, tables } of olderDeployments) {
    it.effect(`(${kind}) triggers and counters outlive the strategy that its program deletes`, () =>
      Effect.gen(function* () {
        yield* sql(`drop schema if exists public cascade; create schema public; drop schema if exists auth cascade;
          drop owned by anon, authenticated, service_role;
          drop role anon; drop role authenticated; drop role service_role;`).pipe(Effect.ignoreCause)
        yield* sql(`${supabaseProject} ${tables}`)
        yield* Effect.forEach(yield* migrations, (file) => sql(file.sql))
        const counts = sql("select (select count(*) from triggers)::int t, (select count(*) from performance)::int p")
        const before = yield* counts
        const [corners] = (yield* sql("select id::text id from strategies where name = 'Corners'")) as ReadonlyArray<{
          id: string
        }>
        yield* sql(
          `delete from rules where strategy_id::text = '${corners?.id}'; delete from strategies where id::text = '${corners?.id}'`
        )
        expect(yield* counts).toEqual(before)
        expect(yield* sql("select distinct strategy_name from trigger_alerts")).toEqual([{ strategy_name: "Corners" }])
      })
    )
  }
})
