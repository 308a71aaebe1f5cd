import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Layer, Option, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { FeedMemory } from "../../../src/feed/FeedMemory.ts"
import { FeedError } from "../../../src/feed/MatchFeed.ts"
import { LimitReached } from "../../../src/feed/provider/LimitReached.ts"
import { makePacer, timeText } from "../../../src/feed/provider/Pacer.ts"
import { Logs } from "../../fixtures/logs.ts"
import { dayStart } from "../../fixtures/matchDay.ts"

const minute = 60_000

/** A pacer on its memory, and how its polls end. */
const world = Effect.gen(function* () {
  const memory = Layer.succeedContext(yield* Layer.build(FeedMemory.layerMemory))
  const pacer = yield* makePacer({ feed: "fake", interval: Duration.seconds(15) }).pipe(Effect.provide(memory))
  yield* TestClock.setTime(dayStart)
  const plannedFor = (until: number) =>
    Effect.succeedSome({ kind: "spread" as const, until, reason: "a poll now and then" })
  return {
    pacer,
    plannedFor,
    /** Whether a poll at this time asks, and nothing is planned after it. */
    asksAt: (time: number) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(time)
        return Result.isSuccess(yield* Effect.result(pacer.poll(Effect.succeed(1), Effect.succeedNone)))
      })
  }
})

const interval = Duration.seconds(15)

/** What several instances share, which has a clock of its own. */
const instances = Effect.gen(function* () {
  yield* TestClock.setTime(dayStart)
  const right = yield* Clock.Clock
  const kept = yield* Effect.map(Layer.build(FeedMemory.layerMemory), Context.get(FeedMemory))
  const byRight = <A>(effect: Effect.Effect<A>) => Effect.provideService(effect, Clock.Clock, right)
  return {
    memory: Layer.succeed(FeedMemory, {
      recall: (feed, names) => byRight(kept.recall(feed, names)),
      keep: (feed, notes, keepFor) => byRight(kept.keep(feed, notes, keepFor))
    }),
    /** By a clock that is so many milliseconds ahead. */
    apart: <A, E, R>(ahead: number, effect: Effect.Effect<A, E, R>) =>
      Effect.provideService(effect, Clock.Clock, {
        currentTimeMillisUnsafe: () => right.currentTimeMillisUnsafe() + ahead,
        currentTimeMillis: Effect.map(right.currentTimeMillis, (now) => now + ahead),
        currentTimeNanosUnsafe: () => right.currentTimeNanosUnsafe() + BigInt(ahead) * 1_000_000n,
        currentTimeNanos: Effect.map(right.currentTimeNanos, (now) => now + BigInt(ahead) * 1_000_000n),
        monotonicTimeNanosUnsafe: () => right.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: right.monotonicTimeNanos,
        sleep: (duration) => right.sleep(duration)
      })
  }
})

const isolated = <A, E>(effect: Effect.Effect<A, E, Logs | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(Logs.layer))

describe("The time between polls", () => {
  it.effect("is an hour at the most, whatever was planned and whatever limit was met", () =>
    Effect.gen(function* () {
      const { asksAt, pacer, plannedFor } = yield* world
      yield* pacer.poll(Effect.succeed(1), plannedFor(dayStart + 900 * minute))
      assert.isFalse(yield* asksAt(dayStart + 58 * minute))
      assert.isTrue(yield* asksAt(dayStart + 60 * minute))
      const limit = new LimitReached({ until: dayStart + 900 * minute, message: "all is used up" })
      yield* Effect.result(pacer.poll(Effect.fail(limit), Effect.succeedNone))
      assert.isFalse(yield* asksAt(dayStart + 119 * minute))
      assert.isTrue(yield* asksAt(dayStart + 120 * minute))
    }).pipe(isolated)
  )

  it.effect(
    "is kept to after a poll that failed too, or took too long, and the failed one is not repeated at once",
    () =>
      Effect.gen(function* () {
        const { asksAt, pacer, plannedFor } = yield* world
        const away = new FeedError({ feed: "fake", reason: "unavailable", message: "away" })
        const error = yield* Effect.flip(pacer.poll(Effect.fail(away), plannedFor(dayStart + 5 * minute)))
        assert.deepStrictEqual([error.reason, error.message, error.isFinal], ["unavailable", "away", true])
        assert.isFalse(yield* asksAt(dayStart + 4 * minute))
        assert.isTrue(yield* asksAt(dayStart + 5 * minute))
        yield* Effect.timeoutOption(
          pacer.poll(Effect.andThen(TestClock.adjust("1 second"), Effect.never), plannedFor(dayStart + 10 * minute)),
          "1 second"
        )
        assert.isFalse(yield* asksAt(dayStart + 9 * minute))
        // Where nothing waits, it may be asked again within the tick.
        yield* TestClock.setTime(dayStart + 10 * minute)
        const second = yield* Effect.flip(pacer.poll(Effect.fail(away), Effect.succeedNone))
        assert.isUndefined(second.isFinal)
      }).pipe(isolated)
  )

  it.effect("is forgotten once the clock has been set back behind the time at which it was planned", () =>
    Effect.gen(function* () {
      const { asksAt, pacer, plannedFor } = yield* world
      yield* pacer.poll(Effect.succeed(1), plannedFor(dayStart + 30 * minute))
      assert.isFalse(yield* asksAt(dayStart - minute / 2))
      assert.isTrue(yield* asksAt(dayStart - 360 * minute))
    }).pipe(isolated)
  )

  it.effect("is not told as spread where the answer alone took long", () =>
    Effect.gen(function* () {
      const logs = yield* Logs
      const spread = "polls are further apart than POLL_INTERVAL, so that the plan's requests last"
      const { pacer } = yield* world
      const poll = (took: Duration.Input, apart: number) =>
        pacer.poll(
          TestClock.adjust(took),
          Effect.map(Clock.currentTimeMillis, (now) =>
            Option.some({ kind: "spread" as const, until: now + apart, reason: "a poll now and then" })
          )
        )
      for (const took of ["3 seconds", "10 millis", "9 seconds"] as const) yield* poll(took, 15_000)
      assert.isEmpty(yield* logs.lines(spread))
      yield* poll("3 seconds", 20_000)
      assert.lengthOf(yield* logs.lines(spread), 1)
    }).pipe(isolated)
  )

  it.effect.each([-10, -2, 2, 10])("is kept to by an instance whose clock is %s minutes off, and no longer", (off) =>
    Effect.gen(function* () {
      const { apart, memory } = yield* instances
      const one = yield* makePacer({ feed: "fake", interval }).pipe(Effect.provide(memory))
      const other = yield* apart(off * minute, makePacer({ feed: "fake", interval }).pipe(Effect.provide(memory)))
      const due = dayStart + 5 * minute
      const planned = Effect.succeedSome({ kind: "limit" as const, until: due, reason: "all is used up" })
      yield* one.poll(Effect.succeed(1), planned)
      const asks = apart(off * minute, Effect.result(other.poll(Effect.succeed(1), Effect.succeedNone)))
      assert.isTrue(Result.isFailure(yield* asks))
      yield* TestClock.adjust("299 seconds")
      assert.isTrue(Result.isFailure(yield* asks))
      yield* TestClock.adjust("1 second")
      assert.isTrue(Result.isSuccess(yield* asks))
    }).pipe(isolated)
  )

  it("is told in words, whatever the number is", () => {
    assert.strictEqual(timeText(dayStart).slice(-3), "UTC")
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e17]) {
      assert.strictEqual(timeText(none), "a time that is not known")
    }
  })
})
