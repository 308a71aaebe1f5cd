import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Path } from "effect"
import { TestClock } from "effect/testing"
import { DatabaseError } from "../../src/database/Database.ts"
import { type StrategyList, StrategyStore } from "../../src/database/StrategyStore.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { StrategyProblem } from "../../src/rules/language/StrategyProblem.ts"
import { refreshAfter, Strategies } from "../../src/strategies/Strategies.ts"
import { strategyFileId } from "../../src/strategies/StrategyDirectory.ts"
import { Logs } from "../fixtures/logs.ts"
import { newStrategy } from "../fixtures/pipeline.ts"

/** A store that answers as it is told, and notes what it is asked. */
class FakeStore {
  list: StrategyList = { strategies: [], problems: [] }
  isDown = false
  reads = 0
  readonly saved: Array<Strategy> = []

  readonly layer = Layer.succeed(
    StrategyStore,
    StrategyStore.of({
      active: Effect.suspend(() => {
        this.reads += 1
        return this.isDown
          ? Effect.fail(
              new DatabaseError({ operation: "active_strategies", reason: "unavailable", message: "no connection" })
            )
          : Effect.succeed(this.list)
      }),
      save: (strategies) => Effect.sync(() => void this.saved.push(...strategies)),
      addSamples: () => Effect.succeed(0)
    })
  )
}

const from = (store: FakeStore) => Strategies.layer.pipe(Layer.provide(store.layer), Layer.provideMerge(Logs.layer))

const watched = Effect.flatMap(Strategies, (strategies) => strategies.watched)

const names = Effect.map(watched, ({ all }) => [...all()].map(({ name }) => name))

const problem = (number: number) =>
  new StrategyProblem({ source: `strategy ${number}`, message: "has no conditions: neither a definition nor a rule" })

describe("The strategies of the database", () => {
  it.effect("are read again when they are older than 15 s, and not before", () => {
    const store = new FakeStore()
    store.list = { strategies: [newStrategy({ name: "A" })], problems: [] }
    return Effect.gen(function* () {
      const first = yield* watched
      store.list = { strategies: [newStrategy({ name: "B" })], problems: [] }
      yield* TestClock.adjust("14 seconds")
      assert.strictEqual((yield* watched).version, first.version)
      assert.strictEqual(store.reads, 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* names, ["B"])
      assert.strictEqual(store.reads, 2)
    }).pipe(Effect.provide(from(store)))
  })

  it.effect("go on being watched as they were read last while the database is away", () => {
    const store = new FakeStore()
    store.list = { strategies: [newStrategy({ name: "A" })], problems: [problem(1)] }
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* names, ["A"])
      store.isDown = true
      yield* TestClock.adjust(refreshAfter)
      assert.deepStrictEqual(yield* names, ["A"])
      expect(yield* watched).toMatchObject({ leftOut: 1 })
      const logs = yield* Logs
      expect(yield* logs.lines("the strategies cannot be read; those read last are watched")).toMatchObject([
        { level: "WARN", fields: { reason: "no connection" } }
      ])
      store.isDown = false
      store.list = { strategies: [newStrategy({ name: "B" })], problems: [] }
      yield* TestClock.adjust(refreshAfter)
      assert.deepStrictEqual(yield* names, ["B"])
    }).pipe(Effect.provide(from(store)))
  })

  it.effect("are none when the database was away from the start, until it answers", () => {
    const store = new FakeStore()
    store.isDown = true
    store.list = { strategies: [newStrategy({ name: "A" })], problems: [] }
    return Effect.gen(function* () {
      expect(yield* watched).toMatchObject({ size: 0, leftOut: 0 })
      store.isDown = false
      yield* TestClock.adjust(refreshAfter)
      assert.deepStrictEqual(yield* names, ["A"])
    }).pipe(Effect.provide(from(store)))
  })

  it.effect("that cannot be used are left out, counted, and reported once", () => {
    const store = new FakeStore()
    store.list = { strategies: [newStrategy({ name: "A" })], problems: [problem(1), problem(2)] }
    return Effect.gen(function* () {
      const logs = yield* Logs
      const reported = Effect.map(logs.lines("a strategy is left out"), (lines) =>
        lines.map(({ fields }) => fields.strategy)
      )
      for (let reads = 0; reads < 3; reads++) {
        expect(yield* watched).toMatchObject({ leftOut: 2, size: 1 })
        yield* TestClock.adjust(refreshAfter)
      }
      assert.deepStrictEqual(yield* reported, ["strategy 1", "strategy 2"])

      store.list = { strategies: [], problems: [problem(2), problem(3)] }
      yield* watched
      assert.deepStrictEqual(yield* reported, ["strategy 1", "strategy 2", "strategy 3"])
    }).pipe(Effect.provide(from(store)))
  })

  it.effect("that were mended and are broken again are reported again", () => {
    const store = new FakeStore()
    return Effect.gen(function* () {
      for (const problems of [[problem(1)], [], [problem(1)]]) {
        store.list = { strategies: [], problems }
        yield* watched
        yield* TestClock.adjust(refreshAfter)
      }
      assert.lengthOf(yield* Effect.flatMap(Logs, ({ lines }) => lines("a strategy is left out")), 2)
    }).pipe(Effect.provide(from(store)))
  })

  it.effect("are watched only while they are active", () => {
    const store = new FakeStore()
    store.list = { strategies: [newStrategy({ name: "A" }), newStrategy({ name: "B", active: false })], problems: [] }
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* names, ["A"])
    }).pipe(Effect.provide(from(store)))
  })
})

layer(NodeServices.layer)("The strategies of a directory", (it) => {
  const file = (name: string, rest = "") =>
    `name: ${name}\nwhen: [{ left: minute, comparator: ">=", right: 1 }]\n${rest}`

  it.effect("are made known to the database, and those that are active watched", () =>
    Effect.gen(function* () {
      const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "touchline-strategies-" })
      const write = (name: string, text: string) => fs.writeFileString(paths.join(directory, name), text)
      yield* write("a.yaml", file("A"))
      yield* write("b.yaml", file("B", "active: false\n"))
      yield* write("c.yaml", "name: C\n")
      const store = new FakeStore()
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* Strategies).name, `from ${directory}`)
        const { all, leftOut } = yield* watched
        expect([...all()]).toMatchObject([{ id: strategyFileId("a.yaml"), name: "A" }])
        assert.strictEqual(leftOut, 1)
        assert.deepStrictEqual(
          store.saved.map(({ name }) => name),
          ["A", "B"]
        )
        expect(yield* Effect.flatMap(Logs, ({ lines }) => lines("a strategy is left out"))).toMatchObject([
          { fields: { strategy: paths.join(directory, "c.yaml") } }
        ])
        yield* write("a.yaml", file("Changed"))
        yield* TestClock.adjust(refreshAfter)
        assert.deepStrictEqual(yield* names, ["A"])
      }).pipe(
        Effect.provide(
          Strategies.layerDirectory(directory).pipe(Layer.provide(store.layer), Layer.provideMerge(Logs.layer))
        )
      )
    })
  )
})
