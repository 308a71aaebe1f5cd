import { NodeServices } from "@effect/platform-node"
import { assert, expect, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { Database } from "../../../src/database/Database.ts"
import { layerEmbedded, migrations } from "../../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../../src/database/TriggerStore.ts"
import { type Strategy, StrategyId } from "../../../src/domain/Strategy.ts"
import { databaseContract } from "../../contracts/databaseContract.ts"
import { emptyTables, Sql } from "../../contracts/Sql.ts"
import { activeStrategies } from "../../fixtures/activeStrategies.ts"
import { candidateOf, newStrategy } from "../../fixtures/pipeline.ts"

/** The database and its stores, on whatever EmbeddedPostgres there is. */
const database = Layer.mergeAll(TriggerStore.layer, StrategyStore.layer, Sql.layerEmbedded).pipe(
  Layer.provideMerge(layerEmbedded)
)

const inMemory = database.pipe(Layer.provideMerge(EmbeddedPostgres.layer()), Layer.provideMerge(NodeServices.layer))

databaseContract("The embedded database", inMemory)

const sql = (statements: string) => Effect.flatMap(Sql, ({ run }) => run(statements))

/** Every column, index, function, policy and right of the schema, as text. */
const schema = Effect.all([
  sql(
    "select table_name, column_name, data_type, column_default, is_nullable from information_schema.columns where table_schema = 'public' order by 1, 2"
  ),
  sql("select indexdef from pg_indexes where schemaname = 'public' order by 1"),
  sql(
    "select pg_get_functiondef(oid) definition, proacl::text rights from pg_proc where pronamespace = 'public'::regnamespace order by proname"
  ),
  sql("select * from pg_policies order by tablename, policyname"),
  sql(
    "select relname, relacl::text, relrowsecurity from pg_class where relnamespace = 'public'::regnamespace order by 1"
  ),
  sql(
    "select conrelid::regclass::text, pg_get_constraintdef(oid) definition from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2"
  )
])

layer(inMemory)("The embedded database in memory", (it) => {
  it.effect("says what it is", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Database).name, "embedded PostgreSQL in memory")
    })
  )

  it.effect("changes nothing when its migrations are applied once more", () =>
    Effect.gen(function* () {
      const store = yield* StrategyStore
      const strategy = newStrategy()
      yield* store.save([strategy])
      yield* Effect.flatMap(TriggerStore, ({ create }) => create([candidateOf(strategy)]))
      const rows = sql("select to_jsonb(t) from triggers t")
      const before = [yield* schema, yield* rows]
      for (const migration of yield* migrations) yield* sql(migration.sql)
      expect([yield* schema, yield* rows]).toEqual(before)
    })
  )

  const [ada, lin] = ["a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"]

  /** Runs statements as Supabase runs a request: in a transaction, in the user's role, with the claims of their token. */
  const as = (role: "authenticated" | "anon", user: string, statements: string) =>
    Effect.flatMap(EmbeddedPostgres, ({ client }) =>
      Effect.tryPromise({
        try: () =>
          client.transaction(async (tx) => {
            await tx.exec(`set local role ${role}; set local request.jwt.claims = '{"sub":"${user}"}'`)
            return (await tx.exec(statements)).at(-1)?.rows ?? []
          }),
        catch: (error) => (error instanceof Error && "code" in error ? String(error.code) : String(error))
      })
    )

  /** PostgreSQL's code for a lack of rights, for a row that a policy keeps out alike. */
  const denied = "42501"

  /** A strategy and a trigger of Ada's, and one of Lin's. */
  const owned = Effect.gen(function* () {
    yield* emptyTables
    const store = yield* StrategyStore
    for (const owner of [ada, lin]) {
      const strategy = newStrategy()
      yield* store.save([strategy])
      yield* sql(`update strategies set user_id = '${owner}' where id = '${strategy.id}'`)
      yield* Effect.flatMap(TriggerStore, ({ create }) => create([candidateOf(strategy)]))
    }
  })

  it.effect("shows its owner alone a strategy, its triggers and its performance", () =>
    Effect.gen(function* () {
      yield* owned
      expect(yield* as("authenticated", ada, "select user_id from strategies")).toEqual([{ user_id: ada }])
      expect(
        yield* as("authenticated", lin, "select s.user_id from triggers t join strategies s on s.id = t.strategy_id")
      ).toEqual([{ user_id: lin }])
      expect(yield* as("authenticated", ada, "select total_triggers from triggers, performance")).toEqual([
        { total_triggers: 1 }
      ])
      expect(yield* as("authenticated", "c0000000-0000-4000-8000-000000000003", "select id from triggers")).toEqual([])
    })
  )

  it.effect("lets nobody but the service write triggers and performance", () =>
    Effect.gen(function* () {
      yield* owned
      for (const statement of [
        "insert into triggers (strategy_id, match_id) select id, 'forged' from strategies",
        "update triggers set alert_state = 'sent'",
        "delete from triggers",
        "update performance set total_hits = 100",
        "select match_id from match_history",
        "select * from trigger_alerts"
      ]) {
        expect(yield* Effect.flip(as("authenticated", ada, statement))).toBe(denied)
      }
      expect(yield* Effect.flip(as("anon", ada, "select id from triggers"))).toBe(denied)
    })
  )

  it.effect("lets nobody but the service call its functions", () =>
    Effect.gen(function* () {
      const functions = yield* sql(
        "select proname as name, pg_get_function_arguments(oid) as arguments, oid::regprocedure::text as signature from pg_proc where pronamespace = 'public'::regnamespace"
      )
      expect(functions.length).toBeGreaterThan(10)
      expect(
        yield* sql(`select p.proname from pg_proc p, unnest(array['anon', 'authenticated']) r
          where p.pronamespace = 'public'::regnamespace and has_function_privilege(r, p.oid, 'execute')`)
      ).toEqual([{ proname: "new_chat_link" }])
      expect(
        yield* sql(`select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace
          and not has_function_privilege('service_role', p.oid, 'execute')`)
      ).toEqual([])
      expect(yield* Effect.flip(as("authenticated", ada, "select create_triggers('[]')"))).toBe(denied)
    })
  )

  it.effect("lets users write strategies of their own and no others", () =>
    Effect.gen(function* () {
      yield* owned
      const insert = (owner: string) =>
        `insert into strategies (user_id, name) values ('${owner}', 'New') returning name`
      expect(yield* as("authenticated", ada, insert(ada))).toEqual([{ name: "New" }])
      expect(yield* Effect.flip(as("authenticated", ada, insert(lin)))).toBe(denied)
      yield* as("authenticated", ada, "delete from strategies")
      expect(yield* sql("select user_id from strategies")).toEqual([{ user_id: lin }])
    })
  )

  it.effect("notes what users write in a log that they can neither read nor write", () =>
    Effect.gen(function* () {
      yield* owned
      yield* sql("truncate strategy_changes")
      yield* as("authenticated", ada, `insert into strategies (user_id, name) values ('${ada}', 'Mine')`)
      yield* as(
        "authenticated",
        ada,
        "insert into rules (strategy_id, metric, value) select id, 'goals', 1 from strategies where name = 'Mine'"
      )
      expect(
        yield* sql("select s.name from strategy_changes c join strategies s on s.id::text = c.strategy_id")
      ).toEqual([{ name: "Mine" }, { name: "Mine" }])
      for (const statement of [
        "select from strategy_changes",
        "insert into strategy_changes (strategy_id) values (null)",
        "delete from strategy_changes",
        "select from watched_strategies"
      ]) {
        expect(yield* Effect.flip(as("authenticated", ada, statement)), statement).toBe(denied)
      }
    })
  )
})

layer(NodeServices.layer)("The embedded database in a directory", (it) => {
  it.effect("has everything again when it is opened anew, and applies no migration twice", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "touchline-database-" })
      const opened = database.pipe(Layer.provide(EmbeddedPostgres.layer(directory)))
      const strategy = newStrategy()
      const ledger = sql("select name, applied_at from touchline_migrations.applied order by name")

      const first = yield* Effect.gen(function* () {
        assert.strictEqual((yield* Database).name, `embedded PostgreSQL in ${directory}`)
        yield* Effect.flatMap(StrategyStore, ({ save }) => save([strategy]))
        const { triggers } = yield* Effect.flatMap(TriggerStore, ({ create }) => create([candidateOf(strategy)]))
        return { triggers, ledger: yield* ledger }
      }).pipe(Effect.provide(opened))
      assert.lengthOf(first.triggers, 1)
      assert.lengthOf(first.ledger, (yield* migrations).length)

      const second = yield* Effect.gen(function* () {
        const store = yield* TriggerStore
        return {
          triggers: yield* store.pending(9),
          ledger: yield* ledger,
          again: yield* store.create([candidateOf(strategy)])
        }
      }).pipe(Effect.provide(opened))
      expect(second.triggers).toMatchObject(first.triggers)
      expect(second.ledger).toEqual(first.ledger)
      assert.lengthOf(second.again.triggers, 0)
      assert.lengthOf(second.again.known, 1)
    })
  )

  it.effect("is refused to a second opener for as long as it is open", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "touchline-database-" })
      yield* Layer.build(EmbeddedPostgres.layer(directory))
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(EmbeddedPostgres.layer(directory)))))
      expect(error).toMatchObject({ _tag: "DataDirError", holder: process.pid })
    })
  )
})

/** The tables as an older deployment has them, ids of this type, with its rows: nothing of what Touchline added. */
const olderTables = (id: "uuid" | "bigint", generated: string, [one, two]: readonly [string, string]) => `
  create table strategies (id ${id} primary key ${generated}, user_id uuid not null, name text not null,
    description text, mode text, alert_type text, desired_outcome text, is_active boolean not null default true,
    league_ids text[], created_at timestamptz not null default now());
  create table rules (id ${id} primary key ${generated}, strategy_id ${id} not null references strategies (id),
    value_type text not null, metric text, comparator text not null, value numeric, team_scope text,
    time_filter jsonb, lhs_json jsonb, rhs_json jsonb);
  create table triggers (id ${id} primary key ${generated}, strategy_id ${id} not null references strategies (id),
    match_id text not null, triggered_at timestamptz not null default now(), result text, minute integer,
    home_team text, away_team text, score_home integer, score_away integer, league_id text,
    fixture_timestamp timestamptz, evidence_json jsonb, telegram_message_id text, telegram_chat_id text,
    telegram_message_text text, unique (strategy_id, match_id));
  create table performance (strategy_id ${id} primary key references strategies (id), total_triggers integer not null,
    total_hits integer not null, total_misses integer not null, hit_rate numeric);
  create table user_telegram (user_id uuid primary key, chat_id text not null, linked_at timestamptz);
  insert into strategies (id, user_id, name, is_active) values
    (${one}, 'a0000000-0000-4000-8000-000000000001', 'Corners', true),
    (${two}, 'a0000000-0000-4000-8000-000000000001', 'Off', false);
  insert into rules (strategy_id, value_type, metric, comparator, value, team_scope, time_filter) values
    (${one}, 'IN_PLAY', 'corners', 'GTE', 4, 'TOTAL', '{"mode":"past_x","x":15}');
  insert into triggers (strategy_id, match_id, result, minute, home_team, away_team, score_home, score_away,
      evidence_json, telegram_message_id, telegram_chat_id, telegram_message_text) values
    (${one}, '100', 'HIT', 70, 'Brazil', 'Belgium', 1, 2, '{"corners":5}', '555', '42', 'Corners!'),
    (${one}, '101', null, 71, 'France', 'Croatia', 4, 2, null, null, null, null);
  insert into performance values (${one}, 2, 1, 0, 100);
  insert into user_telegram values ('a0000000-0000-4000-8000-000000000001', '42', now());
`

const deployments = [
  {
    kind: "uuid" as const,
    generated: "default gen_random_uuid()",
    ids: ["'c0000000-0000-4000-8000-000000000001'", "'c0000000-0000-4000-8000-000000000002'"] as const
  },
  { kind: "bigint" as const, generated: "generated by default as identity", ids: ["1", "2"] as const }
]

for (const { generated, ids, kind } of deployments) {
  layer(EmbeddedPostgres.layer().pipe(Layer.provideMerge(NodeServices.layer)))(
    `The tables of an older deployment with ${kind} ids`,
    (it) => {
      it.effect("become ours with nothing lost", () =>
        Effect.gen(function* () {
          const { client } = yield* EmbeddedPostgres
          yield* Effect.promise(() => client.exec(olderTables(kind, generated, ids)))
          const tables = ["strategies", "rules", "triggers", "performance", "user_telegram"]
          const rows = Effect.forEach(tables, (table) =>
            Effect.promise(
              async () =>
                (await client.query<{ row: object }>(`select to_jsonb(t) as row from ${table} t order by 1`)).rows
            )
          )
          const before = yield* rows
          yield* Layer.build(layerEmbedded)
          const after = yield* rows
          for (const [index, table] of before.entries()) {
            expect(after[index]).toHaveLength(table.length)
            expect(after[index]).toEqual(table.map(({ row }) => ({ row: expect.objectContaining(row) })))
          }
        })
      )

      it.effect("count their triggers as alerted already", () =>
        Effect.gen(function* () {
          const store = yield* TriggerStore
          expect(yield* store.counts).toEqual({ pending: 0, sent: 2, failed: 0, expired: 0 })
          expect(yield* store.pending(9)).toEqual([])
        }).pipe(Effect.provide(database))
      )

      it.effect("get no sample strategies", () =>
        Effect.gen(function* () {
          expect(yield* Effect.flatMap(StrategyStore, ({ addSamples }) => addSamples([newStrategy()]))).toBe(0)
        }).pipe(Effect.provide(database))
      )

      it.effect("give their strategies and no pair a second trigger", () =>
        Effect.gen(function* () {
          const triggers = yield* TriggerStore
          const { problems, strategies: active } = yield* activeStrategies
          expect(problems).toEqual([])
          expect(active.map(({ name }) => name)).toEqual(["Corners"])
          const strategy: Strategy = active[0] ?? newStrategy({ id: StrategyId.make("none") })
          const brought = [candidateOf(strategy, { id: "100" }), candidateOf(strategy, { id: "102" })]
          const { known, triggers: created } = yield* triggers.create(brought)
          expect(known).toEqual([{ strategyId: strategy.id, matchId: "100" }])
          expect(created).toMatchObject([{ strategyName: "Corners" }])
          expect(yield* triggers.pending(9)).toMatchObject([
            { id: created[0]?.id, owner: "a0000000-0000-4000-8000-000000000001", alertState: "pending" }
          ])
          expect(yield* sql("select total_triggers, total_hits from performance")).toEqual([
            { total_triggers: 3, total_hits: 1 }
          ])
        }).pipe(Effect.provide(database))
      )
    }
  )
}
