import { expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { compareEvery, lookEvery } from "../../src/strategies/followDatabase.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { strategyFileId } from "../../src/strategies/StrategyDirectory.ts"
import { emptyTables, Sql } from "../contracts/Sql.ts"
import { eventually, turn } from "../fixtures/eventually.ts"
import { Door, logged, names, onDatabase, watched } from "../fixtures/followed.ts"
import { Logs } from "../fixtures/logs.ts"
import { newStrategy } from "../fixtures/pipeline.ts"

const sql = (statements: string) => Effect.flatMap(Sql, ({ run }) => run(statements))

const save = (...strategies: Parameters<StrategyStore["Service"]["save"]>[0]) =>
  Effect.flatMap(StrategyStore, (store) => store.save(strategies))

/** Follows what the tables hold, through a door of one's own. */
const following = (door: Door) =>
  Strategies.layer.pipe(Layer.provide(door.layer), Layer.provideMerge(Logs.layer), Layer.fresh)

/** As many looks begin, one after the other, and end. */
const looks = Effect.fnUntraced(function* (door: Door, count = 1) {
  for (let index = 0; index < count; index++) {
    const before = door.calls.length
    yield* TestClock.adjust(lookEvery)
    yield* eventually(
      Effect.sync(() => door.calls.length),
      (calls) => calls > before
    )
    // What was read is taken up before the look's fiber sleeps again.
    for (let turns = 0; turns < 5; turns++) yield* turn
  }
})

const rule = (strategy: string, value: number) =>
  sql(`insert into rules (strategy_id, metric, comparator, value) values ('${strategy}', 'goals', 'GTE', ${value})`)

layer(onDatabase)("The strategies of the database", (it) => {
  const world = (door: Door) => Effect.provide(following(door))

  it.effect("are read at the start, and what is added, edited, switched off and deleted by the next look", () => {
    const door = new Door()
    const [a, b, c] = [newStrategy({ name: "A" }), newStrategy({ name: "B" }), newStrategy({ name: "C" })]
    return Effect.gen(function* () {
      yield* emptyTables
      yield* save(a, b)
      yield* Effect.gen(function* () {
        expect(yield* names).toEqual(["A", "B"])
        const { version } = yield* watched
        yield* looks(door)
        expect((yield* watched).version).toBe(version)
        yield* save({ ...a, name: "A2" }, c)
        yield* sql(`update strategies set is_active = false where id = '${b.id}'`)
        yield* looks(door)
        expect(yield* names).toEqual(["A2", "C"])
        yield* sql(`delete from strategies where id = '${a.id}'`)
        yield* looks(door)
        expect(yield* names).toEqual(["C"])
        // All of it by one call a look.
        expect(door.calls.filter((name) => name !== "page")).toEqual(["since", "since", "since", "since"])
      }).pipe(world(door))
    })
  })

  it.effect("are not decoded again when they have not changed", () => {
    const door = new Door()
    return Effect.gen(function* () {
      yield* emptyTables
      yield* save(newStrategy({ name: "A" }))
      yield* Effect.gen(function* () {
        const { version } = yield* watched
        yield* sql("update strategies set name = name, mode = 'EASY'")
        yield* looks(door)
        expect((yield* watched).version).toBe(version)
      }).pipe(world(door))
    })
  })

  it.effect("made of rules are taken up once they have been still for a look, whole", () => {
    const door = new Door()
    const id = newStrategy().id
    return Effect.gen(function* () {
      yield* emptyTables
      yield* Effect.gen(function* () {
        yield* sql(`insert into strategies (id, name) values ('${id}', 'Rules')`)
        yield* looks(door)
        yield* rule(id, 1)
        yield* looks(door)
        yield* rule(id, 2)
        yield* looks(door)
        expect(yield* names).toEqual([])
        expect(yield* logged("a strategy is left out")).toEqual([])
        yield* looks(door)
        const [strategy] = (yield* watched).all()
        expect(strategy?.when).toHaveLength(2)

        // While its rules are being replaced, the strategy is what it was.
        yield* sql("delete from rules")
        yield* looks(door)
        expect([...(yield* watched).all()]).toEqual([strategy])
        yield* rule(id, 3)
        yield* looks(door)
        expect([...(yield* watched).all()]).toEqual([strategy])
        yield* looks(door)
        expect([...(yield* watched).all()]).toMatchObject([{ when: [{ right: 3 }] }])
      }).pipe(world(door))
    })
  })

  it.effect("made of rules that are being written at the start are waited for", () => {
    const door = new Door()
    const id = newStrategy().id
    return Effect.gen(function* () {
      yield* emptyTables
      yield* sql(`insert into strategies (id, name) values ('${id}', 'Rules')`)
      yield* rule(id, 1)
      yield* Effect.gen(function* () {
        expect(yield* names).toEqual([])
        yield* rule(id, 2)
        yield* looks(door)
        expect(yield* names).toEqual([])
        yield* looks(door)
        expect(yield* names).toEqual(["Rules"])
      }).pipe(world(door))
    })
  })

  it.effect("without any condition never fire: they are left out", () => {
    const door = new Door()
    return Effect.gen(function* () {
      yield* emptyTables
      yield* Effect.gen(function* () {
        yield* sql(`insert into strategies (id, name) values ('${newStrategy().id}', 'Bare')`)
        yield* looks(door, 2)
        expect(yield* watched).toMatchObject({ size: 0, leftOut: 1 })
        expect(yield* logged("a strategy is left out")).toMatchObject([
          { fields: { name: "Bare", reason: expect.stringContaining("has no conditions") } }
        ])
      }).pipe(world(door))
    })
  })

  it.effect("that cannot be used are counted, and reported once until they change", () => {
    const door = new Door()
    const [bad, other] = [newStrategy().id, newStrategy().id]
    const broken = (id: string, word: string) =>
      sql(`insert into strategies (id, name, definition) values ('${id}', 'Bad', '{"when": "${word}"}')
        on conflict (id) do update set definition = excluded.definition`)
    return Effect.gen(function* () {
      yield* emptyTables
      yield* broken(bad, "always")
      yield* Effect.gen(function* () {
        const reported = Effect.map(logged("a strategy is left out"), (lines) => lines.length)
        expect(yield* watched).toMatchObject({ size: 0, leftOut: 1 })
        yield* broken(other, "never")
        yield* sql(`update strategies set name = 'Still bad' where id = '${bad}'`)
        yield* looks(door)
        expect(yield* watched).toMatchObject({ leftOut: 2 })
        expect(yield* reported).toBe(2)
        yield* sql(`update strategies set definition = '{"when": ["minute >= 1"]}' where id = '${bad}'`)
        yield* looks(door)
        expect(yield* watched).toMatchObject({ leftOut: 1 })
        yield* broken(bad, "always")
        yield* looks(door)
        expect(yield* watched).toMatchObject({ leftOut: 2 })
        expect(yield* reported).toBe(3)
      }).pipe(world(door))
    })
  })

  it.effect("go on being watched as they were read last while the database is away, which is said once", () => {
    const door = new Door()
    const a = newStrategy({ name: "A" })
    return Effect.gen(function* () {
      yield* emptyTables
      yield* save(a)
      yield* Effect.gen(function* () {
        door.isDown = true
        yield* save({ ...a, name: "A2" })
        yield* looks(door, 3)
        expect(yield* names).toEqual(["A"])
        expect(yield* logged("the strategies cannot be read; those read last are watched")).toMatchObject([
          { level: "WARN", fields: { reason: "no connection" } }
        ])
        door.isDown = false
        yield* looks(door)
        expect(yield* names).toEqual(["A2"])
        expect(yield* logged("the strategies are read again")).toHaveLength(1)
      }).pipe(world(door))
    })
  })

  it.effect("are none when the database was away from the start, until it answers", () => {
    const door = new Door()
    door.isDown = true
    return Effect.gen(function* () {
      yield* emptyTables
      yield* save(newStrategy({ name: "A" }))
      yield* Effect.gen(function* () {
        expect(yield* watched).toMatchObject({ size: 0, leftOut: 0 })
        door.isDown = false
        yield* looks(door)
        expect(yield* names).toEqual(["A"])
      }).pipe(world(door))
    })
  })

  it.effect("are what there is after a TRUNCATE, at the next look", () => {
    const door = new Door()
    return Effect.gen(function* () {
      yield* emptyTables
      yield* save(newStrategy({ name: "A" }), newStrategy({ name: "B" }))
      yield* Effect.gen(function* () {
        yield* sql("truncate strategies cascade")
        yield* save(newStrategy({ name: "C" }))
        yield* looks(door)
        expect(yield* names).toEqual(["C"])
      }).pipe(world(door))
    })
  })

  it.effect("are compared now and then, and what a restored backup changed is found", () => {
    const door = new Door()
    const [a, b, c] = [newStrategy({ name: "A" }), newStrategy({ name: "B" }), newStrategy({ name: "C" })]
    return Effect.gen(function* () {
      yield* emptyTables
      yield* save(a, b)
      yield* Effect.gen(function* () {
        yield* sql("alter table strategies disable trigger user")
        yield* sql(`delete from strategies where id = '${a.id}'; update strategies set name = 'B2'`)
        yield* save(c)
        yield* sql("alter table strategies enable trigger user")
        yield* looks(door)
        expect(yield* names).toEqual(["A", "B"])
        yield* TestClock.adjust(compareEvery)
        yield* eventually(names, (found) => found.join() === "B2,C")
        // The next time all is equal, and nothing is read.
        const before = door.calls.length
        yield* TestClock.adjust(compareEvery)
        yield* eventually(
          Effect.sync(() => door.calls.slice(before)),
          (calls) => calls.includes("sum")
        )
        yield* looks(door)
        expect(new Set(door.calls.slice(before))).toEqual(new Set(["since", "sum"]))
      }).pipe(world(door))
    })
  })

  it.effect("that came from files of an earlier run are named once at the start", () => {
    const door = new Door()
    return Effect.gen(function* () {
      yield* emptyTables
      yield* save(newStrategy({ name: "Of a file", id: strategyFileId("of-a-file.yaml") }), newStrategy())
      yield* Effect.gen(function* () {
        expect(yield* logged("strategies that came from files of an earlier run are still watched")).toMatchObject([
          { level: "WARN", fields: { strategies: 1, names: "Of a file" } }
        ])
        expect((yield* watched).size).toBe(2)
      }).pipe(world(door))
    })
  })
})
