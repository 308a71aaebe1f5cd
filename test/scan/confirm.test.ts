import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { Scanner } from "../../src/scan/Scanner.ts"
import { Sql } from "../contracts/Sql.ts"
import { Logs } from "../fixtures/logs.ts"
import { newStrategy, shown } from "../fixtures/pipeline.ts"
import { World } from "./World.ts"

const scan = Effect.flatMap(Scanner, (scanner) => scanner.scan)
const save = (...strategies: ReadonlyArray<ReturnType<typeof newStrategy>>) =>
  Effect.flatMap(StrategyStore, (store) => store.save(strategies))

const onEmbedded = (world: World) =>
  Effect.provide(
    world
      .on(TriggerStore.layer)
      .pipe(
        Layer.provideMerge(Layer.mergeAll(StrategyStore.layer, Sql.layerEmbedded)),
        Layer.provideMerge(layerEmbedded),
        Layer.provide(EmbeddedPostgres.layer()),
        Layer.provideMerge(Logs.layer),
        Layer.provide(NodeServices.layer)
      )
  )

const away = "a strategy is watched and is not in the database: it fires when it is there"

describe("A strategy that is watched and that the database does not have", () => {
  it.effect("fires when it is there again: what held meanwhile passes for nothing that fired", () => {
    const [lost, kept] = [newStrategy(), newStrategy()]
    const world = new World(lost, kept)
    return Effect.gen(function* () {
      const { run } = yield* Sql
      yield* save(lost, kept)
      yield* run(`delete from strategies where id = '${lost.id}'`)
      const before = yield* scan
      assert.deepInclude(before, { triggers: 1, duplicates: 0 })
      yield* save(lost)
      assert.deepInclude(yield* scan, { triggers: 1, duplicates: 0 })
      assert.deepInclude(yield* scan, { triggers: 0, duplicates: 0 })
      assert.lengthOf(world.offered, 2)
    }).pipe(onEmbedded(world))
  })

  it.effect("is told of once, when it stays away", () => {
    const [mine, other] = [newStrategy(), newStrategy()]
    const world = new World(mine)
    return Effect.gen(function* () {
      const { lines } = yield* Logs
      for (let tick = 0; tick < 4; tick++) {
        assert.lengthOf(yield* lines(away), tick === 0 ? 0 : 1)
        world.show(shown({ minute: 60 + tick }))
        yield* scan
        yield* TestClock.adjust("15 seconds")
        yield* scan
      }
      const [line] = yield* lines(away)
      assert.deepInclude(line, { level: "ERROR", fields: { strategy: mine.name, id: mine.id } })
      world.watch(other)
      yield* scan
      yield* scan
      assert.lengthOf(yield* lines(away), 1)
    }).pipe(onEmbedded(world))
  })

  it.effect("is not tried at every scan for ever", () => {
    const world = new World(newStrategy())
    return Effect.gen(function* () {
      yield* scan
      yield* TestClock.adjust("9 minutes")
      world.asked.created.length = 0
      yield* scan
      assert.lengthOf(world.asked.created, 1)
      yield* TestClock.adjust("2 minutes")
      yield* scan
      yield* scan
      assert.lengthOf(world.asked.created, 2)
    }).pipe(onEmbedded(world))
  })
})
