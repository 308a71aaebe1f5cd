import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Database, DatabaseError } from "../../src/database/Database.ts"
import { Health, type HealthPart, layerHealth } from "../../src/health/Health.ts"
import { type Instance, Instances } from "../../src/health/Instances.ts"
import { Overview, standingOf } from "../../src/health/Overview.ts"
import { type BullQueue, QueueBackend } from "../../src/queue/QueueBackend.ts"
import { whileTimePasses } from "../fixtures/eventually.ts"

const instance = (pid: number, more: Partial<Instance> = {}): Instance => ({
  id: `${pid}`,
  pid,
  host: "box",
  version: "1.0.0",
  started: pid,
  at: 0,
  isStopping: false,
  parts: [{ part: "alerts", state: "ok", since: 0 }],
  scans: [],
  ...more
})

const ill = (state: "degraded" | "down", since: number): Partial<Instance> => ({
  parts: [{ part: "alerts", state, since, what: "barred", reason: "401" }]
})

describe("The standing of a service", () => {
  it("shows a part where it is worst, and on which process that is, whichever is asked", () => {
    const all = [instance(1), instance(2, ill("degraded", 1000)), instance(3, ill("down", 2000))] as const
    const standing = standingOf(all)
    expect(standing).toMatchObject({ status: "ok", service: "down", pid: 1 })
    expect(standing.parts).toEqual([
      {
        name: "alerts",
        state: "down",
        since: "1970-01-01T00:00:02.000Z",
        what: "barred",
        reason: "401",
        on: "box:3"
      }
    ])
    expect(standingOf([all[2], all[0], all[1]])).toMatchObject({ status: "down", service: "down", pid: 3 })
  })

  it("counts no process that stops for the service, and shows that it does", () => {
    const standing = standingOf([instance(1, { ...ill("down", 0), isStopping: true }), instance(2)])
    expect(standing).toMatchObject({ status: "stopping", service: "ok" })
    expect(standing.instances.map(({ state }) => state)).toEqual(["stopping", "ok"])
  })

  it("takes a process that has stalled for down", () => {
    expect(standingOf([instance(1, { stalled: "a scan has been under way for 2m" })]).status).toBe("down")
  })

  it("has the last scans of all processes, the latest first", () => {
    const scan = (at: number) => ({ at, snapshots: 7, held: 1, triggers: 1, duplicates: 0, elapsed: 3 })
    const { scans } = standingOf([
      instance(1, { scans: [scan(3000), scan(1000)] }),
      instance(2, { scans: [scan(2000)] })
    ])
    expect(scans.map(({ at, on }) => [at.slice(17, 19), on])).toEqual([
      ["03", "box:1"],
      ["02", "box:2"],
      ["01", "box:1"]
    ])
  })
})

describe("Overview", () => {
  const world = { database: "answers" as "answers" | "hangs" | "fails", asked: 0 }

  const queue = Layer.mock(QueueBackend, {
    name: "test",
    exclusive: true,
    queue: () =>
      Effect.succeed({
        getGlobalConcurrency: async () => 5,
        getJobCounts: async () => ({}),
        getMetrics: async () => ({ meta: { count: 0, prevTS: 0, prevCount: 0 }, data: [], count: 0 })
      } as unknown as BullQueue)
  })
  const database = Layer.succeed(
    Database,
    Database.of({
      name: "test",
      call: (operation) =>
        Effect.suspend(() => {
          world.asked += 1
          if (world.database === "hangs") return Effect.never
          if (world.database === "answers") return Effect.succeed([])
          return Effect.fail(new DatabaseError({ operation, reason: "unavailable", message: "it is away" }))
        })
    })
  )
  const live = Effect.provide(
    Overview.layer.pipe(
      Layer.provide(Instances.layer),
      Layer.provide(Layer.merge(queue, database)),
      Layer.provideMerge(layerHealth)
    )
  )
  const stateOf = (name: HealthPart) =>
    Effect.gen(function* () {
      const { standing } = yield* Overview
      const { parts } = yield* whileTimePasses(yield* Effect.forkChild(standing))
      return parts.find((part) => part.name === name)
    })

  it.effect("asks the database within a bound, and says since when and why it does not answer", () =>
    Effect.gen(function* () {
      expect(yield* stateOf("database")).toMatchObject({ state: "ok" })
      world.database = "hangs"
      yield* TestClock.adjust("10 seconds")
      expect(yield* stateOf("database")).toMatchObject({ state: "down", reason: "no answer within 2s" })
      world.database = "fails"
      yield* TestClock.adjust("10 seconds")
      expect(yield* stateOf("database")).toMatchObject({ state: "down", reason: expect.stringContaining("it is away") })
      world.database = "answers"
      yield* TestClock.adjust("10 seconds")
      expect(yield* stateOf("database")).toMatchObject({ state: "ok" })
    }).pipe(live)
  )

  it.effect("asks once a second, however many ask it", () =>
    Effect.gen(function* () {
      world.asked = 0
      const { standing } = yield* Overview
      yield* Effect.all(Array.from({ length: 50 }, () => standing))
      expect(world.asked).toBe(1)
    }).pipe(live)
  )

  it.effect("asks for those who follow it what answered once a minute, and what did not each time", () =>
    Effect.gen(function* () {
      world.asked = 0
      const { followed } = yield* Overview
      const follow = Effect.andThen(followed, TestClock.adjust("15 seconds"))
      yield* Effect.replicateEffect(follow, 8)
      expect(world.asked).toBe(2)
      world.database = "fails"
      yield* Effect.replicateEffect(follow, 4)
      expect(world.asked).toBe(7)
      world.database = "answers"
      yield* follow
      expect((yield* followed).parts.find(({ name }) => name === "database")).toMatchObject({ state: "ok" })
      expect(world.asked).toBe(8)
    }).pipe(live)
  )

  it.effect("asks a part again that did not answer, though nobody asks any more, until it does", () =>
    Effect.gen(function* () {
      const health = yield* Health
      const told = Effect.map(health.parts, (parts) => parts.find(({ part }) => part === "database")?.state)
      world.database = "fails"
      expect(yield* stateOf("database")).toMatchObject({ state: "down" })
      yield* TestClock.adjust("1 minute")
      expect(yield* told).toBe("down")
      world.database = "answers"
      yield* TestClock.adjust("30 seconds")
      expect(yield* told).toBe("ok")
      world.asked = 0
      yield* TestClock.adjust("5 minutes")
      expect(world.asked).toBe(0)
    }).pipe(live)
  )

  it.effect("says that the process stops", () =>
    Effect.gen(function* () {
      yield* (yield* Health).stop
      expect((yield* (yield* Overview).standing).status).toBe("stopping")
    }).pipe(live)
  )
})
