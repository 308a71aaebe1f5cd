/** The migrations on every stage that the tables of an older deployment have been in: what each lacks is made there. */
import { describe, expect, it } from "@effect/vitest"
import { Array, Effect, Layer } from "effect"
import { idleCalls } from "../../src/database/checks.ts"
import { Database } from "../../src/database/Database.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { activeStrategies } from "../fixtures/activeStrategies.ts"
import { lackingInStages, olderDeployments } from "../fixtures/olderTables.ts"
import { candidateOf, newStrategy } from "../fixtures/pipeline.ts"
import { supabaseProject } from "../fixtures/postgrest.ts"
import { migrate, onPostgres, sql } from "../fixtures/project.ts"

/** What every stage must let the service do: whatever it calls, and a strategy that fires. */
const serves = Effect.gen(function* () {
  const { call } = yield* Database
  yield* Effect.forEach(Object.entries(idleCalls), ([operation, args]) => call(operation, args))
  const [strategies, triggers] = [yield* StrategyStore, yield* TriggerStore]
  const strategy = newStrategy()
  yield* strategies.save([strategy])
  expect((yield* activeStrategies).strategies).toContainEqual(strategy)
  expect((yield* triggers.create([candidateOf(strategy, { id: "103" })])).triggers).toHaveLength(1)
  yield* sql("delete from triggers where match_id = '103'")
})

const stages = [
  ...Object.entries(lackingInStages.columns).flatMap(([table, columns]) =>
    columns.map((column) => `alter table ${table} drop column ${column} cascade`)
  ),
  ...lackingInStages.tables.map((table) => `drop table ${table} cascade`),
  Object.entries(lackingInStages.columns)
    .flatMap(([table, columns]) => columns.map((column) => `alter table ${table} drop column ${column} cascade`))
    .join("; ")
]

describe("The migrations", () => {
  it.effect(
    `let the service run on each of ${stages.length} older stages, which lack a column, a table, or all but ids`,
    () =>
      Effect.forEach(Array.chunksOf(stages, 8), (some) =>
        Effect.gen(function* () {
          const older = olderDeployments.find(({ kind }) => kind === "enumerated types")
          yield* sql(supabaseProject)
          for (const stage of some) {
            yield* sql(`drop schema public cascade; create schema public; grant usage on schema public to service_role;
              truncate auth.users; ${older?.tables ?? ""}; ${stage}`)
            const counts = ["strategies", "triggers"].map((table) => sql(`select count(*)::int from ${table}`))
            const before = stage === "drop table triggers cascade" ? [] : yield* Effect.all(counts)
            yield* migrate
            yield* serves.pipe(
              Effect.annotateLogs({ stage }),
              Effect.tapError(() => Effect.logError(stage))
            )
            yield* sql("delete from strategies where user_id is null and definition is not null")
            if (before.length > 0) expect(yield* Effect.all(counts), stage).toEqual(before)
          }
          // A database in which everything was made and dropped many times is several times as slow.
        }).pipe(Effect.provide(Layer.fresh(onPostgres)))
      )
  )
})
