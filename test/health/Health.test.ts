import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Health, healthParts, layerHealth } from "../../src/health/Health.ts"
import { makeOutage } from "../../src/health/Outage.ts"
import { quiet } from "../fixtures/logs.ts"

const live = Effect.provide(Layer.merge(layerHealth, quiet))

const partNamed = (name: string) =>
  Effect.gen(function* () {
    const found = (yield* (yield* Health).parts).find(({ part }) => part === name)
    return found ?? assert.fail(`no part ${name}`)
  })

describe("Health", () => {
  it.effect("begins with every part well, since the start", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      expect(yield* (yield* Health).parts).toEqual(healthParts.map((part) => ({ part, state: "ok", since: 0 })))
    }).pipe(live)
  )

  it.effect(
    "knows of an outage what, why and since when, however often it is met, and forgets it when it is over",
    () =>
      Effect.gen(function* () {
        const outage = makeOutage({ part: "history", begins: "it goes on in memory", ends: "it is well" })
        yield* TestClock.adjust("10 seconds")
        yield* outage.met("first")
        yield* TestClock.adjust("5 seconds")
        yield* outage.met("second")
        expect(yield* partNamed("history")).toMatchObject({
          state: "degraded",
          since: 10_000,
          what: "it goes on in memory",
          reason: "second"
        })
        yield* outage.over
        expect(yield* partNamed("history")).toEqual({ part: "history", state: "ok", since: 15_000 })
      }).pipe(live)
  )

  it.effect("shows of several troubles of a part the worst, and is well when the last is over", () =>
    Effect.gen(function* () {
      const warned = makeOutage({ part: "alerts", begins: "slow", ends: "quick" })
      const failed = makeOutage({ part: "alerts", begins: "barred", ends: "let in", level: "Error" })
      yield* warned.met("a")
      yield* TestClock.adjust("10 seconds")
      yield* failed.met("b")
      expect(yield* partNamed("alerts")).toMatchObject({ state: "down", what: "barred", since: 10_000 })
      yield* failed.over
      expect(yield* partNamed("alerts")).toMatchObject({ state: "degraded", what: "slow", since: 0 })
      yield* TestClock.adjust("5 seconds")
      yield* warned.over
      expect((yield* partNamed("alerts")).state).toBe("ok")
      yield* TestClock.adjust("5 seconds")
      const seconds = yield* (yield* Health).seconds
      expect([seconds.get("alerts"), seconds.get("feed")]).toEqual([15, 0])
    }).pipe(live)
  )

  it.effect("takes what is only worth telling for no trouble", () =>
    Effect.gen(function* () {
      yield* makeOutage({ begins: "no match is on", ends: "matches are on" }).met("a quiet day")
      const states = (yield* (yield* Health).parts).map(({ state }) => state)
      expect(new Set(states)).toEqual(new Set(["ok"]))
    }).pipe(live)
  )
})
