import { assert, describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { alertJob } from "../../src/alert/AlertQueue.ts"
import { sweepOutbox } from "../../src/alert/AlertWorker.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { FeedError } from "../../src/feed/MatchFeed.ts"
import { Health, layerHealth } from "../../src/health/Health.ts"
import { pollTimeout } from "../../src/scan/observe.ts"
import { Scanner } from "../../src/scan/Scanner.ts"
import { Recorded } from "../fixtures/alerts.ts"
import { heard, whileTimePasses } from "../fixtures/eventually.ts"
import { Logs } from "../fixtures/logs.ts"
import { candidateOf, newStrategy, receipt, shown } from "../fixtures/pipeline.ts"
import { ttl, World } from "./World.ts"

const scan = Effect.flatMap(Scanner, (scanner) => scanner.scan)
const preview = Effect.flatMap(Scanner, (scanner) => scanner.preview)
const totals = Effect.flatMap(Scanner, (scanner) => scanner.totals)

const pending = Effect.flatMap(TriggerStore, (store) => store.pending(1000))

/** The lines of the log with this message. */
const logged = (message: string) => Effect.flatMap(Logs, ({ lines }) => lines(message))

/** The pairs of the triggers that there are, as `strategy on match`. */
const pairs = Effect.map(pending, (triggers) =>
  triggers.map(({ snapshot, strategyName }) => `${strategyName} on ${snapshot.match.id}`)
)

const unavailable = new FeedError({ feed: "fake", reason: "unavailable", message: "no answer" })

describe("A scan", () => {
  it.effect("makes a trigger of a strategy that holds, with its evidence, and offers its alert", () => {
    const strategy = newStrategy()
    const world = new World(strategy)
    return Effect.gen(function* () {
      expect(yield* scan).toMatchObject({ scans: 1, snapshots: 1, held: 1, triggers: 1, duplicates: 0, dropped: 0 })
      const [trigger] = yield* pending
      expect(trigger).toMatchObject({
        strategyId: strategy.id,
        snapshot: { match: { id: "7" }, clock: { minute: 60 } },
        evidence: [{ condition: "minute >= 1", left: 60, right: 1 }]
      })
      assert.deepStrictEqual(world.offered, [`alert-${trigger?.id}`])
      expect(yield* logged("trigger created")).toMatchObject([
        { level: "INFO", fields: { strategy: strategy.name, match: "Brazil v Belgium", minute: "60", score: "0-0" } }
      ])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("is none while the feed keeps to its provider's limits: nothing fails, and nothing is asked again", () => {
    const world = new World(newStrategy())
    world.feed = Effect.fail(
      new FeedError({ feed: "fake", reason: "paused", message: "the next poll is in 5 minutes" })
    )
    return Effect.gen(function* () {
      expect(yield* scan).toMatchObject({ scans: 0, snapshots: 0, failures: 0 })
      expect(yield* totals).toMatchObject({ scans: 0, failures: 0 })
      assert.strictEqual(world.polls, 1)
      assert.deepStrictEqual(yield* (yield* Logs).lines(), [])
      world.show(shown())
      expect(yield* scan).toMatchObject({ scans: 1, triggers: 1 })
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("makes one trigger ever of a pair, over however many scans", () => {
    const world = new World(newStrategy())
    return Effect.gen(function* () {
      for (let minute = 60; minute < 90; minute++) {
        world.show(shown({ minute }))
        yield* scan
      }
      assert.lengthOf(yield* pending, 1)
      assert.lengthOf(world.offered, 1)
      expect(yield* totals).toMatchObject({ scans: 30, held: 30, triggers: 1, duplicates: 0 })
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("makes a trigger for each pair of a strategy and a match", () => {
    const [one, two] = [newStrategy({ name: "A" }), newStrategy({ name: "B" })]
    const world = new World(one, two)
    world.show(shown({ id: "1" }), shown({ id: "2" }))
    return Effect.gen(function* () {
      expect(yield* scan).toMatchObject({ held: 4, triggers: 4 })
      assert.deepStrictEqual((yield* pairs).toSorted(), ["A on 1", "A on 2", "B on 1", "B on 2"])
      assert.lengthOf(world.offered, 4)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("makes none of a strategy that does not hold", () => {
    const world = new World(newStrategy({ when: [{ left: "minute", comparator: ">=", right: 61 }] }))
    return Effect.gen(function* () {
      expect(yield* scan).toMatchObject({ held: 0, triggers: 0 })
      assert.deepStrictEqual(world.offered, [])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("finds a pair that the database knows and Dedup does not, and makes no second trigger", () => {
    const strategy = newStrategy()
    const world = new World(strategy)
    return Effect.gen(function* () {
      yield* Effect.flatMap(TriggerStore, (store) => store.create([candidateOf(strategy)]))
      expect(yield* scan).toMatchObject({ held: 1, triggers: 0, duplicates: 1 })
      assert.lengthOf(yield* pending, 1)
      assert.deepStrictEqual(world.offered, [])
      // It is remembered now: the database is not asked again.
      expect(yield* scan).toMatchObject({ held: 1, triggers: 0, duplicates: 0 })
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("makes no second trigger when Dedup has forgotten the pair", () => {
    const world = new World(newStrategy())
    return Effect.gen(function* () {
      yield* scan
      yield* TestClock.adjust(ttl)
      expect(yield* scan).toMatchObject({ held: 1, triggers: 0 })
      assert.lengthOf(yield* pending, 1)
      assert.lengthOf(world.offered, 1)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("leaves out a match that cannot be read, says once what is wrong with it, and scans the others", () => {
    const world = new World(newStrategy({ name: "A" }))
    world.show(shown({ id: "1" }), shown({ id: "2", score: { home: -1, away: 0 } }), shown({ id: "3" }))
    return Effect.gen(function* () {
      expect(yield* scan).toMatchObject({ snapshots: 2, dropped: 1, triggers: 2 })
      expect(yield* scan).toMatchObject({ snapshots: 2, dropped: 1 })
      assert.deepStrictEqual(yield* pairs, ["A on 1", "A on 3"])
      const lines = yield* logged("a match cannot be read and is left out")
      assert.lengthOf(lines, 1)
      expect(lines[0]).toMatchObject({ level: "WARN", fields: { match: "2", part: "score.home" } })
      expect(lines[0]?.fields.reason).toContain("score.home")
    }).pipe(Effect.provide(world.layer))
  })

  it.effect(
    "leaves out a part of a match that cannot be read, says so once a match and part, and scans the match",
    () => {
      const world = new World(newStrategy({ name: "A" }))
      const bad = { statistics: { fouls: { home: -1, away: 0 } } }
      const told = Effect.map(
        logged("a part of a match cannot be read and is left out; the match is scanned without it"),
        (lines) => lines.map(({ fields }) => fields)
      )
      const fouls = { part: "statistics.fouls", reason: "-1 and 0 is not within 0 to 999" }
      return Effect.gen(function* () {
        world.show(shown({ id: "1", ...bad }), shown({ id: "2", ...bad }))
        expect(yield* scan).toMatchObject({ snapshots: 2, dropped: 0, partsLeftOut: 2, triggers: 2 })
        expect(yield* told).toMatchObject([{ ...fouls, match: "1", matches: 2 }])
        world.show(shown({ id: "1", ...bad, odds: { draw: 0 } }), shown({ id: "3", ...bad }))
        expect(yield* scan).toMatchObject({ snapshots: 2, partsLeftOut: 3, triggers: 1 })
        expect(yield* told).toMatchObject([{}, { part: "odds.draw", match: "1" }, { ...fouls, match: "3" }])
        assert.strictEqual((yield* totals).partsLeftOut, 5)
      }).pipe(Effect.provide(world.layer))
    }
  )

  it.effect("fails when the feed answers with no list", () => {
    const world = new World(newStrategy())
    world.feed = Effect.sync(() => JSON.parse("null"))
    return Effect.gen(function* () {
      const failure = yield* Effect.forkChild(Effect.flip(scan))
      yield* TestClock.adjust("10 seconds")
      expect((yield* Fiber.join(failure)).message).toContain("something else than a list")
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("fires in play and in the break, and neither before the match nor after it", () => {
    const world = new World(newStrategy({ name: "A", when: [{ left: "minute", comparator: ">=", right: 0 }] }))
    world.show(
      shown({ id: "scheduled", minute: 0, status: "scheduled" }),
      shown({ id: "live", status: "live" }),
      shown({ id: "break", minute: 45, status: "break" }),
      shown({ id: "finished", minute: 90, status: "finished" }),
      shown({ id: "abandoned", status: "abandoned" })
    )
    return Effect.gen(function* () {
      expect(yield* scan).toMatchObject({ snapshots: 5, held: 2 })
      assert.deepStrictEqual(yield* pairs, ["A on live", "A on break"])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect(
    "scans a match once that comes twice in an answer, as far on as it is, says so once and counts the other",
    () => {
      const world = new World(newStrategy({ name: "A", when: [{ left: "minute", comparator: ">=", right: 70 }] }))
      const goal = { home: 1, away: 0 }
      world.show(
        shown({ id: "1", minute: 70, score: goal }),
        shown({ id: "1", minute: 40 }),
        shown({ id: "2", minute: 40 }),
        shown({ id: "2", minute: 71 }),
        shown({ id: "3", minute: 72 }),
        shown({ id: "3", minute: 72, score: goal }),
        shown({ id: "4", minute: 90, status: "finished" }),
        shown({ id: "4", minute: 90 })
      )
      return Effect.gen(function* () {
        const { observe } = yield* Scanner
        const { snapshots } = yield* observe
        assert.deepStrictEqual(
          snapshots.map(({ clock, match, score }) => `${match.id} ${clock.status} ${clock.minute} ${score.home}`),
          ["1 live 70 1", "2 live 71 0", "3 live 72 1", "4 finished 90 0"]
        )
        expect(yield* scan).toMatchObject({ snapshots: 4, dropped: 4, held: 3 })
        expect(
          yield* logged("a match comes twice: what is further on of it is scanned, and the other left out")
        ).toMatchObject([{ level: "WARN", fields: { match: "1", matches: 4 } }])
      }).pipe(Effect.provide(world.layer))
    }
  )

  it.effect("knows matches that wait, are called off or have come to a shoot-out, and fires on none of them", () => {
    const world = new World(newStrategy({ name: "A", when: [{ left: "minute", comparator: ">=", right: 0 }] }))
    const statuses = ["suspended", "interrupted", "postponed", "delayed", "cancelled", "awarded", "walkover"] as const
    world.show(
      ...statuses.map((status) => shown({ id: status, status })),
      shown({ id: "shoot-out", period: "P", minute: 90 }),
      shown({ id: "2 x 40", period: "2H", minute: 41 })
    )
    return Effect.gen(function* () {
      expect(yield* scan).toMatchObject({ snapshots: 9, dropped: 0, held: 1 })
      assert.deepStrictEqual(yield* pairs, ["A on 2 x 40"])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("fires on no match whose clock stands still for 20 minutes and five polls, until it moves", () => {
    const world = new World(newStrategy({ name: "A", when: [{ left: "minute", comparator: ">=", right: 1 }] }))
    const stands = "the clock of a match stands still; nothing fires on it until it moves"
    const frozen = shown({ id: "frozen", minute: 81 })
    return Effect.gen(function* () {
      world.show(frozen, shown({ id: "break", minute: 45, status: "break" }))
      for (const held of [2, 2, 2, 2]) {
        expect(yield* scan).toMatchObject({ held })
        yield* TestClock.adjust("5 minutes")
      }
      for (const held of [1, 1]) expect(yield* scan).toMatchObject({ snapshots: 2, held })
      expect(yield* logged(stands)).toMatchObject([
        { fields: { match: "Brazil v Belgium", minute: "81", minutes: 20 } }
      ])
      expect(yield* (yield* Health).standing).toEqual([{ match: "frozen", period: "2H", minute: 81, added: 0 }])
      world.show(shown({ id: "frozen", minute: 82 }))
      expect(yield* scan).toMatchObject({ held: 1 })
      assert.lengthOf(yield* logged("the clock of a match moves again"), 1)
      expect(yield* (yield* Health).standing).toEqual([])
    }).pipe(Effect.provide(Layer.provideMerge(world.layer, layerHealth)))
  })

  it.effect("gives windows and the last goal no past of a match that is played again under its id", () => {
    const world = new World(
      newStrategy({
        name: "Negative",
        when: [{ left: { metric: "corners", scope: "total", window: { last: 10 } }, comparator: "<", right: 0 }]
      }),
      newStrategy({ name: "Now", when: [{ left: "minute", comparator: "=", right: 30 }] })
    )
    const play = (minute: number, home: number) =>
      shown({ minute, score: { home, away: 0 }, statistics: { corners: { home: Math.floor(minute / 5), away: 0 } } })
    return Effect.gen(function* () {
      for (let minute = 1; minute <= 70; minute++) {
        if (minute === 30) continue
        world.show(play(minute, minute >= 10 ? 2 : 0))
        yield* scan
      }
      world.show(shown({ minute: 0, status: "scheduled" }))
      yield* scan
      for (const minute of [1, 2, 3, 19, 30]) {
        world.show(play(minute, 0))
        yield* scan
      }
      const [trigger, ...more] = yield* pending
      assert.lengthOf(more, 0)
      assert.strictEqual(trigger?.strategyName, "Now")
      assert.isUndefined(trigger?.snapshot.lastGoal)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("watches the competitions of a strategy, and all where it names none", () => {
    const world = new World(newStrategy({ name: "Cup", competitions: ["28"] }), newStrategy({ name: "All" }))
    world.show(shown({ id: "1", competition: "28" }), shown({ id: "2", competition: "364" }))
    return Effect.gen(function* () {
      yield* scan
      assert.deepStrictEqual((yield* pairs).toSorted(), ["All on 1", "All on 2", "Cup on 1"])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("gives windows what earlier scans saw", () => {
    const world = new World(
      newStrategy({
        when: [{ left: { metric: "corners", scope: "total", window: { last: 10 } }, comparator: ">=", right: 4 }]
      })
    )
    const corners = (minute: number, home: number) => shown({ minute, statistics: { corners: { home, away: 0 } } })
    return Effect.gen(function* () {
      for (const [minute, count, held] of [
        [50, 3, 0],
        [55, 5, 0],
        [60, 7, 1]
      ] as const) {
        world.show(corners(minute, count))
        expect(yield* scan).toMatchObject({ held })
      }
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("watches the strategies as they are now", () => {
    const world = new World(newStrategy({ name: "A" }))
    return Effect.gen(function* () {
      yield* scan
      world.watch(newStrategy({ name: "B" }))
      expect(yield* scan).toMatchObject({ held: 1, triggers: 1 })
      assert.deepStrictEqual(yield* pairs, ["A on 7", "B on 7"])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("waits for its turn while another judges", () => {
    const world = new World(newStrategy())
    return Effect.gen(function* () {
      const created = yield* Deferred.make<void>()
      world.answerOfCreate = (answer) => Effect.tap(answer, Deferred.await(created))
      const scans = yield* Effect.forkChild(Effect.all([scan, scan], { concurrency: 2 }))
      yield* TestClock.adjust("1 second")
      assert.lengthOf(world.asked.created, 1)
      yield* Deferred.succeed(created, undefined)
      expect(yield* Fiber.join(scans)).toMatchObject([{ triggers: 1 }, { triggers: 0, duplicates: 0 }])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("makes nothing of a feed without matches", () => {
    const world = new World(newStrategy())
    world.show()
    return Effect.gen(function* () {
      expect(yield* scan).toMatchObject({ scans: 1, snapshots: 0, held: 0, triggers: 0 })
    }).pipe(Effect.provide(world.layer))
  })
})

describe("When the feed fails, a scan", () => {
  it.effect("asks again, and goes on when it answers", () => {
    const world = new World(newStrategy())
    world.feed = Effect.suspend(() => (world.polls < 3 ? Effect.fail(unavailable) : Effect.succeed([shown()])))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(scan)
      yield* TestClock.adjust("2 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ triggers: 1 })
      assert.strictEqual(world.polls, 3)
      assert.lengthOf(yield* logged("the feed failed"), 2)
      expect(yield* totals).toMatchObject({ scans: 1, failures: 0 })
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("fails after its retries, says so, and leaves the match to the next", () => {
    const world = new World(newStrategy())
    world.feed = Effect.fail(unavailable)
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(scan))
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "FeedError", message: "no answer" })
      assert.strictEqual(world.polls, 4)
      expect(yield* logged("the scan failed; the next one looks again")).toMatchObject([
        { level: "ERROR", fields: { reason: "no answer" } }
      ])
      expect(yield* totals).toMatchObject({ failures: 1 })

      world.show(shown({ minute: 61 }))
      expect(yield* scan).toMatchObject({ triggers: 1 })
      expect(yield* totals).toMatchObject({ failures: 1, triggers: 1 })
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("does not ask again what was refused", () => {
    const world = new World(newStrategy())
    world.feed = Effect.fail(new FeedError({ feed: "fake", reason: "refused", message: "wrong key" }))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(scan))
      expect(yield* whileTimePasses(fiber)).toMatchObject({ reason: "refused" })
      assert.strictEqual(world.polls, 1)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("takes a feed that does not answer in time for one that failed", () => {
    const world = new World(newStrategy())
    world.feed = Effect.suspend(() => (world.polls === 1 ? Effect.never : Effect.succeed([shown()])))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(scan)
      yield* TestClock.adjust(pollTimeout)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({ triggers: 1 })
      expect(yield* logged("the feed failed")).toMatchObject([
        { fields: { reason: "the feed fake did not answer within 10s" } }
      ])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("takes a feed that breaks for one that failed", () => {
    const world = new World(newStrategy())
    world.feed = Effect.suspend(() => (world.polls === 1 ? Effect.die(new Error("a bug")) : Effect.succeed([shown()])))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(scan)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({ triggers: 1 })
      expect(yield* logged("the feed failed")).toMatchObject([{ fields: { reason: "the feed fake broke: a bug" } }])
    }).pipe(Effect.provide(world.layer))
  })
})

describe("When the database is away, a scan", () => {
  it.effect("fails and remembers no pair, so that the next one makes the trigger", () => {
    const world = new World(newStrategy())
    return Effect.gen(function* () {
      const database = yield* Recorded
      database.isDown = true
      expect(yield* Effect.flip(scan)).toMatchObject({ _tag: "DatabaseError" })
      assert.deepStrictEqual(world.offered, [])
      database.isDown = false
      expect(yield* scan).toMatchObject({ triggers: 1, duplicates: 0 })
      assert.lengthOf(world.offered, 1)
    }).pipe(Effect.provide(world.layer))
  })
})

describe("While the queue takes its time, a scan", () => {
  it.effect("has the next triggers created, by two calls of the database at a time", () => {
    const strategies = Array.from({ length: 50 }, () => newStrategy())
    const world = new World(...strategies)
    world.show(...Array.from({ length: 40 }, (_, index) => shown({ id: `${index}` })))
    return Effect.gen(function* () {
      const isCreated = yield* Deferred.make<void>()
      const calls = { underWay: 0, most: 0, ended: 0 }
      world.queueAnswers = heard(isCreated)
      world.answerOfCreate = (answer) =>
        Effect.gen(function* () {
          calls.underWay += 1
          calls.most = Math.max(calls.most, calls.underWay)
          yield* Effect.yieldNow
          const created = yield* answer
          calls.underWay -= 1
          calls.ended += 1
          if (calls.ended === 4) yield* Deferred.succeed(isCreated, undefined)
          return created
        })
      expect(yield* scan).toMatchObject({ triggers: 2000 })
      expect(calls).toEqual({ underWay: 0, most: 2, ended: 4 })
      assert.strictEqual(world.offered.length, 2000)
    }).pipe(Effect.provide(world.layer))
  })
})

describe("When the queue is away, a scan", () => {
  it.effect("leaves the alert pending in the database, from where a sweep offers it", () => {
    const world = new World(newStrategy())
    world.isQueueDown = true
    return Effect.gen(function* () {
      expect(yield* scan).toMatchObject({ triggers: 1 })
      const [trigger] = yield* pending
      assert.deepStrictEqual(world.offered, [])
      expect(yield* logged("alerts wait in the outbox until the queue takes them")).toMatchObject([
        { level: "WARN", fields: { alerts: 1, reason: "the queue is away" } }
      ])
      world.isQueueDown = false
      expect(yield* scan).toMatchObject({ triggers: 0, duplicates: 0 })
      yield* sweepOutbox()
      assert.deepStrictEqual(
        world.offered,
        Option.toArray(Option.fromUndefinedOr(trigger)).map(({ id }) => alertJob(id, 0).id)
      )
    }).pipe(Effect.provide(world.layer))
  })
})

describe("A preview", () => {
  it.effect("shows what would fire with its evidence, and makes and offers nothing", () => {
    const strategy = newStrategy()
    const world = new World(strategy)
    world.show(shown(), shown({ id: "bad", score: { home: -1, away: 0 } }))
    return Effect.gen(function* () {
      for (let times = 0; times < 2; times++) {
        expect(yield* preview).toMatchObject({
          snapshots: 1,
          dropped: 1,
          strategies: 1,
          leftOut: 0,
          triggered: 0,
          candidates: [{ strategyId: strategy.id, evidence: [{ condition: "minute >= 1", left: 60, right: 1 }] }]
        })
      }
      assert.deepStrictEqual(yield* pending, [])
      assert.deepStrictEqual(world.offered, [])
      // Nor does it remember anything: the scan after it fires.
      expect(yield* scan).toMatchObject({ triggers: 1 })
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("counts what was triggered before", () => {
    const world = new World(newStrategy())
    return Effect.gen(function* () {
      yield* scan
      const store = yield* TriggerStore
      for (const { id } of yield* pending) yield* store.sent(id, 1, receipt)
      expect(yield* preview).toMatchObject({ candidates: [], triggered: 1 })
    }).pipe(Effect.provide(world.layer))
  })
})
