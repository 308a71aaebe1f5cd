import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Semaphore } from "effect"
import { Database } from "../../src/database/Database.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { lastGoal } from "../../src/domain/LastGoal.ts"
import type { Timeline } from "../../src/domain/Timeline.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import { type Shown, snapshotOf, unused } from "../fixtures/pipeline.ts"

const embedded = layerEmbedded.pipe(Layer.provide(EmbeddedPostgres.layer()), Layer.provide(NodeServices.layer))

/** The processes that share a match, each with its own memory, on one database. */
const makeProcesses = (count: number, ofProcess = MatchHistory.layerShared) =>
  Effect.gen(function* () {
    const { call, name } = yield* Database
    const oneAtATime = yield* Semaphore.make(1)
    const database = Layer.succeed(Database, {
      name,
      call: (operation, args) => oneAtATime.withPermits(1)(call(operation, args))
    })
    const started = Effect.map(Layer.build(Layer.fresh(Layer.provide(ofProcess, database))), (services) =>
      Context.get(services, MatchHistory)
    )
    const start = Effect.forEach(Array.from({ length: count }), () => started)
    let processes = yield* start
    let polls = 0
    const id = `plays ${unused()}`
    /** A poll by the process whose turn it is. What it has to save is saved when the next one begins. */
    const poll = Effect.fnUntraced(function* (match: Shown) {
      const process = processes[polls % count]
      polls += 1
      assert.isDefined(process)
      const timelines = yield* process.record([snapshotOf({ id, ...match })])
      yield* Effect.yieldNow
      yield* oneAtATime.withPermits(1)(Effect.void)
      return timelines.get(id) ?? []
    })
    return {
      /** The pasts that the polls of these matches saw, one after another. */
      poll: (...matches: ReadonlyArray<Shown>) => Effect.forEach(matches, poll),
      /** All processes end, and others begin. */
      restart: Effect.andThen(
        Effect.sync(() => {
          polls = 0
        }),
        Effect.map(start, (all) => {
          processes = all
        })
      )
    }
  })

const range = (from: number, to: number, match: Shown = {}): ReadonlyArray<Shown> =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ minute: from + index, ...match }))

const minutes = (timelines: ReadonlyArray<Timeline>) => timelines.map((each) => each.map(({ minute }) => minute))

/** The minutes of the past at each minute of the second play, where its first has none before it. */
const upToEach = (from: number, to: number) =>
  range(from, to).map((_, index) => range(from, from + index).map(({ minute }) => minute))

const kinds = [
  { name: "one process", count: 1, ofProcess: MatchHistory.layer },
  { name: "two processes", count: 2, ofProcess: MatchHistory.layerShared },
  { name: "three processes", count: 3, ofProcess: MatchHistory.layerShared }
]

layer(embedded)("The plays of a match", (it) => {
  for (const { count, name, ofProcess } of kinds) {
    it.effect(`are held apart by ${name}: the second has a past of its own from its first poll on`, () =>
      Effect.gen(function* () {
        const { poll } = yield* makeProcesses(count, ofProcess)
        yield* poll(...range(46, 59), ...range(60, 70, { score: { home: 1, away: 0 } }))
        const again = yield* poll(...range(1, 72))
        assert.deepStrictEqual(minutes(again), upToEach(1, 72))
        assert.isUndefined(lastGoal(again.at(-1) ?? []))
        assert.deepStrictEqual(minutes(yield* poll(...range(1, 30))), upToEach(1, 30))
      })
    )

    it.effect(`are held apart by ${name}, whenever they are started again`, () =>
      Effect.gen(function* () {
        const { poll, restart } = yield* makeProcesses(count, ofProcess)
        yield* poll(...range(46, 59), ...range(60, 70, { score: { home: 1, away: 0 } }))
        const again: Array<Timeline> = []
        for (const match of range(1, 72)) {
          const { minute = 0 } = match
          // Also while the step back is in doubt, and as soon as it is not.
          if ([2, 3, 30, 51, 66].includes(minute)) yield* restart
          again.push(...(yield* poll(match)))
        }
        assert.deepStrictEqual(minutes(again), upToEach(1, 72))
        assert.isUndefined(lastGoal(again.at(-1) ?? []))
      })
    )

    it.effect(`do not begin by one wrong poll of ${name}, behind or ahead`, () =>
      Effect.gen(function* () {
        const { poll, restart } = yield* makeProcesses(count, ofProcess)
        yield* poll(...range(1, 30))
        const wrong = { minute: 55, score: { home: 0, away: 2 } }
        // The first that follows may be the wrong one itself.
        const [, first, ...others] = minutes(yield* poll(wrong, ...range(31, 70)))
        assert.deepStrictEqual([first, ...others], [[31], ...upToEach(1, 70).slice(31)])
        const [behind, ...next] = minutes(yield* poll({ minute: 20, score: { home: 0, away: 2 } }, ...range(71, 75)))
        assert.deepStrictEqual([behind, ...next], [[20], ...upToEach(1, 75).slice(70)])
        yield* restart
        const last = (yield* poll({ minute: 76 })).at(-1) ?? []
        assert.deepStrictEqual(minutes([last]), upToEach(1, 76).slice(75))
        assert.isUndefined(lastGoal(last))
      })
    )

    it.effect(`do not begin by wrong polls of ${name} between right ones that show nothing new`, () =>
      Effect.gen(function* () {
        const { poll } = yield* makeProcesses(count, ofProcess)
        yield* poll(...range(50, 60))
        for (const _ of range(1, 4)) yield* poll({ minute: 20 }, { minute: 60 })
        assert.deepStrictEqual(minutes(yield* poll({ minute: 61 })), upToEach(50, 61).slice(11))
      })
    )
  }
})
