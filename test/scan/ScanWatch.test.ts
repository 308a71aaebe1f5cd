import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Health, layerHealth } from "../../src/health/Health.ts"
import { type Member, QueueError } from "../../src/queue/QueueBackend.ts"
import { feedTrouble, makeScanWatch } from "../../src/scan/ScanWatch.ts"
import { Logs } from "../fixtures/logs.ts"

const silent = "no match is scanned"
const goesOn = "matches are scanned again"

const unreachable = new QueueError({ queue: "q", operation: "tell the other processes", message: "Redis is away" })

/** A watch over ticks every `interval`, in a process of which a test says what it meets. */
const openWatch = Effect.fnUntraced(function* (interval: Duration.Input = "5 seconds") {
  const world = { elsewhere: 0, isReachable: true, obstacle: undefined as string | undefined }
  const told: Array<number> = []
  const member: Member = {
    beat: (done) =>
      Effect.suspend(() => {
        if (!world.isReachable) return Effect.fail(unreachable)
        told.push(done)
        return Effect.succeed({ processes: 2, done: world.elsewhere + told.reduce((sum, each) => sum + each, 0) })
      })
  }
  const watch = yield* makeScanWatch({ interval: Duration.fromInputUnsafe(interval), member })
  yield* watch.watch({ obstacle: Effect.sync(() => world.obstacle) })
  const { lines } = yield* Logs
  return { ...watch, world, told, lines }
})

const logged = Effect.provide(Logs.layer)

describe("Scanning", () => {
  it.effect("that goes on in any process is not told of", () =>
    Effect.gen(function* () {
      const { lines, scanned, told, world } = yield* openWatch()
      for (let minute = 0; minute < 12; minute++) {
        yield* TestClock.adjust("5 seconds")
        if (minute < 6) yield* scanned
        else world.elsewhere += 1
      }
      expect(told.reduce((sum, each) => sum + each, 0)).toBe(6)
      expect(yield* lines()).toEqual([])
    }).pipe(logged)
  )

  it.effect("that stops is an error after three intervals, again every three minutes, and its return is told", () =>
    Effect.gen(function* () {
      const { lines, scanned, world } = yield* openWatch()
      world.obstacle = "the queue is paused"
      yield* TestClock.adjust("14 seconds")
      expect(yield* lines()).toEqual([])
      yield* TestClock.adjust("3 seconds")
      expect(yield* lines(silent)).toMatchObject([{ level: "ERROR", fields: { reason: "the queue is paused" } }])
      yield* TestClock.adjust("170 seconds")
      expect(yield* lines(silent)).toHaveLength(1)
      yield* TestClock.adjust("13 seconds")
      expect(yield* lines(silent)).toHaveLength(2)
      yield* scanned
      yield* TestClock.adjust("5 seconds")
      expect(yield* lines(goesOn)).toHaveLength(1)
    }).pipe(logged)
  )

  it.effect("is waited for longer where the interval is, and for 15 s where it is short", () =>
    Effect.gen(function* () {
      const slow = yield* openWatch("1 minute")
      const quick = yield* openWatch("100 millis")
      yield* TestClock.adjust("14 seconds")
      expect(yield* slow.lines(silent)).toHaveLength(0)
      yield* TestClock.adjust("2 seconds")
      expect(yield* quick.lines(silent)).toMatchObject([{ fields: { for: "over 15s" } }])
      yield* TestClock.adjust("170 seconds")
      expect(yield* slow.lines(silent)).toMatchObject([{}, { fields: { for: "over 3m" } }])
    }).pipe(logged)
  )

  it.effect("that stops is blamed on what is known: Redis, then the scan that failed, then the schedule", () =>
    Effect.gen(function* () {
      const reasons = Effect.fnUntraced(function* (
        meet: (watch: Effect.Success<ReturnType<typeof openWatch>>) => Effect.Effect<void>
      ) {
        const watch = yield* openWatch()
        yield* meet(watch)
        yield* TestClock.adjust("20 seconds")
        return (yield* watch.lines(silent)).at(-1)?.fields.reason
      }, Effect.scoped)
      const away = yield* reasons(({ failed, world }) =>
        Effect.andThen(
          failed("the feed is down"),
          Effect.sync(() => {
            world.isReachable = false
          })
        )
      )
      const failing = yield* reasons(({ failed, world }) => {
        world.obstacle = "the queue is paused"
        return failed("the feed is down")
      })
      const unknown = yield* reasons(() => Effect.void)
      expect([away, failing]).toEqual(["Redis is away", "the feed is down"])
      expect(unknown).toContain("not known here")
    }).pipe(logged)
  )
})

describe("A process", () => {
  const stalled = Effect.flatMap(Health, (health) => health.stalled)
  const watched = (test: Effect.Effect<void, QueueError, Logs | Scope.Scope>) =>
    test.pipe(Effect.provide(Layer.merge(Logs.layer, layerHealth)))

  it.effect("has stalled when nothing outside keeps it from scanning for three intervals, until a scan ends", () =>
    Effect.gen(function* () {
      const { failed } = yield* openWatch()
      yield* TestClock.adjust("14 seconds")
      expect(yield* stalled).toBeUndefined()
      yield* TestClock.adjust("4 seconds")
      expect(yield* stalled).toContain("nothing outside keeps it from scanning")
      yield* failed("the feed is down")
      yield* TestClock.adjust("3 seconds")
      expect(yield* stalled).toBeUndefined()
    }).pipe(watched)
  )

  it.effect("has not stalled while Redis is away or the queue is paused, nor when that is just over", () =>
    Effect.gen(function* () {
      const { world } = yield* openWatch()
      world.isReachable = false
      yield* TestClock.adjust("1 minute")
      expect(yield* stalled).toBeUndefined()
      world.isReachable = true
      world.obstacle = "the queue is paused"
      yield* TestClock.adjust("1 minute")
      expect(yield* stalled).toBeUndefined()
      world.obstacle = undefined
      yield* TestClock.adjust("10 seconds")
      expect(yield* stalled).toBeUndefined()
      yield* TestClock.adjust("8 seconds")
      expect(yield* stalled).toBeDefined()
    }).pipe(watched)
  )

  it.effect("has not stalled while other processes have the ticks", () =>
    Effect.gen(function* () {
      const { world } = yield* openWatch()
      for (let turn = 0; turn < 12; turn++) {
        yield* TestClock.adjust("5 seconds")
        world.elsewhere += 1
      }
      expect(yield* stalled).toBeUndefined()
    }).pipe(watched)
  )

  it.effect("whose feed failed it is well again when another process scans", () =>
    Effect.gen(function* () {
      const health = yield* Health
      const { world } = yield* openWatch()
      const feed = Effect.map(health.parts, (parts) => parts.find(({ part }) => part === "feed")?.state)
      yield* health.met(feedTrouble, { part: "feed", state: "down", what: "the feed failed", reason: "HTTP 500" })
      yield* TestClock.adjust("5 seconds")
      expect(yield* feed).toBe("down")
      world.elsewhere += 1
      yield* TestClock.adjust("5 seconds")
      expect(yield* feed).toBe("ok")
    }).pipe(watched)
  )

  it.effect("has stalled when a scan of it does not end, though others go on", () =>
    Effect.gen(function* () {
      const { during, world } = yield* openWatch()
      const scan = yield* Effect.forkChild(during(Effect.never))
      for (let turn = 0; turn < 14; turn++) {
        yield* TestClock.adjust("5 seconds")
        world.elsewhere += 1
      }
      expect(yield* stalled).toMatch(/a scan has been under way for 1m/)
      yield* Fiber.interrupt(scan)
      yield* TestClock.adjust("3 seconds")
      expect(yield* stalled).toBeUndefined()
    }).pipe(watched)
  )
})
