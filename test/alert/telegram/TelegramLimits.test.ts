import { describe, expect, it, layer } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Fiber, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { TestClock } from "effect/testing"
import { ChannelError } from "../../../src/alert/AlertChannel.ts"
import { TelegramLimits } from "../../../src/alert/telegram/TelegramLimits.ts"
import { layerRedisLimits } from "../../../src/redis/RedisLimits.ts"
import { Logs } from "../../fixtures/logs.ts"
import { rawClient, redisOnServer, redisServers } from "../../fixtures/redis.ts"

/** When each of these turns was given, in milliseconds: all are asked for at once, and again when they are turned away. */
const turns = Effect.fnUntraced(function* (chats: ReadonlyArray<string>) {
  const limits = yield* TelegramLimits
  const given = yield* Effect.forkChild(
    Effect.forEach(
      chats,
      (chat) =>
        limits
          .turn(chat)
          .pipe(
            Effect.retry({ while: ({ retryAfter = Duration.zero }) => Effect.as(Effect.sleep(retryAfter), true) }),
            Effect.andThen(Clock.currentTimeMillis),
            Effect.ensuring(limits.answered(chat))
          ),
      { concurrency: "unbounded" }
    )
  )
  yield* TestClock.adjust("5 minutes")
  return (yield* Fiber.join(given)).toSorted((a, b) => a - b)
})

/** The most turns that any window of this length holds, wherever it begins. */
const most = (times: ReadonlyArray<number>, window: Duration.Input): number =>
  Math.max(
    ...times.map((from) => times.filter((each) => each >= from && each < from + Duration.toMillis(window)).length)
  )

const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, n) => make(n))

describe("the limits of Telegram", () => {
  it.effect("30 messages a second over all chats", () =>
    Effect.gen(function* () {
      const given = yield* turns(times(90, (chat) => `${chat + 1}`))
      expect(most(given, "1 second")).toBe(30)
      expect(given.at(-1)).toBeLessThan(3200)
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("1 message a second to a chat", () =>
    Effect.gen(function* () {
      const given = yield* turns(times(12, () => "42"))
      expect(most(given, "1 second")).toBe(1)
      expect(given.at(-1)).toBeLessThan(13_500)
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("1 message a second to a chat, and no more when the clock is set back by an hour", () =>
    Effect.gen(function* () {
      const limits = yield* TelegramLimits
      yield* TestClock.setTime(7_200_000)
      yield* limits.turn("42")
      yield* limits.answered("42")
      yield* TestClock.setTime(3_600_000)
      yield* TestClock.adjust("1500 millis")
      yield* limits.turn("42")
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("20 messages a minute to a group, the first of them as fast as to any chat", () =>
    Effect.gen(function* () {
      const given = yield* turns(times(45, () => "-1001"))
      expect(most(given, "1 minute")).toBe(20)
      expect(given[19]).toBeLessThan(22_500)
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("20 messages a minute to what is known by its @name, for it may be a group", () =>
    Effect.gen(function* () {
      expect(most(yield* turns(times(30, () => "@late_goals")), "1 minute")).toBe(20)
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("a full chat does not hold up another", () =>
    Effect.gen(function* () {
      const { turn } = yield* TelegramLimits
      yield* turn("42")
      expect(yield* Effect.flip(turn("42"))).toMatchObject({ reason: "congested", destination: "42" })
      const other = yield* Effect.forkChild(turn("43"), { startImmediately: true })
      yield* TestClock.adjust("34 millis")
      yield* Fiber.join(other)
      expect(yield* Clock.currentTimeMillis).toBe(34)
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("a full group is told of with the wait, and how often it takes one", () =>
    Effect.gen(function* () {
      const { answered, turn } = yield* TelegramLimits
      for (let sent = 0; sent < 20; sent++) {
        yield* turn("-1001")
        yield* answered("-1001")
        yield* TestClock.adjust("1100 millis")
      }
      expect(yield* Effect.flip(turn("-1001"))).toMatchObject({
        reason: "congested",
        destination: "-1001",
        retryAfter: Duration.millis(60_100 - 22_000),
        every: Duration.seconds(3),
        message: "chat -1001 takes no more messages for 39 s"
      })
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("the next message to a chat begins a second after the answer to the last, however late that is", () =>
    Effect.gen(function* () {
      const { answered, turn } = yield* TelegramLimits
      yield* turn("42")
      yield* TestClock.adjust("5 seconds")
      expect(yield* Effect.flip(turn("42"))).toMatchObject({ reason: "congested" })
      yield* answered("42")
      yield* TestClock.adjust("800 millis")
      expect(yield* Effect.flip(turn("42"))).toMatchObject({ retryAfter: Duration.millis(200) })
      yield* TestClock.adjust("200 millis")
      yield* turn("42")
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("a chat counts once, however its number is written, and by its number once its @name is known", () =>
    Effect.gen(function* () {
      const { answered, turn } = yield* TelegramLimits
      yield* turn("42")
      for (const spelling of [" 42", "+42", "042"]) {
        expect(yield* Effect.flip(turn(spelling))).toMatchObject({ destination: "42" })
      }
      yield* TestClock.adjust("2 seconds")
      yield* turn("@Late_Goals")
      yield* answered("@Late_Goals", -1001)
      for (const spelling of ["@late_goals", "-1001", "-01001"]) {
        expect(yield* Effect.flip(turn(spelling))).toMatchObject({ destination: "-1001" })
      }
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("a chat that Telegram refuses is put off alone, until several refuse at a time", () =>
    Effect.gen(function* () {
      const { refused, turn } = yield* TelegramLimits
      const error = new ChannelError({
        channel: "telegram",
        reason: "rate-limited",
        message: "Telegram answered 429",
        retryAfter: Duration.seconds(30)
      })
      expect(yield* refused("1", error)).toMatchObject({
        reason: "congested",
        destination: "1",
        retryAfter: Duration.seconds(30)
      })
      expect(yield* refused("2", error)).toMatchObject({ reason: "congested" })
      expect(yield* Effect.flip(turn("1"))).toMatchObject({ reason: "congested", retryAfter: Duration.seconds(30) })
      yield* turn("4")
      expect(yield* refused("1", error)).toMatchObject({ reason: "congested" })
      expect(yield* refused("3", error)).toMatchObject({ reason: "rate-limited" })
      yield* TestClock.adjust("30 seconds")
      expect(yield* refused("3", error)).toMatchObject({ reason: "congested" })
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("messages go out as they come when the store does not answer, which is said once", () =>
    Effect.gen(function* () {
      const [{ turn }, logs] = [yield* TelegramLimits, yield* Logs]
      yield* turn("42")
      yield* turn("43")
      expect((yield* logs.lines()).map(({ level, message }) => [level, message])).toEqual([
        ["WARN", "Telegram's limits are not kept: their store does not answer"]
      ])
    }).pipe(Effect.provide(brokenLimits))
  )
})

const storeError = Effect.fail(
  new RateLimiter.RateLimiterError({ reason: new RateLimiter.RateLimitStoreError({ message: "no connection" }) })
)

const brokenLimits = TelegramLimits.layer.pipe(
  Layer.provide(RateLimiter.layer),
  Layer.provide(
    Layer.succeed(RateLimiter.RateLimiterStore, {
      fixedWindow: () => storeError,
      tokenBucket: () => storeError,
      adaptiveConsume: () => storeError,
      adaptiveFeedback: () => storeError
    })
  ),
  Layer.provideMerge(Logs.layer)
)

/** Lets time pass for the limits that the server holds. */
const pass = Effect.fnUntraced(function* (duration: Duration.Input) {
  const client = yield* rawClient
  yield* TestClock.adjust(duration)
  yield* Effect.promise(async () => {
    for (const key of await client.keys("limit:*")) {
      const left = (await client.pttl(key)) - Duration.toMillis(duration)
      await (left > 0 ? client.pexpire(key, left) : client.del(key))
    }
  })
}, Effect.scoped)

for (const { server, where } of redisServers) {
  layer(server)(`the limits of Telegram on ${where}`, (it) => {
    /** The limits as a process of its own has them. */
    const process = Effect.map(
      Layer.build(
        Layer.fresh(Layer.provide(TelegramLimits.layer, layerRedisLimits)).pipe(Layer.provide(redisOnServer))
      ),
      (context) => Context.get(context, TelegramLimits)
    )

    it.effect("hold for all processes together, by the clock of Redis", () =>
      Effect.gen(function* () {
        const [here, there] = [yield* process, yield* process]
        for (let sent = 0; sent < 20; sent++) {
          const { answered, turn } = sent % 3 === 0 ? here : there
          yield* turn("-1001")
          yield* answered("-1001")
          yield* pass("1100 millis")
        }
        for (const { answered, turn } of [here, there]) {
          expect(yield* Effect.flip(turn("-1001"))).toMatchObject({ reason: "congested" })
          yield* pass("1100 millis")
          yield* turn("1001")
          yield* answered("1001")
          yield* pass("1100 millis")
        }
        yield* pass("40 seconds")
        yield* there.turn("-1001")
      })
    )
  })
}
