import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import { Clock, Context, Deferred, Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { DatabaseError } from "../../src/database/Database.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { SnapshotInput } from "../../src/domain/Snapshot.ts"
import { dedupKey } from "../../src/domain/Trigger.ts"
import { Scanner } from "../../src/scan/Scanner.ts"
import { Sql } from "../contracts/Sql.ts"
import { Recorded } from "../fixtures/alerts.ts"
import { Logs } from "../fixtures/logs.ts"
import { candidateOf, newStrategy, shown } from "../fixtures/pipeline.ts"
import { ttl, World } from "./World.ts"

const scan = Effect.flatMap(Scanner, (scanner) => scanner.scan)

/** A scanner that knows nothing yet: that of a process which was just started. */
const newScanner = Effect.map(Layer.build(Layer.fresh(Scanner.layer)), (services) => Context.get(services, Scanner))

/** Forgets what was asked so far, and answers with it. */
const takeAsked = (world: World) => {
  const { created, dedup, matches } = world.asked
  return { dedup: dedup.splice(0), matches: matches.splice(0), created: created.splice(0) }
}

const nothingAsked = { dedup: [], matches: [], created: [] }

const matches = (count: number, minute = 60): ReadonlyArray<SnapshotInput> =>
  Array.from({ length: count }, (_, index) => shown({ id: `m${index}`, minute }))

/** Runs it as on a machine whose time of day was set back by so much. */
const setBack = <A, E, R>(effect: Effect.Effect<A, E, R>, by: Duration.Duration) =>
  Effect.updateService(effect, Clock.Clock, (clock) => {
    const millis = () => clock.currentTimeMillisUnsafe() - Duration.toMillis(by)
    const nanos = () => clock.currentTimeNanosUnsafe() - BigInt(Duration.toMillis(by)) * 1_000_000n
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      sleep: (duration) => clock.sleep(duration)
    }
  })

const inTheEnd = (world: World) => Effect.provide(world.layer)

describe("A pair that has a trigger", () => {
  it.effect("costs nothing at the next tick: nobody is asked, and no evidence is made", () => {
    const [old, late] = [newStrategy(), newStrategy({ when: [{ left: "minute", comparator: ">=", right: 62 }] })]
    const world = new World(old, late)
    return Effect.gen(function* () {
      world.show(...matches(3, 60))
      yield* scan
      takeAsked(world)
      world.show(...matches(3, 61))
      expect(yield* scan).toMatchObject({ held: 3, triggers: 0 })
      assert.deepStrictEqual(takeAsked(world), nothingAsked)
      world.show(...matches(3, 62))
      expect(yield* scan).toMatchObject({ held: 6, triggers: 3 })
      // Evidence is made for what is created, and that is the new strategy's pairs alone.
      assert.deepStrictEqual(
        takeAsked(world).created,
        [0, 1, 2].map((index) => dedupKey({ strategyId: late.id, matchId: `m${index}` }))
      )
    }).pipe(inTheEnd(world))
  })

  it.effect("stays known when its strategy is edited", () => {
    const strategy = newStrategy()
    const world = new World(strategy)
    return Effect.gen(function* () {
      yield* scan
      takeAsked(world)
      world.edit({ ...strategy, name: "Another name" })
      expect(yield* scan).toMatchObject({ held: 1, triggers: 0 })
      assert.deepStrictEqual(takeAsked(world), nothingAsked)
    }).pipe(inTheEnd(world))
  })
})

describe("A scanner that was just started", () => {
  it.effect("asks Dedup once for what holds, and the database beside the tick, once a match", () => {
    const world = new World(newStrategy(), newStrategy())
    world.show(...matches(3))
    return Effect.gen(function* () {
      yield* (yield* newScanner).scan
      takeAsked(world)
      const again = yield* newScanner
      expect(yield* again.scan).toMatchObject({ held: 6, triggers: 0, duplicates: 0 })
      expect(takeAsked(world)).toMatchObject({ matches: ["m0", "m1", "m2"], created: [], dedup: { length: 6 } })
      yield* again.scan
      assert.deepStrictEqual(takeAsked(world), nothingAsked)
    }).pipe(Effect.scoped, Effect.provide(world.surroundings))
  })

  it.effect("asks the database once by match for what Dedup does not know, and creates nothing of it", () => {
    const strategies = [newStrategy(), newStrategy()]
    const world = new World(...strategies)
    world.show(...matches(3))
    return Effect.gen(function* () {
      const { create } = yield* TriggerStore
      yield* create(strategies.flatMap((each) => [0, 1, 2].map((index) => candidateOf(each, { id: `m${index}` }))))
      takeAsked(world)
      const again = yield* newScanner
      expect(yield* again.scan).toMatchObject({ held: 6, triggers: 0, duplicates: 6 })
      expect(takeAsked(world)).toMatchObject({ matches: ["m0", "m1", "m2"], created: [] })
      yield* again.scan
      assert.deepStrictEqual(takeAsked(world), nothingAsked)
    }).pipe(Effect.scoped, Effect.provide(world.surroundings))
  })

  it.effect("asks the database by match at once when very many pairs hold", () => {
    const strategies = Array.from({ length: 101 }, () => newStrategy())
    const world = new World(...strategies)
    world.show(...matches(100))
    return Effect.gen(function* () {
      const { create } = yield* TriggerStore
      yield* create(
        strategies.flatMap((each) => matches(100).map(({ match }) => candidateOf(each, { id: `${match.id}` })))
      )
      takeAsked(world)
      expect(yield* (yield* newScanner).scan).toMatchObject({ held: 10_100, triggers: 0, duplicates: 10_100 })
      expect(takeAsked(world)).toMatchObject({ dedup: [], matches: { length: 100 }, created: [] })
    }).pipe(Effect.scoped, Effect.provide(world.surroundings))
  })
})

describe("A match that comes later", () => {
  it.effect("is asked about beside the tick that shows it: the first pair that holds on it waits for nothing", () => {
    const strategy = newStrategy({ when: [{ left: "minute", comparator: ">=", right: 62 }] })
    const world = new World(strategy)
    return Effect.gen(function* () {
      world.show(...matches(2, 61))
      expect(yield* scan).toMatchObject({ held: 0 })
      assert.deepStrictEqual(takeAsked(world), { ...nothingAsked, matches: ["m0", "m1"] })
      world.show(...matches(2, 62))
      expect(yield* scan).toMatchObject({ held: 2, triggers: 2 })
      expect(takeAsked(world)).toMatchObject({ matches: [], created: { length: 2 } })
    }).pipe(inTheEnd(world))
  })
})

describe("What a scanner knows", () => {
  /** A tick every five minutes, for so long. The clock of the match goes on all the while, from a minute on. */
  const ticks = (world: World, duration: Duration.Duration, from = 61) =>
    Effect.forEach(Array.from({ length: Duration.toMinutes(duration) / 5 }), (_, index) => {
      const minute = from + index
      world.show(shown({ minute: Math.min(minute, 90), added: Math.max(minute - 90, 0) }))
      return Effect.andThen(TestClock.adjust("5 minutes"), scan)
    })

  it.effect("is asked again by match, spread over the ticks, and makes no evidence", () => {
    const world = new World(newStrategy())
    world.show(...matches(100))
    return Effect.gen(function* () {
      yield* scan
      takeAsked(world)
      const atOnce: Array<number> = []
      for (let tick = 0; tick < Duration.toMinutes(ttl); tick++) {
        yield* TestClock.adjust("1 minute")
        yield* scan
        const { created, dedup, matches } = takeAsked(world)
        assert.deepStrictEqual([created, dedup], [[], []])
        atOnce.push(matches.length)
      }
      assert.isAtMost(Math.max(...atOnce), 6)
      assert.isAtLeast(
        atOnce.reduce((a, b) => a + b),
        100
      )
    }).pipe(inTheEnd(world))
  })

  it.effect("fires again within the time to live when an operator deletes the trigger and its key", () => {
    const strategy = newStrategy()
    const world = new World(strategy)
    return Effect.gen(function* () {
      const { run } = yield* Sql
      yield* Effect.flatMap(StrategyStore, ({ save }) => save([strategy]))
      expect(yield* scan).toMatchObject({ triggers: 1 })
      yield* run("delete from triggers")
      world.deleteKey({ strategyId: strategy.id, matchId: "7" })
      const reports = yield* ticks(world, ttl)
      assert.strictEqual(
        reports.reduce((all, { triggers }) => all + triggers, 0),
        1
      )
    }).pipe(
      Effect.provide(
        world
          .on(TriggerStore.layer)
          .pipe(
            Layer.provideMerge(Layer.mergeAll(StrategyStore.layer, Sql.layerEmbedded)),
            Layer.provideMerge(layerEmbedded),
            Layer.provide(EmbeddedPostgres.layer()),
            Layer.provide(NodeServices.layer)
          )
      )
    )
  })

  it.effect("is asked again within the time to live though the time of day is set back", () => {
    const world = new World(newStrategy())
    return Effect.gen(function* () {
      world.show(...matches(1, 60))
      yield* scan
      takeAsked(world)
      for (let tick = 0; tick < Duration.toMinutes(ttl); tick++) {
        yield* TestClock.adjust("1 minute")
        world.show(...matches(1, 60 + Math.floor(tick / 5)))
        yield* setBack(scan, Duration.days(1))
      }
      assert.isNotEmpty(takeAsked(world).matches)
    }).pipe(inTheEnd(world))
  })

  it.effect("keeps what was created while an older answer was on its way", () => {
    const late = newStrategy({ when: [{ left: "minute", comparator: ">=", right: 62 }] })
    const world = new World(newStrategy(), late)
    return Effect.gen(function* () {
      const arrives = yield* Deferred.make<void>()
      world.show(...matches(1, 60))
      yield* scan
      yield* TestClock.adjust(ttl)
      world.onItsWay = Deferred.await(arrives)
      takeAsked(world)
      world.show(...matches(1, 61))
      yield* scan
      assert.deepStrictEqual(takeAsked(world), { ...nothingAsked, matches: ["m0"] })
      world.show(...matches(1, 62))
      expect(yield* scan).toMatchObject({ triggers: 1 })
      yield* Deferred.succeed(arrives, undefined)
      yield* TestClock.adjust("1 second")
      takeAsked(world)
      yield* scan
      assert.deepStrictEqual(takeAsked(world), nothingAsked)
    }).pipe(inTheEnd(world))
  })

  it.effect("stays known while the database is away, fires nothing twice, and says so once", () => {
    const world = new World(newStrategy())
    return Effect.gen(function* () {
      const [database, logs] = [yield* Recorded, yield* Logs]
      yield* scan
      takeAsked(world)
      database.isDown = true
      for (const { held, triggers } of yield* ticks(world, Duration.times(ttl, 2))) {
        assert.deepStrictEqual([held, triggers], [1, 0])
      }
      const begins = "the database does not tell which pairs have a trigger still; what is known stays known"
      assert.lengthOf(yield* logs.lines(begins), 1)
      database.isDown = false
      expect((yield* ticks(world, ttl, 120)).every(({ triggers }) => triggers === 0)).toBe(true)
      assert.lengthOf(yield* logs.lines("the database tells again which pairs have a trigger"), 1)
      assert.deepStrictEqual(takeAsked(world).created, [])
    }).pipe(inTheEnd(world))
  })
})

describe("Creating", () => {
  it.effect("offers the alerts of a call whose answer was lost at the next tick", () => {
    const world = new World(newStrategy(), newStrategy())
    return Effect.gen(function* () {
      world.answerOfCreate = (answer) =>
        Effect.andThen(answer, new DatabaseError({ operation: "create", reason: "unavailable", message: "lost" }))
      yield* Effect.flip(scan)
      assert.deepStrictEqual(world.offered, [])
      world.answerOfCreate = (answer) => answer
      expect(yield* scan).toMatchObject({ triggers: 0, duplicates: 2 })
      const pending = yield* Effect.flatMap(TriggerStore, (store) => store.pending(9))
      assert.deepStrictEqual(
        world.offered,
        pending.map(({ id }) => `alert-${id}`)
      )
      // Known from then on: it is not offered at every tick until it is sent.
      takeAsked(world)
      yield* scan
      assert.deepStrictEqual(takeAsked(world), nothingAsked)
    }).pipe(inTheEnd(world))
  })

  it.effect("leaves out what the database refuses, tells it once, and creates all else", () => {
    const strategies = Array.from({ length: 20 }, () => newStrategy())
    const bad = strategies[13]?.id ?? ""
    const world = new World(...strategies)
    return Effect.gen(function* () {
      const logs = yield* Logs
      world.refuse(bad)
      expect(yield* scan).toMatchObject({ held: 20, triggers: 19 })
      assert.lengthOf(world.offered, 19)
      takeAsked(world)
      expect(yield* scan).toMatchObject({ held: 20, triggers: 0 })
      assert.deepStrictEqual(takeAsked(world), nothingAsked)
      expect(
        yield* logs.lines("a trigger cannot be created and is left out; it is tried again when DEDUP_TTL has passed")
      ).toMatchObject([{ level: "ERROR", fields: { strategy: strategies[13]?.name, reason: "a bad value" } }])
    }).pipe(inTheEnd(world))
  })

  it.effect("tries what the database refused again when the process is started anew", () => {
    const [bad, good] = [newStrategy(), newStrategy()]
    const world = new World(bad, good)
    return Effect.gen(function* () {
      world.refuse(bad.id)
      expect(yield* (yield* newScanner).scan).toMatchObject({ held: 2, triggers: 1 })
      takeAsked(world)
      yield* (yield* newScanner).scan
      expect(takeAsked(world).created).toContain(dedupKey({ strategyId: bad.id, matchId: "7" }))
    }).pipe(Effect.scoped, Effect.provide(world.surroundings))
  })
})
