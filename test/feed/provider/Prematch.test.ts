import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { FeedMemory } from "../../../src/feed/FeedMemory.ts"
import { FeedError } from "../../../src/feed/MatchFeed.ts"
import { LimitReached } from "../../../src/feed/provider/LimitReached.ts"
import { makePrematch } from "../../../src/feed/provider/Prematch.ts"
import { turn } from "../../fixtures/eventually.ts"
import { Logs } from "../../fixtures/logs.ts"

const match = { id: "7" }

/** Instances on one memory, whose provider answers with what it is told. */
const world = Effect.gen(function* () {
  const memory = Layer.succeedContext(yield* Layer.build(FeedMemory.layerMemory))
  const state: {
    asked: number
    isDown: boolean
    limit: LimitReached | undefined
    hasBudget: boolean
    waits: Effect.Effect<void>
  } = {
    asked: 0,
    isDown: false,
    limit: undefined,
    hasBudget: true,
    waits: Effect.void
  }
  const instance = makePrematch<{ readonly id: string }>({
    feed: "fake",
    atOnce: 50,
    hasBudget: Effect.sync(() => state.hasBudget),
    ask: (matches) =>
      Effect.suspend((): Effect.Effect<Map<string, { draw_odds: number }>, FeedError | LimitReached> => {
        state.asked += 1
        if (state.limit !== undefined) return Effect.fail(state.limit)
        return state.isDown
          ? Effect.fail(new FeedError({ feed: "fake", reason: "unavailable", message: "away" }))
          : Effect.as(state.waits, new Map(matches.map(({ id }) => [id, { draw_odds: 3 }])))
      })
  }).pipe(Effect.provide(memory))
  return { state, instance }
})

const isolated = <A, E>(effect: Effect.Effect<A, E, Logs | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(Logs.layer))

describe("Figures from before kick-off", () => {
  it.effect("are asked for once, beside the tick, whatever asks meanwhile", () =>
    Effect.gen(function* () {
      const { instance, state } = yield* world
      const [one, other] = [yield* instance, yield* instance]
      const answer = yield* Deferred.make<void>()
      state.waits = Deferred.await(answer)
      assert.strictEqual((yield* one.figuresOf([match])).size, 0)
      yield* turn
      yield* one.figuresOf([match])
      yield* other.figuresOf([match])
      yield* turn
      assert.strictEqual(state.asked, 1)
      yield* Deferred.succeed(answer, undefined)
      yield* turn
      assert.deepStrictEqual((yield* one.figuresOf([match])).get("7"), { draw_odds: 3 })
      yield* TestClock.adjust("1 minute")
      yield* other.figuresOf([match])
      yield* turn
      assert.deepStrictEqual((yield* other.figuresOf([match])).get("7"), { draw_odds: 3 })
      assert.strictEqual(state.asked, 1)
    }).pipe(isolated)
  )

  it.effect("end their round at a limit, and are asked for again when it is over", () =>
    Effect.gen(function* () {
      const { instance, state } = yield* world
      const one = yield* instance
      const all = Array.from({ length: 120 }, (_, index) => ({ id: String(index) }))
      const tick = Effect.tap(one.figuresOf(all), turn)
      state.limit = new LimitReached({ until: 20 * 60_000, message: "the limit" })
      yield* tick
      yield* TestClock.adjust("11 minutes")
      yield* tick
      assert.strictEqual(state.asked, 1)
      state.limit = undefined
      yield* TestClock.adjust("10 minutes")
      yield* tick
      assert.strictEqual((yield* tick).size, 120)
    }).pipe(isolated)
  )

  it.effect("are asked for though the clock was set back", () =>
    Effect.gen(function* () {
      const { instance, state } = yield* world
      const one = yield* instance
      const tick = Effect.tap(one.figuresOf([match]), turn)
      yield* TestClock.setTime(86_400_000)
      state.hasBudget = false
      yield* tick
      state.hasBudget = true
      yield* TestClock.setTime(3_600_000)
      yield* tick
      assert.strictEqual((yield* tick).size, 1)
    }).pipe(isolated)
  )

  it.effect("wait for a budget, and for a provider that does not answer, which is said once", () =>
    Effect.gen(function* () {
      const { instance, state } = yield* world
      const one = yield* instance
      const tick = Effect.tap(one.figuresOf([match]), turn)
      state.hasBudget = false
      yield* tick
      assert.strictEqual(state.asked, 0)
      state.hasBudget = true
      state.isDown = true
      for (let tenMinutes = 0; tenMinutes < 3; tenMinutes++) {
        yield* TestClock.adjust("10 minutes")
        yield* tick
        yield* tick
      }
      assert.strictEqual(state.asked, 3)
      state.isDown = false
      yield* TestClock.adjust("10 minutes")
      yield* tick
      assert.strictEqual((yield* tick).size, 1)
      const lines = yield* (yield* Logs).lines()
      assert.deepStrictEqual(
        lines.map(({ message }) => message),
        [
          "figures from before kick-off cannot be had: matches are scanned without them",
          "figures from before kick-off can be had again"
        ]
      )
    }).pipe(isolated)
  )
})
