import { assert, expect, layer } from "@effect/vitest"
import { Duration, Effect, FileSystem, Layer, Path } from "effect"
import { TestClock } from "effect/testing"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { performance } from "../../src/outcome/Performance.ts"
import { followDirectory, lookAtFilesEvery, saveAgainEvery } from "../../src/strategies/followDirectory.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { strategyFileId } from "../../src/strategies/StrategyDirectory.ts"
import { emptyTables, Sql } from "../contracts/Sql.ts"
import { eventually, turn } from "../fixtures/eventually.ts"
import { Door, logged, names, onDatabase, watched } from "../fixtures/followed.ts"
import { Logs } from "../fixtures/logs.ts"
import { candidateOf } from "../fixtures/pipeline.ts"

const sql = (statements: string) => Effect.flatMap(Sql, ({ run }) => run(statements))

const text = (name: string, rest = "") => `name: ${name}\nwhen: [{ left: minute, comparator: ">=", right: 1 }]\n${rest}`

/** A directory, and what is done with its files. */
const makeDirectory = Effect.gen(function* () {
  const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
  const path = yield* fs.makeTempDirectoryScoped({ prefix: "touchline-strategies-" })
  const at = (name: string) => paths.join(path, name)
  return {
    path,
    at,
    write: (name: string, content: string) => Effect.orDie(fs.writeFileString(at(name), content)),
    move: (from: string, to: string) => Effect.orDie(fs.rename(at(from), at(to))),
    remove: (name: string) => Effect.orDie(fs.remove(at(name)))
  }
})

/** One look passes: long enough for the file system to answer. */
const look = Effect.gen(function* () {
  yield* TestClock.adjust(lookAtFilesEvery)
  for (let turns = 0; turns < 200; turns++) yield* turn
})

/** Looks until it holds. */
const until = (holds: (found: ReadonlyArray<string>) => boolean) => eventually(Effect.andThen(look, names), holds)

/** Looks until it is told that the files cannot be followed. */
const untilNotFollowed = eventually(
  Effect.andThen(look, logged("the strategy files cannot be followed; those read last are watched")),
  (lines) => lines.length > 0
)

const following = (directory: string, door: Door) =>
  Strategies.layerDirectory(directory).pipe(Layer.provide(door.layer), Layer.provideMerge(Logs.layer), Layer.fresh)

/** Which files the lines of this message name. */
const filesOf = (message: string) => Effect.map(logged(message), (lines) => lines.map(({ fields }) => fields.file))

layer(onDatabase)("The strategies of a directory", (it) => {
  it.effect("are looked at the less often the longer a look takes", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const { path, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      const fs = yield* FileSystem.FileSystem
      const looks = { count: 0, takes: Duration.zero }
      const counting = FileSystem.FileSystem.of({
        ...fs,
        readDirectory: (...args) =>
          Effect.suspend(() => {
            looks.count += 1
            return Effect.delay(fs.readDirectory(...args), looks.takes)
          })
      })
      yield* Effect.gen(function* () {
        const before = looks.count
        looks.takes = Duration.millis(100)
        for (let second = 0; second < 61; second++) yield* look
        // The first a second after the start, the others at the soonest 5 s after the end of the one before.
        expect(looks.count).toBeGreaterThan(before)
        expect(looks.count - before).toBeLessThanOrEqual(12)
      }).pipe(
        Effect.provide(following(path, new Door()).pipe(Layer.provide(Layer.succeed(FileSystem.FileSystem, counting))))
      )
    })
  )

  it.effect("are those of its files that are active, made known to the database for their triggers", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const { at, path, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      yield* write("b.yaml", text("B", "active: false\n"))
      yield* write("c.yaml", "name: C\n")
      yield* Effect.gen(function* () {
        const strategies = yield* Strategies
        expect(strategies.name).toBe(`from ${path}`)
        expect(strategies.set).toMatch(/^[0-9a-f]{10}$/)
        expect([...(yield* watched).all()]).toMatchObject([{ id: strategyFileId("a.yaml"), name: "A" }])
        expect(yield* watched).toMatchObject({ leftOut: 1 })
        expect(yield* logged("a strategy is left out")).toMatchObject([{ fields: { strategy: at("c.yaml") } }])
        expect(yield* sql("select strategy_file file, is_active from strategies order by 1")).toEqual([
          { file: "a", is_active: false },
          { file: "b", is_active: false }
        ])
      }).pipe(Effect.provide(following(path, new Door())))
    })
  )

  it.effect("follow edits, additions and deletions, with a line each", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const { at, path, remove, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      yield* write("b.yaml", text("B"))
      yield* Effect.gen(function* () {
        yield* write("a.yaml", text("Edited"))
        yield* until((found) => found.join() === "B,Edited")
        expect(yield* filesOf("a strategy file was edited")).toEqual([at("a.yaml")])
        yield* write("c.yaml", text("C"))
        yield* until((found) => found.join() === "B,C,Edited")
        expect(yield* filesOf("a strategy file was added")).toEqual([at("c.yaml")])
        yield* remove("b.yaml")
        yield* until((found) => found.join() === "C,Edited")
        expect(yield* filesOf("a strategy file was deleted")).toEqual([at("b.yaml")])
        yield* write("c.yaml", "name: C\n")
        yield* until((found) => found.join() === "Edited")
        yield* write("c.yaml", text("C"))
        yield* until((found) => found.join() === "C,Edited")
        expect((yield* watched).leftOut).toBe(0)
        expect(yield* logged("a strategy is left out")).toHaveLength(1)
        expect(yield* filesOf("a strategy file was mended")).toEqual([at("c.yaml")])
        expect(yield* filesOf("a strategy file was added")).toEqual([at("c.yaml")])
        yield* write("d.yaml", "name: D\n")
        yield* eventually(Effect.andThen(look, watched), ({ leftOut }) => leftOut === 1)
        yield* remove("d.yaml")
        yield* eventually(Effect.andThen(look, watched), ({ leftOut }) => leftOut === 0)
        expect(yield* filesOf("a strategy file was deleted")).toEqual([at("b.yaml"), at("d.yaml")])
        yield* remove("a.yaml")
        yield* remove("c.yaml")
        yield* until((found) => found.length === 0)
      }).pipe(Effect.provide(following(path, new Door())))
    })
  )

  it.effect("are what they were while a file is being written or replaced", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const { path, remove, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      const { look: lookOnce, watched: now } = yield* followDirectory(path, { isDryRun: false })
      const { version } = now()
      for (let size = 1; size < 6; size++) {
        yield* write("a.yaml", text("B").slice(0, 5 * size))
        yield* lookOnce
        expect(now().version).toBe(version)
      }
      yield* remove("a.yaml")
      yield* lookOnce
      expect(now().version).toBe(version)
      yield* write("a.yaml", text("Replaced"))
      yield* lookOnce
      expect(now().version).toBe(version)
      yield* lookOnce
      expect([...now().all()].map(({ name }) => name)).toEqual(["Replaced"])
      expect(yield* logged("a strategy file was deleted")).toEqual([])
      expect(yield* logged("a strategy is left out")).toEqual([])
    }).pipe(Effect.provide(Logs.layer))
  )

  it.effect("keep their ids when files are renamed, while it runs and between two runs, and moved", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const { at, move, path, write } = yield* makeDirectory
      const other = yield* makeDirectory
      const fs = yield* FileSystem.FileSystem
      const id = strategyFileId("a.yaml")
      const idNow = Effect.map(watched, ({ all }) => [...all()].map((strategy) => strategy.id))
      yield* write("a.yaml", text("A"))
      yield* Effect.gen(function* () {
        yield* move("a.yaml", "b.yaml")
        yield* eventually(Effect.andThen(look, filesOf("a strategy file was renamed")), (files) => files.length > 0)
        expect(yield* idNow).toEqual([id])
        expect(yield* filesOf("a strategy file was added")).toEqual([])
        expect(yield* filesOf("a strategy file was deleted")).toEqual([])
        yield* write("b.yaml", text("Edited"))
        yield* until((found) => found.join() === "Edited")
        expect(yield* idNow).toEqual([id])
      }).pipe(Effect.provide(following(path, new Door())))
      yield* move("b.yaml", "c.yaml")
      yield* Effect.provide(
        Effect.gen(function* () {
          expect(yield* idNow).toEqual([id])
          expect(yield* logged("a strategy file was renamed")).toMatchObject([{ fields: { was: "b" } }])
        }),
        following(path, new Door())
      )
      yield* fs.rename(at("c.yaml"), other.at("c.yaml"))
      yield* Effect.provide(
        Effect.gen(function* () {
          expect(yield* idNow).toEqual([id])
        }),
        following(other.path, new Door())
      )
    })
  )

  it.effect.each(["a.yaml", "c.yaml"])(
    "keep their record while their file is gone, and go on with it when it comes back as %s",
    (back) =>
      Effect.gen(function* () {
        yield* emptyTables
        const { path, remove, write } = yield* makeDirectory
        const context = yield* Layer.build(TriggerStore.layer.pipe(Layer.provideMerge(layerEmbedded)))
        yield* write("a.yaml", text("A", "expect: HOME_WIN\n"))
        yield* write("b.yaml", text("B"))
        yield* Effect.gen(function* () {
          const triggers = yield* TriggerStore
          const a = Effect.map(watched, ({ all }) => [...all()].find(({ name }) => name === "A") ?? assert.fail())
          const fire = (strategy: Strategy, id: string) =>
            Effect.map(triggers.create([candidateOf(strategy, { id })]), (created) => created.triggers.length)
          const recorded = (strategy: string) =>
            Effect.map(performance({ strategy, since: undefined, byCompetition: false }), (rows) =>
              rows.map(({ id, triggers }) => ({ id, triggers }))
            )
          const before = yield* a
          expect(yield* fire(before, "1")).toBe(1)
          yield* remove("a.yaml")
          yield* until((found) => found.join() === "B")
          expect(yield* recorded("A")).toEqual([{ id: before.id, triggers: 1 }])
          expect(yield* recorded(before.id)).toEqual([{ id: before.id, triggers: 1 }])
          yield* write(back, text("A", "expect: HOME_WIN\n"))
          yield* until((found) => found.join() === "A,B")
          const after = yield* a
          expect(after.id).toBe(before.id)
          expect([yield* fire(after, "1"), yield* fire(after, "2")]).toEqual([0, 1])
          expect(yield* recorded("A")).toEqual([{ id: before.id, triggers: 2 }])
        }).pipe(Effect.provide(following(path, new Door())), Effect.provide(context))
      })
  )

  it.effect("stay those of their own files when one is copied to another directory, or watched alone", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const [one, other] = [yield* makeDirectory, yield* makeDirectory]
      const idsIn = (path: string) =>
        Effect.provide(
          Effect.map(watched, ({ all }) => [...all()].map(({ id }) => id)),
          following(path, new Door())
        )
      yield* one.write("a.yaml", text("A"))
      yield* other.write("b.yaml", text("A"))
      expect(yield* idsIn(one.path)).toEqual([strategyFileId("a.yaml")])
      expect(yield* idsIn(other.path)).toEqual([strategyFileId("b.yaml")])
      yield* other.write("b.yaml", text("Edited"))
      expect(yield* idsIn(other.path)).toEqual([strategyFileId("b.yaml")])
      expect(yield* idsIn(one.path)).toEqual([strategyFileId("a.yaml")])
      yield* one.write("c.yaml", text("A"))
      expect(yield* idsIn(one.at("c.yaml"))).toEqual([strategyFileId("c.yaml")])
      expect(yield* idsIn(one.at("a.yaml"))).toEqual([strategyFileId("a.yaml")])
    })
  )

  it.effect("are none any more when the one file that was named is deleted", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const { at, remove, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      yield* write("b.yaml", text("B"))
      yield* Effect.gen(function* () {
        expect(yield* names).toEqual(["A"])
        yield* remove("a.yaml")
        yield* until((found) => found.length === 0)
        expect(yield* filesOf("a strategy file was deleted")).toEqual([at("a.yaml")])
      }).pipe(Effect.provide(following(at("a.yaml"), new Door())))
    })
  )

  it.effect("are watched only after the database knows them, and stay as they were while it is away", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const door = new Door()
      const { path, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      yield* Effect.gen(function* () {
        door.isDown = true
        yield* write("b.yaml", text("B"))
        yield* untilNotFollowed
        yield* look
        yield* look
        expect(yield* names).toEqual(["A"])
        expect(yield* logged("the strategy files cannot be followed; those read last are watched")).toHaveLength(1)
        door.isDown = false
        yield* until((found) => found.join() === "A,B")
        expect(yield* logged("the strategy files are followed again")).toHaveLength(1)
      }).pipe(Effect.provide(following(path, door)))
    })
  )

  it.effect("are looked at again soon after a database that did not answer", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const door = new Door()
      const { path, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      yield* Effect.gen(function* () {
        door.isDown = true
        door.takes = Duration.seconds(40)
        yield* write("b.yaml", text("B"))
        yield* untilNotFollowed
        door.isDown = false
        const [took] = yield* Effect.timed(until((found) => found.join() === "A,B"))
        // Fifty times those 40 s would be 2000. What the disk takes of the machine's time counts by the second here.
        expect(Duration.toSeconds(took)).toBeLessThan(1000)
      }).pipe(Effect.provide(following(path, door)))
    })
  )

  it.effect("stay as they were while the directory is away", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const fs = yield* FileSystem.FileSystem
      const { path, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      yield* Effect.gen(function* () {
        yield* fs.rename(path, `${path}-away`)
        yield* untilNotFollowed
        expect(yield* names).toEqual(["A"])
        yield* fs.rename(`${path}-away`, path)
        yield* eventually(
          Effect.andThen(look, logged("the strategy files are followed again")),
          (lines) => lines.length > 0
        )
        expect(yield* names).toEqual(["A"])
      }).pipe(Effect.provide(following(path, new Door())))
    })
  )

  it.effect("are read once their files can be, though nothing was written, and no problem is told or saved twice", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const fs = yield* FileSystem.FileSystem
      const door = new Door()
      const { at, path, write } = yield* makeDirectory
      const closed = new Set([at("b.yaml")])
      const guarded = FileSystem.FileSystem.of({
        ...fs,
        readFile: (file) => fs.readFile(closed.has(file) ? path : file)
      })
      yield* write("a.yaml", text("A"))
      yield* write("b.yaml", text("B"))
      yield* Effect.gen(function* () {
        expect(yield* names).toEqual(["A"])
        yield* look
        yield* look
        expect(yield* filesOf("a strategy file was mended")).toEqual([])
        expect(yield* logged("a strategy is left out")).toHaveLength(1)
        expect(door.calls).toEqual(["saveFiles"])
        closed.clear()
        yield* until((found) => found.join() === "A,B")
        expect(yield* filesOf("a strategy file was mended")).toEqual([at("b.yaml")])
      }).pipe(Effect.provide(Layer.provide(following(path, door), Layer.succeed(FileSystem.FileSystem, guarded))))
    })
  )

  it.effect("are made known one by one as they change, with the ids of the others as they were", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const { move, path, write } = yield* makeDirectory
      const door = new Door()
      const ids = Effect.map(watched, ({ all }) => new Map([...all()].map(({ id, name }) => [name, id])))
      for (const name of ["a", "b", "c"]) yield* write(`${name}.yaml`, text(name.toUpperCase()))
      yield* Effect.gen(function* () {
        const before = yield* ids
        yield* move("c.yaml", "d.yaml")
        yield* eventually(Effect.andThen(look, filesOf("a strategy file was renamed")), ({ length }) => length === 1)
        yield* write("a.yaml", text("A2"))
        yield* until((found) => found.join() === "A2,B,C")
        const after = yield* ids
        expect([after.get("A2"), after.get("B"), after.get("C")]).toEqual(
          ["A", "B", "C"].map((name) => before.get(name))
        )
        expect(door.saved).toEqual([["a", "b", "c"], ["d"], ["a"]])
      }).pipe(Effect.provide(following(path, door)))
    })
  )

  it.effect("are made known again now and then, as a restored backup has lost them", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const { path, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      yield* Effect.gen(function* () {
        yield* sql("truncate strategies cascade")
        yield* TestClock.adjust(saveAgainEvery)
        yield* eventually(Effect.andThen(look, sql("select id from strategies")), (rows) => rows.length === 1)
      }).pipe(Effect.provide(following(path, new Door())))
    })
  )

  it.effect(
    "have another set for another directory, also for one that a link leads to, which may lead elsewhere later",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const [one, two] = [yield* makeDirectory, yield* makeDirectory]
        yield* fs.symlink(one.path, two.at("link"))
        const setOf = (path: string) =>
          Effect.provide(
            Effect.map(Strategies, ({ set }) => set),
            following(path, new Door())
          )
        yield* one.write("a.yaml", text("A"))
        yield* two.write("a.yaml", text("A"))
        expect(yield* setOf(one.path)).toBe(yield* setOf(`${one.path}/../${one.path.split("/").at(-1)}/`))
        expect(yield* setOf(one.path)).not.toBe(yield* setOf(two.at("link")))
        expect(yield* setOf(one.path)).not.toBe(yield* setOf(two.path))
      })
  )
})

layer(onDatabase)("A preview of strategies", (it) => {
  const preview = (directory: string | undefined) =>
    Strategies.layerPreview(directory).pipe(Layer.provideMerge(Logs.layer), Layer.fresh)

  const rows = sql("select count(*)::int counted from strategies")

  it.effect("of a directory tells the database nothing, and knows the ids that it keeps", () =>
    Effect.gen(function* () {
      yield* emptyTables
      const { move, path, write } = yield* makeDirectory
      yield* write("a.yaml", text("A"))
      const ids = Effect.provide(
        Effect.map(watched, ({ all }) => [...all()].map(({ id }) => id)),
        preview(path)
      )
      expect(yield* ids).toEqual([strategyFileId("a.yaml")])
      expect(yield* rows).toEqual([{ counted: 0 }])
      yield* Effect.provide(
        Effect.flatMap(Strategies, ({ watched: now }) => now),
        following(path, new Door())
      )
      yield* move("a.yaml", "b.yaml")
      expect(yield* ids).toEqual([strategyFileId("a.yaml")])
      expect(yield* sql("select strategy_file file from strategies")).toEqual([{ file: "a" }])
    })
  )

  it.effect("of a database without strategies is that of the samples, which are not added", () =>
    Effect.gen(function* () {
      yield* emptyTables
      yield* Effect.provide(
        Effect.gen(function* () {
          expect((yield* watched).size).toBe(6)
        }),
        preview(undefined)
      )
      expect(yield* rows).toEqual([{ counted: 0 }])
      yield* sql(`insert into strategies (name, is_active) values ('Off', false)`)
      yield* Effect.provide(
        Effect.gen(function* () {
          expect((yield* watched).size).toBe(0)
        }),
        preview(undefined)
      )
    })
  )
})
