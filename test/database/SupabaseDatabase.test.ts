import { NodeServices } from "@effect/platform-node"
import { describe, expect, it as test, layer } from "@effect/vitest"
import { createClient } from "@supabase/supabase-js"
import { Effect, Layer, Redacted, Schema } from "effect"
import { Database } from "../../src/database/Database.ts"
import { EmbeddedPostgres } from "../../src/database/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { layerSupabase } from "../../src/database/SupabaseDatabase.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { databaseContract } from "../contracts/databaseContract.ts"
import { emptyTables, Sql } from "../contracts/Sql.ts"
import { contractStrategies, triggerStoreContract } from "../contracts/triggerStoreContract.ts"
import { quiet } from "../fixtures/logs.ts"
import { candidateOf, newStrategy } from "../fixtures/pipeline.ts"
import { noPostgrest, SupabaseProject } from "../fixtures/postgrest.ts"

const embedded = EmbeddedPostgres.layer().pipe(Layer.provide(NodeServices.layer))

/** One project for the whole file: it starts once. */
const project = Layer.merge(SupabaseProject.layer(), Sql.layerEmbedded).pipe(
  Layer.provideMerge(embedded),
  Layer.provideMerge(NodeServices.layer)
)

const supabase = Layer.unwrap(Effect.map(SupabaseProject, ({ settings }) => layerSupabase(settings)))

const stores = Layer.mergeAll(TriggerStore.layer, StrategyStore.layer).pipe(Layer.provideMerge(supabase))

const sql = (statements: string) => Effect.flatMap(Sql, ({ run }) => run(statements))

const [ada, lin] = ["a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"]

if (noPostgrest !== undefined) {
  describe.skip(`The Supabase database (${noPostgrest})`, () => {
    test("passes the contract of Database", () => {})
  })
} else {
  databaseContract("The Supabase database", supabase.pipe(Layer.provideMerge(project)))
}
