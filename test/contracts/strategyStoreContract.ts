/** What StrategyStore must do on every database: tell what changed, and know the strategies of files. */
import { expect, layer } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { type FileStrategy, mostChanges, pageSize, StrategyStore } from "../../src/database/StrategyStore.ts"
import { StrategyId } from "../../src/domain/Strategy.ts"
import { activeStrategies } from "../fixtures/activeStrategies.ts"
import { newStrategy, strategyId, unused } from "../fixtures/pipeline.ts"
import { emptyTables, Sql } from "./Sql.ts"

const store = StrategyStore

const sql = (statements: string) => Effect.flatMap(Sql, ({ run }) => run(statements))

const owner = "b7a1c2d3-0000-4000-8000-000000000001"

/** The tables are empty, and everything so far was seen. */
const afresh = Effect.gen(function* () {
  yield* emptyTables
  return (yield* (yield* store).since(undefined, [])).seen
})

/** What changed since a look: ids, and whether each is watched. */
const told = Effect.fnUntraced(function* (seen: string, again: ReadonlyArray<StrategyId> = []) {
  const look = yield* (yield* store).since(seen, again)
  const strategies = look.strategies.map(({ changed, content, id }) => ({ id, changed, watched: content !== null }))
  return { all: look.all, seen: look.seen, strategies }
})

const changed = (id: StrategyId, watched = true) => ({ id, changed: true, watched })

const fileOf = (file: string, fields: Partial<FileStrategy> = {}): FileStrategy => {
  const { id, owner: _, ...definition } = newStrategy({ name: file })
  return { file, id, definition, isSample: false, ...fields }
}

/** A directory with files of these names. */
const place = (names: ReadonlyArray<string>, directory = "/strategies") => ({ directory, names })

const filesOf = (...files: ReadonlyArray<FileStrategy>) => place(files.map(({ file }) => file))

const idOf = ({ file, id }: FileStrategy, was?: string) => ({ file, id, was })

/** The rows of strategies that are marked as files: `[file, is_active, name]`. */
const marked = Effect.map(
  sql("select jsonb_build_array(strategy_file, is_active, name) row from strategies where strategy_file is not null"),
  (rows) => rows
)

/** The service has StrategyStore on a database whose tables the contract empties, through `Sql`. */
export const strategyStoreContract = <E>(name: string, storeLayer: Layer.Layer<StrategyStore | Sql, E>) =>
  layer(storeLayer)(`${name} tells`, (it) => {
    it.effect("all strategies in pages, each once, in the order of their ids", () =>
      Effect.gen(function* () {
        yield* afresh
        const { page, save } = yield* store
        const strategies = Array.from({ length: pageSize + 10 }, () => newStrategy())
        yield* save(strategies)
        const first = yield* page(undefined)
        expect(first).toHaveLength(pageSize)
        const second = yield* page(first.at(-1)?.id)
        expect([...first, ...second].map(({ id }) => id)).toEqual(strategies.map(({ id }) => id))
        expect(yield* page(second.at(-1)?.id)).toEqual([])
      })
    )

    it.effect("what was added, edited, switched off, on, and deleted, once each", () =>
      Effect.gen(function* () {
        let seen = yield* afresh
        const { save } = yield* store
        const strategy = newStrategy()
        const { id } = strategy
        const step = Effect.fnUntraced(function* (write: Effect.Effect<unknown, unknown, StrategyStore | Sql>) {
          yield* write
          const look = yield* told(seen)
          seen = look.seen
          return look.strategies
        })
        expect(yield* step(save([strategy]))).toEqual([changed(id)])
        expect(yield* step(Effect.void)).toEqual([])
        expect(yield* step(sql(`update strategies set name = 'Other' where id = '${id}'`))).toEqual([changed(id)])
        expect(yield* step(sql(`update strategies set is_active = false where id = '${id}'`))).toEqual([
          changed(id, false)
        ])
        expect(yield* step(sql(`update strategies set is_active = true where id = '${id}'`))).toEqual([changed(id)])
        expect(yield* step(sql(`delete from strategies where id = '${id}'`))).toEqual([changed(id, false)])
        expect(yield* step(Effect.void)).toEqual([])
      })
    )

    it.effect("strategies whose rules were written, changed, moved and deleted", () =>
      Effect.gen(function* () {
        yield* afresh
        const [a, b] = [newStrategy().id, newStrategy().id]
        yield* sql(`insert into strategies (id, name) values ('${a}', 'A'), ('${b}', 'B')`)
        let { seen } = yield* (yield* store).since(undefined, [])
        const step = Effect.fnUntraced(function* (statement: string) {
          yield* sql(statement)
          const look = yield* told(seen)
          seen = look.seen
          return look.strategies.map(({ id }) => id).sort()
        })
        expect(yield* step(`insert into rules (strategy_id, metric, value) values ('${a}', 'goals', 1)`)).toEqual([a])
        expect(yield* step("update rules set value = 2")).toEqual([a])
        expect(yield* step(`update rules set strategy_id = '${b}'`)).toEqual([a, b].sort())
        expect(yield* step("delete from rules")).toEqual([b])
        expect(yield* step("delete from rules")).toEqual([])
      })
    )

    it.effect("another fingerprint for another content, of the rules as of the row, and the same for the same", () =>
      Effect.gen(function* () {
        yield* afresh
        const { fingerprints, page } = yield* store
        const { id } = newStrategy()
        const prints = new Set<string | undefined>()
        for (const statement of [
          `insert into strategies (id, name) values ('${id}', 'A')`,
          `insert into rules (strategy_id, metric, value) values ('${id}', 'goals', 1)`,
          "update rules set value = 2",
          "update strategies set league_ids = '{8}'",
          "update strategies set desired_outcome = 'HOME_WIN'"
        ]) {
          yield* sql(statement)
          const [one] = yield* fingerprints(undefined)
          expect((yield* page(undefined))[0]?.fingerprint).toBe(one?.fingerprint)
          prints.add(one?.fingerprint)
        }
        expect(prints.size).toBe(5)
        const before = yield* fingerprints(undefined)
        yield* sql("update strategies set name = name; update rules set value = value")
        expect(yield* fingerprints(undefined)).toEqual(before)
      })
    )

    it.effect("a change of a transaction that ended after the look, and none that the look saw", () =>
      Effect.gen(function* () {
        yield* afresh
        const [late, early] = [newStrategy(), newStrategy()]
        yield* (yield* store).save([late, early])
        // At that look transaction 12 was under way; 11 had ended, though 13 began after it.
        yield* sql(`truncate strategy_changes; insert into strategy_changes (strategy_id, changed_in) values
          ('${late.id}', '12'), ('${early.id}', '11'), ('${early.id}', '9')`)
        expect((yield* told("12:14:12")).strategies).toEqual([changed(late.id)])
        expect((yield* told("12:14:12,13")).strategies).toEqual([changed(late.id)])
        expect((yield* told("14:14:")).strategies).toEqual([])
      })
    )

    it.effect("that any may have changed, after a TRUNCATE, many changes, and in another database", () =>
      Effect.gen(function* () {
        const seen = yield* afresh
        const { save } = yield* store
        yield* sql("truncate rules")
        expect(yield* told(seen)).toMatchObject({ all: true, strategies: [] })
        const next = (yield* told(seen)).seen
        yield* sql("truncate strategies cascade")
        expect((yield* told(next)).all).toBe(true)

        const calm = yield* afresh
        yield* save(Array.from({ length: mostChanges + 1 }, () => newStrategy()))
        expect(yield* told(calm)).toMatchObject({ all: true, strategies: [] })
        expect((yield* told("99999999999:99999999999:")).all).toBe(true)
      })
    )

    it.effect("how strategies stand that are asked for, whether they changed or not", () =>
      Effect.gen(function* () {
        yield* afresh
        const [a, b, c] = [newStrategy(), newStrategy(), strategyId(unused())]
        const { save } = yield* store
        yield* save([a, b])
        const { seen } = yield* told((yield* (yield* store).since(undefined, [])).seen)
        yield* sql(`update strategies set name = 'Other' where id = '${a.id}'`)
        const { strategies } = yield* told(seen, [a.id, b.id, c])
        expect(strategies).toHaveLength(3)
        expect(strategies).toEqual(
          expect.arrayContaining([
            changed(a.id),
            { id: b.id, changed: false, watched: true },
            { id: c, changed: false, watched: false }
          ])
        )
      })
    )

    it.effect("at a first look what changed just now, and whether any strategy is kept", () =>
      Effect.gen(function* () {
        yield* emptyTables
        yield* sql("truncate strategy_changes")
        const { save, since } = yield* store
        expect(yield* since(undefined, [])).toMatchObject({ all: false, any: false, strategies: [] })
        const strategy = newStrategy({ active: false })
        yield* save([strategy])
        yield* sql(
          "insert into strategy_changes (strategy_id, changed_at) values ('gone', now() - interval '1 minute')"
        )
        expect(yield* since(undefined, [])).toMatchObject({ all: false, any: true, strategies: [{ id: strategy.id }] })
      })
    )

    it.effect("by the sum of all whether what is held is what there is, also behind the triggers' back", () =>
      Effect.gen(function* () {
        yield* afresh
        const { fingerprints, save, sum } = yield* store
        expect(yield* sum).toEqual({ count: 0, sum: 0n })
        yield* save(Array.from({ length: 3 }, () => newStrategy()))
        const held = (yield* fingerprints(undefined)).reduce((all, { fingerprint }) => all + BigInt(fingerprint), 0n)
        expect(yield* sum).toEqual({ count: 3, sum: held })
        const { seen } = yield* (yield* store).since(undefined, [])
        yield* sql(`alter table strategies disable trigger user;
          update strategies set name = 'Restored';
          alter table strategies enable trigger user`)
        expect((yield* told(seen)).strategies).toEqual([])
        expect((yield* sum).sum).not.toBe(held)
      })
    )

    it.effect("nothing of changes that were forgotten after an hour", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* sql(`truncate strategy_changes; insert into strategy_changes (strategy_id, changed_at) values
          ('old', now() - interval '61 minutes'), ('new', now() - interval '59 minutes')`)
        yield* (yield* store).forgetChanges
        expect(yield* sql("select strategy_id id from strategy_changes")).toEqual([{ id: "new" }])
      })
    )

    it.effect("the database about the strategies of files, which nobody else watches", () =>
      Effect.gen(function* () {
        yield* afresh
        const { matchFiles, saveFiles } = yield* store
        const [a, b] = [fileOf("a"), fileOf("b")]
        expect(yield* matchFiles([a, b], filesOf(a, b))).toEqual([
          { file: "a", id: undefined, was: undefined },
          { file: "b", id: undefined, was: undefined }
        ])
        expect(yield* marked).toEqual([])
        expect(yield* saveFiles([a, b], filesOf(a, b))).toEqual([idOf(a), idOf(b)])
        expect(yield* marked).toEqual([{ row: ["a", false, "a"] }, { row: ["b", false, "b"] }])
        expect(yield* matchFiles([a, b], filesOf(a, b))).toEqual([idOf(a), idOf(b)])
        expect((yield* activeStrategies).strategies).toEqual([])
        // The version before this one goes by this function.
        expect(yield* sql("select active_strategies()")).toEqual([])
        yield* sql("update strategies set is_active = true")
        expect((yield* activeStrategies).strategies).toEqual([])
      })
    )

    it.effect("a file's strategy by its name when it was edited, and by its content when it was renamed", () =>
      Effect.gen(function* () {
        yield* afresh
        const { saveFiles } = yield* store
        const [a, b] = [fileOf("a"), fileOf("b")]
        yield* saveFiles([a, b], filesOf(a, b))
        const edited = { ...fileOf("a"), id: a.id }
        const renamed = { ...fileOf("c"), definition: b.definition }
        const copy = { ...fileOf("d"), definition: edited.definition }
        const saved = yield* saveFiles([edited, renamed, copy], place(["a", "c", "d"]))
        expect(saved).toEqual([idOf(a), { file: "c", id: b.id, was: "b" }, idOf(copy)])
        expect(yield* saveFiles([edited, renamed, copy], place(["a", "c", "d"]))).toEqual([
          idOf(a),
          { file: "c", id: b.id, was: undefined },
          idOf(copy)
        ])
        // A new file of the old name is another strategy: its id is taken.
        const again = { ...fileOf("b"), id: b.id }
        const [, , , other] = yield* saveFiles([edited, renamed, copy, again], place(["a", "c", "d", "b"]))
        expect(other).toMatchObject({ file: "b", id: expect.not.stringContaining(b.id) })
      })
    )

    it.effect("many files in several calls, as in one: each renamed one takes over from one that is gone", () =>
      Effect.gen(function* () {
        yield* afresh
        const { saveFiles } = yield* store
        const { definition } = fileOf("same")
        const many = Array.from({ length: 120 }, (_, index) => ({ ...fileOf(`a${1000 + index}`), definition }))
        yield* saveFiles(many, filesOf(...many))
        const renamed = many.map((each) => ({ ...fileOf(each.file.replace("a", "b")), definition }))
        const saved = yield* saveFiles(renamed, filesOf(...renamed))
        expect(saved).toEqual(renamed.map(({ file }, index) => ({ file, id: many[index]?.id, was: many[index]?.file })))
        expect(yield* sql("select count(*)::int files from strategies where strategy_file is not null")).toEqual([
          { files: 120 }
        ])
      })
    )

    it.effect("no file that cannot be read now from one that is gone: it keeps its strategy", () =>
      Effect.gen(function* () {
        yield* afresh
        const { saveFiles } = yield* store
        const a = fileOf("a")
        yield* saveFiles([a], place(["a"]))
        const copy = { ...fileOf("b"), definition: a.definition }
        expect(yield* saveFiles([copy], place(["a", "b"]))).toEqual([idOf(copy)])
        expect(yield* saveFiles([a, copy], place(["a", "b"]))).toEqual([idOf(a), idOf(copy)])
      })
    )

    it.effect("a renamed file from a copy in another directory, which takes nothing over", () =>
      Effect.gen(function* () {
        yield* afresh
        const { saveFiles } = yield* store
        const a = fileOf("a")
        yield* saveFiles([a], place(["a"]))
        const copy = { ...fileOf("b"), definition: a.definition }
        expect(yield* saveFiles([copy], place(["b"], "/elsewhere"))).toEqual([idOf(copy)])
        const edited = { ...fileOf("b"), id: copy.id }
        expect(yield* saveFiles([edited], place(["b"], "/elsewhere"))).toEqual([idOf(copy)])
        const other = { ...fileOf("a"), id: a.id }
        expect(yield* saveFiles([other], place(["a"]))).toEqual([idOf(a)])
        // A file that was moved is renamed in its new directory.
        yield* saveFiles([other], place(["a"], "/moved"))
        const renamed = { ...fileOf("c"), definition: other.definition }
        expect(yield* saveFiles([renamed], place(["c"]))).toEqual([idOf(renamed)])
        const again = { ...fileOf("d"), definition: other.definition }
        expect(yield* saveFiles([again], place(["d"], "/moved"))).toEqual([{ file: "d", id: a.id, was: "a" }])
        // Of what the version before this one wrote no directory is known.
        yield* sql("update strategies set strategy_directory = null where strategy_file = 'd'")
        const later = { ...fileOf("e"), definition: other.definition }
        expect(yield* saveFiles([later], place(["e"], "/any"))).toEqual([{ file: "e", id: a.id, was: "d" }])
      })
    )

    it.effect("rows of an earlier version from those of owners and from samples", () =>
      Effect.gen(function* () {
        yield* afresh
        const { save, saveFiles } = yield* store
        const [earlier, owned, sample] = [newStrategy(), newStrategy(), newStrategy()]
        yield* save([earlier, owned, sample])
        yield* sql(`update strategies set user_id = '${owner}' where id = '${owned.id}'`)
        const files = [
          fileOf("earlier", { id: earlier.id }),
          fileOf("owned", { id: owned.id }),
          fileOf("sample", { id: sample.id, isSample: true })
        ]
        const [first, second, third] = yield* saveFiles(files, place(["earlier", "owned", "sample"]))
        expect(first?.id).toBe(earlier.id)
        expect(second?.id).not.toBe(owned.id)
        expect(third?.id).toBe(sample.id)
        expect((yield* activeStrategies).strategies.map(({ id }) => id).sort()).toEqual([owned.id, sample.id].sort())
        // Also when an owner marks a row of theirs: that hides it, and no more.
        yield* sql(`update strategies set strategy_file = 'theirs' where id = '${owned.id}'`)
        const [theirs] = yield* saveFiles([fileOf("theirs")], place(["theirs"]))
        expect(theirs?.id).not.toBe(owned.id)
        expect(yield* sql(`select name from strategies where id = '${owned.id}'`)).toEqual([{ name: owned.name }])
      })
    )

    it.effect("samples to a database that keeps no strategy but those of files", () =>
      Effect.gen(function* () {
        yield* afresh
        const { addSamples, saveFiles } = yield* store
        const [sample, other] = [newStrategy(), newStrategy()]
        yield* saveFiles(
          [fileOf("sample", { id: sample.id, isSample: true }), fileOf("mine")],
          place(["sample", "mine"])
        )
        expect(yield* addSamples([sample, other])).toBe(2)
        expect((yield* activeStrategies).strategies.map(({ id }) => id)).toEqual([sample.id, other.id])
        expect(yield* addSamples([newStrategy()])).toBe(0)
      })
    )

    it.effect("whatever the id that is asked for, also one that nobody has", () =>
      Effect.gen(function* () {
        yield* afresh
        const { byId, page } = yield* store
        expect(yield* byId([StrategyId.make(owner)])).toEqual([])
        expect(yield* page(StrategyId.make(owner))).toEqual([])
      })
    )
  })
