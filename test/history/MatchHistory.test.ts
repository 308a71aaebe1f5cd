import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Database, DatabaseError } from "../../src/database/Database.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import type { Snapshot } from "../../src/domain/Snapshot.ts"
import { MatchHistory, type Timelines } from "../../src/history/MatchHistory.ts"
import { matchHistoryContract } from "../contracts/matchHistoryContract.ts"
import { Logs } from "../fixtures/logs.ts"
import { type Shown, snapshotOf } from "../fixtures/pipeline.ts"

const embedded = layerEmbedded.pipe(Layer.provide(EmbeddedPostgres.layer()), Layer.provide(NodeServices.layer))

matchHistoryContract("History in memory", MatchHistory.layerMemory)
matchHistoryContract("History on the database", MatchHistory.layer.pipe(Layer.provide(embedded)))
matchHistoryContract("Shared history on the database", MatchHistory.layerShared.pipe(Layer.provide(embedded)))

/** Records these as one tick, and lets what is done beside it begin. */
const record = (...shown: ReadonlyArray<Shown>) =>
  Effect.flatMap(MatchHistory, (history) => Effect.tap(history.record(shown.map(snapshotOf)), Effect.yieldNow))

const minutes = (timelines: Timelines, id = "7") => timelines.get(id)?.map(({ minute }) => minute)

/** What runs in it runs in a process of its own: nothing is in its memory before. */
const inNewProcess = Effect.provide(MatchHistory.layer, { local: true })

/**
 * A database that holds moments and nothing else, with a switch to turn it off. It counts the moments that it was given
 * to record.
 */
class FakeDatabase {
  isOn = true
  recorded = 0
  /** What a call that saves waits for, after it took its moments. */
  saves: Effect.Effect<void> = Effect.void
  readonly calls: Array<string> = []
  /** Calls that read moments: the matches of each, and how many were under way at once at most. */
  readonly asked: Array<ReadonlyArray<unknown>> = []
  private reading = 0
  mostReading = 0
  /** The times since which it was asked. */
  readonly since: Array<unknown> = []
  readonly moments = new Map<string, Readonly<Record<string, unknown>>>()

  readonly layer = Layer.succeed(Database, {
    name: "fake",
    call: (operation, args) =>
      Effect.suspend(() => {
        this.calls.push(operation)
        if (operation === "play_moments_of") this.since.push(args.since)
        if (!this.isOn) {
          return Effect.fail(new DatabaseError({ operation, reason: "unavailable", message: "no connection" }))
        }
        if (operation === "save_play_moments" && Array.isArray(args.moments)) {
          for (const each of args.moments) {
            this.recorded += 1
            const recorded = { recorded_at: this.time(this.recorded), recorder: args.writer }
            this.moments.set(`${each.match_id} ${each.minute}`, { ...each, ...recorded })
          }
          return Effect.as(this.saves, [])
        }
        const ids: ReadonlyArray<unknown> = Array.isArray(args.match_ids) ? args.match_ids : []
        const moments = [...this.moments.values()].filter(
          ({ match_id, recorded_at, recorder }) =>
            ids.includes(match_id) ||
            (args.since !== null && `${recorded_at}` >= `${args.since}` && recorder !== args.reader)
        )
        this.asked.push(ids)
        this.reading += 1
        this.mostReading = Math.max(this.mostReading, this.reading)
        const answer = [{ asked_at: this.time(this.recorded), moments: JSON.stringify(moments), doubts: "[]" }]
        return Effect.as(Effect.yieldNow, answer).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              this.reading -= 1
            })
          )
        )
      })
  })

  time(count: number) {
    return `2026-01-01T12:00:${String(count).padStart(2, "0")}+00:00`
  }

  get minutes() {
    return [...this.moments.values()].map(({ minute }) => minute)
  }
}

const onFake = (database: FakeDatabase) => MatchHistory.layer.pipe(Layer.provideMerge(database.layer))

/** On one that this process has to itself. */
const onFakeAlone = (database: FakeDatabase, history = MatchHistory.layer) => {
  const alone = Layer.effect(
    Database,
    Effect.map(Database, (service) => ({ ...service, changes: () => 0 }))
  )
  return history.pipe(Layer.provideMerge(Layer.provide(alone, database.layer)))
}

layer(embedded)("History on the database", (it) => {
  it.effect("has what was recorded before a restart", () =>
    Effect.gen(function* () {
      const shots = { statistics: { shots: { home: 3, away: 1 } } }
      yield* Effect.andThen(record({ id: "1", minute: 58, ...shots }), record({ id: "1", minute: 59, ...shots })).pipe(
        inNewProcess
      )
      const timelines = yield* inNewProcess(record({ id: "1", minute: 60 }, { id: "2", minute: 10 }))
      assert.deepStrictEqual(minutes(timelines, "1"), [58, 59, 60])
      assert.deepStrictEqual(minutes(timelines, "2"), [10])
      expect(timelines.get("1")?.[0]?.figures).toEqual({ ...shots.statistics, goals: { home: 0, away: 0 } })
    })
  )
})

describe("History on the database", () => {
  it.effect("asks for a match's past once, and writes each change once", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      return Effect.gen(function* () {
        yield* record({ minute: 60 })
        yield* record({ minute: 60 })
        yield* record({ minute: 60, score: { home: 1, away: 0 } })
        yield* record({ minute: 61, score: { home: 1, away: 0 } })
        assert.deepStrictEqual(database.calls, [
          "play_moments_of",
          "save_play_moments",
          "save_play_moments",
          "save_play_moments"
        ])
        assert.strictEqual(database.recorded, 3)
      }).pipe(Effect.provide(onFake(database)))
    })
  )

  it.effect("lets go of a match that has left, once it is saved, and reads it again when it comes back", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      return Effect.gen(function* () {
        yield* record({ minute: 60 })
        yield* record({ minute: 61 })
        yield* TestClock.adjust("3 minutes")
        yield* record({ id: "8", minute: 1 })
        database.moments.delete("7 60")
        assert.deepStrictEqual(minutes(yield* record({ minute: 62 })), [61, 62])

        database.isOn = false
        yield* record({ minute: 63 })
        yield* TestClock.adjust("3 minutes")
        yield* record({ id: "8", minute: 2 })
        assert.deepStrictEqual(minutes(yield* record({ minute: 64 })), [61, 62, 63, 64])
      }).pipe(Effect.provide(Layer.merge(onFake(database), Logs.layer)))
    })
  )

  it.effect(
    "saves the moments of many matches in several calls where it is alone, and lets others have their turn between",
    () =>
      Effect.suspend(() => {
        const database = new FakeDatabase()
        return Effect.gen(function* () {
          const seen: Array<number> = []
          const other = Effect.forever(
            Effect.andThen(
              Effect.yieldNow,
              Effect.sync(() => seen.push(database.recorded))
            )
          )
          yield* Effect.forkChild(other)
          yield* record(...Array.from({ length: 180 }, (_, index) => ({ id: `${index}` })))
          yield* Effect.repeat(Effect.yieldNow, { times: 160 })
          assert.deepStrictEqual(
            [...new Set(seen)].filter((count) => count > 0),
            Array.from({ length: 18 }, (_, call) => 10 * (call + 1))
          )
        }).pipe(Effect.provide(onFakeAlone(database)))
      })
  )

  it.effect("saves all that a tick saw in one call where others share the matches, whatever the database is", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      return Effect.gen(function* () {
        yield* record(...Array.from({ length: 180 }, (_, index) => ({ id: `${index}` })))
        yield* Effect.repeat(Effect.yieldNow, { times: 40 })
        assert.strictEqual(database.recorded, 180)
        assert.strictEqual(database.calls.filter((call) => call === "save_play_moments").length, 1)
      }).pipe(Effect.provide(onFakeAlone(database, MatchHistory.layerShared)))
    })
  )

  it.effect("asks for the pasts of many matches in several calls, and once for what others have seen", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      const layer = Layer.provide(MatchHistory.layerShared, database.layer)
      return Effect.gen(function* () {
        yield* record({ id: "first" })
        yield* record(...Array.from({ length: 250 }, (_, index) => ({ id: `${index}` })))
        expect(database.since).toEqual([null, database.time(0), null, null])
        expect(database.asked.map((ids) => ids.length)).toEqual([1, 100, 100, 50])
        // While one answer is read the database makes the next, and no more than that.
        assert.strictEqual(database.mostReading, 2)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("goes on in memory while the database is away, and says so once", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      database.isOn = false
      return Effect.gen(function* () {
        const logs = yield* Logs
        yield* record({ minute: 60 })
        yield* record({ minute: 61 })
        assert.deepStrictEqual(minutes(yield* record({ minute: 62 })), [60, 61, 62])
        // Once a tick: the tick waits for each call that a database which is away does not answer.
        assert.deepStrictEqual(database.calls, ["play_moments_of", "play_moments_of", "play_moments_of"])
        expect(yield* logs.lines()).toEqual([
          { level: "WARN", message: "match history goes on in memory", fields: { reason: "no connection" } }
        ])
      }).pipe(Effect.provide(Layer.merge(onFake(database), Logs.layer)))
    })
  )

  it.effect("saves what it has not saved when the database is back, and says so", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      return Effect.gen(function* () {
        const logs = yield* Logs
        yield* record({ minute: 60 })
        database.isOn = false
        yield* record({ minute: 61 })
        yield* record({ minute: 62 })
        assert.deepStrictEqual(database.minutes, [60])
        database.isOn = true
        yield* record({ minute: 62 })
        assert.deepStrictEqual(database.minutes, [60, 61, 62])
        assert.strictEqual(database.recorded, 3)
        assert.deepStrictEqual(
          (yield* logs.lines()).map(({ message }) => message),
          ["match history goes on in memory", "match history is on the database again"]
        )
      }).pipe(Effect.provide(Layer.merge(onFake(database), Logs.layer)))
    })
  )

  it.effect("saves at its end what it has not saved", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      database.isOn = false
      return Effect.gen(function* () {
        yield* inNewProcess(
          Effect.gen(function* () {
            yield* record({ minute: 60 })
            assert.deepStrictEqual(database.minutes, [])
            database.isOn = true
          })
        )
        assert.deepStrictEqual(database.minutes, [60])
      }).pipe(Effect.provide(Layer.merge(database.layer, Logs.layer)))
    })
  )

  it.effect("saves what was corrected while it was saved", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      return Effect.gen(function* () {
        const saved = yield* Deferred.make<void>()
        database.saves = Deferred.await(saved)
        yield* record({ minute: 60 })
        yield* record({ minute: 60, score: { home: 1, away: 0 } })
        assert.strictEqual(database.recorded, 1)
        yield* Deferred.succeed(saved, undefined)
        yield* Effect.repeat(Effect.yieldNow, { times: 10 })
        expect(database.moments.get("7 60")).toMatchObject({ figures: { goals: { home: 1, away: 0 } } })
      }).pipe(Effect.provide(onFake(database)))
    })
  )

  it.effect("says it anew when the database goes away again", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      return Effect.gen(function* () {
        const logs = yield* Logs
        for (const isOn of [false, true, false]) {
          database.isOn = isOn
          yield* record({ minute: 60, score: { home: (yield* logs.lines()).length, away: 0 } })
        }
        assert.lengthOf(yield* logs.lines("match history goes on in memory"), 2)
      }).pipe(Effect.provide(Layer.merge(onFake(database), Logs.layer)))
    })
  )

  it.effect("has the past of a match that it first saw during an outage, and its own figures where both know", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      return Effect.gen(function* () {
        const goal = { score: { home: 1, away: 0 } }
        yield* inNewProcess(Effect.andThen(record({ minute: 59 }), record({ minute: 60 })))
        database.isOn = false
        yield* inNewProcess(
          Effect.gen(function* () {
            assert.deepStrictEqual(minutes(yield* record({ minute: 60, ...goal })), [60])
            database.isOn = true
            const timeline = (yield* record({ minute: 61, ...goal })).get("7") ?? []
            assert.deepStrictEqual(
              timeline.map(({ figures, minute }) => [minute, figures.goals]),
              [
                [59, { home: 0, away: 0 }],
                [60, { home: 1, away: 0 }],
                [61, { home: 1, away: 0 }]
              ]
            )
          })
        )
        expect(database.moments.get("7 60")).toMatchObject({ figures: { goals: { home: 1, away: 0 } } })
      }).pipe(Effect.provide(Layer.merge(database.layer, Logs.layer)))
    })
  )

  it.effect("leaves out a moment that it cannot read", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      database.moments.set("7 1", {
        match_id: "7",
        period: "3H",
        minute: 1,
        added: 0,
        figures: {},
        play: 0,
        recorded_at: database.time(0)
      })
      database.moments.set("7 2", {
        match_id: "7",
        period: "1H",
        minute: 2,
        added: 0,
        figures: {},
        play: 0,
        recorded_at: database.time(0)
      })
      return Effect.gen(function* () {
        assert.deepStrictEqual(minutes(yield* record({ minute: 60 })), [2, 60])
        assert.lengthOf(yield* Effect.flatMap(Logs, ({ lines }) => lines()), 1)
      }).pipe(Effect.provide(Layer.merge(onFake(database), Logs.layer)))
    })
  )
})

describe("Shared history on the database", () => {
  /** Another process, by what it records. */
  const process = Effect.map(
    Layer.build(Layer.fresh(MatchHistory.layerShared)),
    (services) => (snapshots: ReadonlyArray<Snapshot>) =>
      Effect.tap(Context.get(services, MatchHistory).record(snapshots), Effect.yieldNow)
  )

  it.effect("knows at each tick what other processes have seen since its last", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      return Effect.gen(function* () {
        const [one, other] = [yield* process, yield* process]
        const show = (minute: number) => [snapshotOf({ minute })]
        yield* one(show(60))
        yield* other(show(61))
        yield* other(show(62))
        assert.deepStrictEqual(minutes(yield* one(show(63))), [60, 61, 62, 63])
        assert.deepStrictEqual(minutes(yield* other(show(64))), [60, 61, 62, 63, 64])
      }).pipe(Effect.scoped, Effect.provide(database.layer))
    })
  )

  it.effect("takes the latest that others saw of a match for no past of it: it has the whole or its own alone", () =>
    Effect.suspend(() => {
      const database = new FakeDatabase()
      return Effect.gen(function* () {
        const [one, other] = [yield* process, yield* process]
        const show = (id: string, minute: number) => [snapshotOf({ id, minute })]
        yield* other(show("8", 10))
        yield* one(show("7", 60))
        yield* other(show("8", 11))
        yield* one(show("7", 61))
        database.isOn = false
        assert.deepStrictEqual(minutes(yield* one(show("8", 12)), "8"), [12])
        database.isOn = true
        assert.deepStrictEqual(minutes(yield* one(show("8", 13)), "8"), [10, 11, 12, 13])
      }).pipe(Effect.scoped, Effect.provide(Layer.merge(database.layer, Logs.layer)))
    })
  )
})

describe("History in memory", () => {
  it.effect("forgets a match that no snapshot has shown for long", () =>
    Effect.gen(function* () {
      yield* record({ minute: 45 })
      yield* TestClock.adjust("7 hours")
      yield* record({ id: "8", minute: 1 })
      assert.deepStrictEqual(minutes(yield* record({ minute: 46 })), [46])
    }).pipe(Effect.provide(MatchHistory.layerMemory))
  )

  it.effect("loses no moment of matches that are recorded at the same time", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 20 }, (_, index) => `${index}`)
      yield* Effect.forEach(ids, (id) => record({ id, minute: 1 }), { concurrency: "unbounded" })
      const timelines = yield* record(...ids.map((id) => ({ id, minute: 2 })))
      assert.deepStrictEqual(
        ids.map((id) => minutes(timelines, id)),
        ids.map(() => [1, 2])
      )
    }).pipe(Effect.provide(MatchHistory.layerMemory))
  )
})
