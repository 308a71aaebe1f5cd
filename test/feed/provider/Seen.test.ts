/** Which notes of the last poll count, where several processes make the polls and their clocks do not agree. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { MatchClock } from "../../../src/domain/Snapshot.ts"
import { FeedMemory } from "../../../src/feed/FeedMemory.ts"
import { makeSeen, type Seen, type SeenMatches } from "../../../src/feed/provider/Seen.ts"
import { turn } from "../../fixtures/eventually.ts"

const interval = Duration.seconds(15)

const at = (minute: number, id = "1"): SeenMatches => {
  const clock: MatchClock = { period: "2H", minute, added: 0, status: "live" }
  return new Map([[id, { clock, misses: 0 }]])
}

/** An instance whose time of day is so far from the others', and can be set. */
const instance = Effect.fnUntraced(function* (memory: Layer.Layer<FeedMemory>, ahead: number) {
  const right = yield* Clock.Clock
  let offset = ahead
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => right.currentTimeMillisUnsafe() + offset,
    currentTimeMillis: Effect.map(right.currentTimeMillis, (now) => now + offset),
    currentTimeNanosUnsafe: () => right.currentTimeNanosUnsafe() + BigInt(offset) * 1_000_000n,
    currentTimeNanos: Effect.map(right.currentTimeNanos, (now) => now + BigInt(offset) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => right.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: right.monotonicTimeNanos,
    sleep: (duration) => right.sleep(duration)
  }
  const own = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provideService(effect, Clock.Clock, clock)
  const seen: Seen = yield* own(makeSeen("fake", interval)).pipe(Effect.provide(memory))
  return {
    minuteOf: (id = "1") => Effect.map(own(seen.recall), (matches) => matches.get(id)?.clock.minute),
    /** A poll as a feed makes it. */
    polls: (shown: SeenMatches) =>
      own(Effect.andThen(seen.recall, seen.update(shown))).pipe(Effect.andThen(turn), Effect.andThen(turn)),
    setBack: (by: number) => {
      offset -= by
    }
  }
})

const world = Effect.gen(function* () {
  yield* TestClock.setTime(1_000_000_000_000)
  return Layer.succeedContext(yield* Layer.build(FeedMemory.layerMemory))
})

const passed = TestClock.adjust(Duration.times(interval, 2))

describe("What the last poll has shown", () => {
  it.effect.each([{ ahead: 0 }, { ahead: 40_000 }, { ahead: 3_600_000 }, { ahead: -3_600_000 }])(
    "is that of the latest poll, though one of two clocks is $ahead ms ahead",
    ({ ahead }) =>
      Effect.gen(function* () {
        const memory = yield* world
        const [one, other] = [yield* instance(memory, ahead), yield* instance(memory, 0)]
        for (let minute = 50; minute < 58; minute += 2) {
          yield* one.polls(at(minute))
          yield* passed
          assert.strictEqual(yield* other.minuteOf(), minute)
          yield* other.polls(at(minute + 1))
          yield* passed
          assert.strictEqual(yield* one.minuteOf(), minute + 1)
        }
      }).pipe(Effect.scoped)
  )

  it.effect("is that of the latest poll after a clock was set back, and what is written is not older for that", () =>
    Effect.gen(function* () {
      const memory = yield* world
      const [one, other] = [yield* instance(memory, 0), yield* instance(memory, 0)]
      yield* one.polls(at(50))
      one.setBack(7_200_000)
      yield* passed
      assert.strictEqual(yield* one.minuteOf(), 50)
      yield* one.polls(at(51))
      yield* passed
      assert.strictEqual(yield* other.minuteOf(), 51)
      yield* other.polls(at(52))
      other.setBack(7_200_000)
      yield* passed
      assert.strictEqual(yield* one.minuteOf(), 52)
      // One that starts again takes up what is there, whoever wrote it.
      const third = yield* instance(memory, -86_400_000)
      assert.strictEqual(yield* third.minuteOf(), 52)
    }).pipe(Effect.scoped)
  )

  it.effect("is what this process saw where nobody wrote since, and where what it wrote was lost", () =>
    Effect.gen(function* () {
      const memory = yield* world
      const notes = new Map<string, unknown>()
      let isAway = false
      const lossy = Layer.succeed(FeedMemory, {
        recall: () => Effect.sync(() => Object.fromEntries(notes)),
        keep: (_, kept) =>
          Effect.sync(() => {
            if (!isAway) for (const [name, value] of Object.entries(kept)) notes.set(name, value)
          })
      })
      const [one, other] = [yield* instance(lossy, 0), yield* instance(lossy, 0)]
      yield* other.polls(at(50))
      yield* passed
      yield* one.polls(at(51))
      isAway = true
      yield* passed
      yield* one.polls(at(52))
      yield* passed
      assert.strictEqual(yield* one.minuteOf(), 52)
      isAway = false
      yield* passed
      assert.strictEqual(yield* one.minuteOf(), 52)
      // The same where another's note is what it went on from.
      const [third, fourth] = [yield* instance(memory, 0), yield* instance(memory, 0)]
      yield* third.polls(at(60))
      yield* passed
      yield* fourth.polls(at(60))
      yield* passed
      assert.strictEqual(yield* fourth.minuteOf(), 60)
    }).pipe(Effect.scoped)
  )

  it.effect("is read from the notes of an older version, which do not say who wrote them, and read by it", () =>
    Effect.gen(function* () {
      const memory = yield* world
      const { keep, recall } = yield* Effect.provide(FeedMemory, memory)
      const older = (minute: number, time: number) =>
        keep("fake", { seen: { at: time, matches: Object.fromEntries(at(minute)) } }, Duration.hours(6))
      const one = yield* instance(memory, 0)
      yield* older(50, 5)
      assert.strictEqual(yield* one.minuteOf(), 50)
      yield* older(51, 6)
      assert.strictEqual(yield* one.minuteOf(), 51)
      yield* one.polls(at(52))
      const { seen } = yield* recall("fake", ["seen"])
      assert.deepInclude(seen, { at: 1_000_000_000_000, matches: Object.fromEntries(at(52)) })
    }).pipe(Effect.scoped)
  )
})
