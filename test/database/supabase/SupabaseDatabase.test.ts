import { NodeServices } from "@effect/platform-node"
import { describe, expect, layer, it as test } from "@effect/vitest"
import { createClient, type SupabaseClient } from "@supabase/supabase-js"
import { Effect, Layer, Redacted, Schema } from "effect"
import { Database } from "../../../src/database/Database.ts"
import { EmbeddedPostgres } from "../../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../../src/database/StrategyStore.ts"
import { layerSupabase } from "../../../src/database/supabase/SupabaseDatabase.ts"
import type { SupabaseSettings } from "../../../src/database/supabase/settings.ts"
import { TriggerStore } from "../../../src/database/TriggerStore.ts"
import { databaseContract } from "../../contracts/databaseContract.ts"
import { emptyTables, Sql } from "../../contracts/Sql.ts"
import { strategyStoreContract } from "../../contracts/strategyStoreContract.ts"
import { activeStrategies } from "../../fixtures/activeStrategies.ts"
import { candidateOf, newStrategy } from "../../fixtures/pipeline.ts"
import { noPostgrest, SupabaseProject } from "../../fixtures/postgrest.ts"

const embedded = EmbeddedPostgres.layer().pipe(Layer.provide(NodeServices.layer))

/** One project for the whole file: it starts once. */
const project = Sql.layerProject.pipe(
  Layer.provideMerge(SupabaseProject.layer()),
  Layer.provideMerge(embedded),
  Layer.provideMerge(NodeServices.layer)
)

const supabase = Layer.unwrap(Effect.map(SupabaseProject, ({ settings }) => layerSupabase(settings)))

const stores = Layer.mergeAll(TriggerStore.layer, StrategyStore.layer).pipe(Layer.provideMerge(supabase))

const sql = (statements: string) => Effect.flatMap(Sql, ({ run }) => run(statements))

const [ada, lin] = ["a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"]

const tables = ["strategies", "rules", "triggers", "trigger_snapshots", "performance", "user_telegram"]

/** A strategy of Ada's and one of Lin's, each with a rule, a trigger and a chat. */
const owned = Effect.gen(function* () {
  yield* emptyTables
  const store = yield* StrategyStore
  for (const owner of [ada, lin]) {
    const strategy = newStrategy()
    yield* store.save([strategy])
    yield* sql(`update strategies set user_id = '${owner}' where id = '${strategy.id}';
      insert into rules (strategy_id, metric, value) values ('${strategy.id}', 'goals', 1);
      insert into user_telegram (user_id, chat_id) values ('${owner}', '42')`)
    yield* Effect.flatMap(TriggerStore, ({ create }) => create([candidateOf(strategy)]))
  }
})

/** A request with a user's token, the service's, or none. */
const asked = Effect.fnUntraced(function* <A>(send: (client: SupabaseClient) => PromiseLike<A>, user?: string) {
  const { keyOf, settings } = yield* SupabaseProject
  const claims =
    user === undefined
      ? { role: "anon" }
      : user === "service"
        ? { role: "service_role" }
        : { role: "authenticated", sub: user }
  const client = createClient(settings.url.href, keyOf(claims), { auth: { persistSession: false } })
  return yield* Effect.promise(async () => send(client))
})

const status = (send: (client: SupabaseClient) => PromiseLike<{ readonly status: number }>, user?: string) =>
  Effect.map(asked(send, user), (answer) => answer.status)

/** How many rows of a table they see. */
const seen = (table: string, user?: string) =>
  Effect.map(
    asked((client) => client.from(table).select(), user),
    ({ data }) => data?.length
  )

const decodeFunctions = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ name: Schema.String, args: Schema.Array(Schema.String) }))
)

/** Why the layer cannot be had. */
const opened = (settings: SupabaseSettings) => Effect.flip(Effect.scoped(Layer.build(layerSupabase(settings))))

if (noPostgrest !== undefined) {
  describe.skip(`The Supabase database (${noPostgrest})`, () => {
    test("passes the contract of Database", () => {})
  })
} else {
  databaseContract("The Supabase database", supabase.pipe(Layer.provideMerge(project)))

  strategyStoreContract("StrategyStore on Supabase", stores.pipe(Layer.provideMerge(project)))

  layer(stores.pipe(Layer.provideMerge(project)))("A Supabase project", (it) => {
    it.effect("is named by its host", () =>
      Effect.gen(function* () {
        const { settings } = yield* SupabaseProject
        expect((yield* Database).name).toBe(`Supabase at ${settings.url.host}`)
      })
    )

    it.effect("answers with every row, however many it may answer with at once", () =>
      Effect.gen(function* () {
        yield* emptyTables
        const [strategies, triggers] = [yield* StrategyStore, yield* TriggerStore]
        yield* strategies.save(Array.from({ length: 1100 }, () => newStrategy()))
        const { strategies: active } = yield* activeStrategies
        expect(active).toHaveLength(1100)
        const brought = active.map((strategy) => candidateOf(strategy))
        expect((yield* triggers.create(brought)).triggers).toHaveLength(1100)
        expect((yield* triggers.create(brought)).known).toHaveLength(1100)
      })
    )

    it.effect("shows nobody but its owner a strategy, its triggers, its performance and its chat", () =>
      Effect.gen(function* () {
        yield* owned
        for (const table of tables) {
          expect(yield* seen(table, ada), table).toBe(1)
          expect(yield* seen(table, "c0000000-0000-4000-8000-000000000003"), table).toBe(0)
          expect(yield* seen(table), table).toBe(0)
          expect(yield* seen(table, "service"), table).toBe(2)
        }
        for (const hidden of ["match_history", "trigger_alerts"]) {
          expect(yield* status((client) => client.from(hidden).select(), ada)).toBe(403)
          expect(yield* status((client) => client.from(hidden).select())).toBe(401)
        }
      })
    )

    it.effect("shows an owner the rows that are theirs, not merely as many", () =>
      Effect.gen(function* () {
        yield* owned
        const { data } = yield* asked((client) => client.from("strategies").select("user_id"), lin)
        expect(data).toEqual([{ user_id: lin }])
      })
    )

    it.effect("lets nobody but the service call any of its functions, but an owner the one that links a chat", () =>
      Effect.gen(function* () {
        yield* owned
        const functions = yield* decodeFunctions(
          yield* sql(`select proname as name, coalesce(to_json(proargnames), '[]') as args from pg_proc
            where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype`)
        )
        expect(functions.map(({ name }) => name)).toContain("touchline_call")
        for (const { args, name } of functions) {
          const given = Object.fromEntries(args.map((arg) => [arg, null]))
          const own = name === "new_chat_link" ? 200 : 403
          expect(yield* status((client) => client.rpc(name, given), ada), name).toBe(own)
          expect(yield* status((client) => client.rpc(name, given)), name).toBe(401)
        }
      })
    )

    it.effect("lets nobody but the service write triggers and performance", () =>
      Effect.gen(function* () {
        yield* owned
        for (const table of ["triggers", "performance"]) {
          for (const user of [ada, undefined]) {
            const refused = user === undefined ? 401 : 403
            expect(yield* status((client) => client.from(table).insert({}), user)).toBe(refused)
            expect(
              yield* status((client) => client.from(table).update({ strategy_id: null }).neq("strategy_id", lin), user)
            ).toBe(refused)
            expect(yield* status((client) => client.from(table).delete().neq("strategy_id", lin), user)).toBe(refused)
          }
        }
        expect(yield* sql("select count(*)::int from triggers")).toEqual([{ count: 2 }])
      })
    )

    it.effect("stops the start when the key is not the service role's, and says what it takes", () =>
      Effect.gen(function* () {
        const { keyOf, settings } = yield* SupabaseProject
        for (const key of [
          keyOf({ role: "anon" }),
          keyOf({ role: "service_role" }, "forged"),
          "sb_secret_none",
          "a key\nin lines"
        ]) {
          const error = yield* opened({ ...settings, serviceRoleKey: Redacted.make(key) })
          expect(error).toMatchObject({ _tag: "DatabaseError", reason: "refused" })
          expect(error.message).toContain("SUPABASE_SERVICE_ROLE_KEY takes the service role key")
          expect(JSON.stringify([error, error.stack])).not.toContain(key)
        }
      })
    )
  })

  layer(Layer.provideMerge(SupabaseProject.layer({ migrated: false }), Layer.merge(embedded, NodeServices.layer)))(
    "A Supabase project without migrations",
    (it) => {
      it.effect("stops the start, and says how they are applied", () =>
        Effect.gen(function* () {
          const error = yield* opened((yield* SupabaseProject).settings)
          expect(error).toMatchObject({ operation: "count_alerts", reason: "refused" })
          expect(error.message).toContain("supabase db push")
        })
      )
    }
  )
}
