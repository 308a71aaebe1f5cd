import { NodeServices } from "@effect/platform-node"
import { describe, expect, it, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Database } from "../../src/database/Database.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { OwnerId } from "../../src/domain/Strategy.ts"
import { emptyTables, Sql } from "../contracts/Sql.ts"
import { strategyStoreContract } from "../contracts/strategyStoreContract.ts"
import { activeStrategies } from "../fixtures/activeStrategies.ts"
import { newStrategy } from "../fixtures/pipeline.ts"

const onDatabase = Layer.merge(StrategyStore.layer, Sql.layerEmbedded).pipe(
  Layer.provide(layerEmbedded),
  Layer.provide(EmbeddedPostgres.layer()),
  Layer.provide(NodeServices.layer)
)

strategyStoreContract("StrategyStore on the embedded database", onDatabase)

layer(onDatabase)("StrategyStore", (it) => {
  it.effect("brings back strategies as they were saved", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const store = yield* StrategyStore
      const saved = newStrategy({
        name: "A",
        description: "Why",
        competitions: ["28", "364"],
        when: [
          { left: { metric: "corners", scope: "total", window: { last: 15 } }, comparator: ">=", right: 4 },
          { any: [{ left: { op: "-", left: "minute", right: 10 }, comparator: "<", right: 60 }] }
        ],
        expect: { left: { metric: "goals", scope: "total", window: "since trigger" }, comparator: ">=", right: 1 }
      })
      yield* store.save([saved, newStrategy({ name: "B" })])
      const { problems, strategies } = yield* activeStrategies
      expect(problems).toEqual([])
      expect(strategies).toHaveLength(2)
      expect(strategies[0]).toEqual(saved)
    })
  )

  it.effect("leaves out strategies that are switched off", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const store = yield* StrategyStore
      const strategy = newStrategy()
      yield* store.save([strategy])
      yield* store.save([{ ...strategy, active: false }])
      expect(yield* activeStrategies).toEqual({ strategies: [], problems: [] })
    })
  )

  it.effect("adds samples to a database without strategies, and says how many", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const store = yield* StrategyStore
      expect(yield* store.addSamples([newStrategy(), newStrategy()])).toBe(2)
      expect(yield* store.addSamples([newStrategy()])).toBe(0)
    })
  )

  it.effect("reads strategies that users keep as rules, with their owners", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const sql = yield* Sql
      const { id } = newStrategy()
      const owner = "b7a1c2d3-0000-4000-8000-000000000001"
      yield* sql.run(`
        insert into strategies (id, user_id, name, league_ids) values ('${id}', '${owner}', 'Corners', '{8,364}');
        insert into rules (strategy_id, metric, comparator, value, team_scope, time_filter)
        values ('${id}', 'corners', 'GTE', 4, 'TOTAL', '{"mode":"past_x","x":15}')`)
      expect((yield* activeStrategies).strategies).toEqual([
        {
          id,
          owner: OwnerId.make(owner),
          name: "Corners",
          competitions: ["8", "364"],
          active: true,
          when: [{ left: { metric: "corners", scope: "total", window: { last: 15 } }, comparator: ">=", right: 4 }]
        }
      ])
    })
  )

  it.effect("names what is wrong with bad rows and reads the good ones among them", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const [store, sql] = [yield* StrategyStore, yield* Sql]
      const [typo, bare, good, odd] = [newStrategy(), newStrategy(), newStrategy({ name: "Good" }), newStrategy()]
      yield* store.save([good])
      yield* sql.run(`
        insert into strategies (id, name, definition) values
          ('${typo.id}', 'A', null), ('${bare.id}', 'B', null), ('${odd.id}', 'Z', '{"when": "always"}');
        insert into rules (strategy_id, metric, value, team_scope) values ('${typo.id}', 'cornrs', 4, 'TOTAL')`)
      const { problems, strategies } = yield* activeStrategies
      expect(strategies).toEqual([good])
      expect(problems.map(({ source }) => source)).toEqual([typo, bare, odd].map(({ id }) => `strategy ${id}`))
      expect(problems[0]?.message).toContain("did you mean corners?")
      expect(problems[1]?.message).toContain("has no conditions")
      expect(problems[2]?.message).toContain("when: must be a list")
    })
  )
})

describe("The strategies of many files", () => {
  it.effect("are made known in calls of bounded size, each with the names of all", () =>
    Effect.gen(function* () {
      const calls: Array<{ readonly files: unknown; readonly names: unknown }> = []
      const database = Layer.succeed(
        Database,
        Database.of({
          name: "noting",
          call: (_, { files, names }) =>
            Effect.sync(() => {
              calls.push({ files: Array.isArray(files) ? files.length : files, names })
              return Array.isArray(files) ? files : []
            })
        })
      )
      const { saveFiles } = yield* Effect.provide(StrategyStore, Layer.provide(StrategyStore.layer, database))
      const names = Array.from({ length: 250 }, (_, index) => `file ${index}`)
      const { id, ...definition } = newStrategy()
      const files = names.map((file) => ({ file, id, definition, isSample: false }))
      expect((yield* saveFiles(files, { directory: "/strategies", names })).map(({ file }) => file)).toEqual(names)
      expect(calls).toEqual([100, 100, 50].map((files) => ({ files, names })))
    })
  )
})
