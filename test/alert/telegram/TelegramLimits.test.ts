import { describe, expect, it, layer } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Fiber, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { TestClock } from "effect/testing"
import { TelegramLimits } from "../../../src/alert/telegram/TelegramLimits.ts"
import { layerRedisLimits } from "../../../src/redis/RedisLimits.ts"
import { Logs } from "../../fixtures/logs.ts"
import { rawClient, redisOnServer, redisServers } from "../../fixtures/redis.ts"

/** When each of these turns was given, in milliseconds: all are asked for at once, and again when they are turned away. */
const turns = Effect.fnUntraced(function* (chats: ReadonlyArray<string>) {
  const { turn } = yield* TelegramLimits
  const given = yield* Effect.forkChild(
    Effect.forEach(
      chats,
      (chat) =>
        turn(chat).pipe(
          Effect.retry({ while: ({ retryAfter = Duration.zero }) => Effect.as(Effect.sleep(retryAfter), true) }),
          Effect.andThen(Clock.currentTimeMillis)
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
      expect(given.at(-1)).toBeLessThan(12_000)
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("20 messages a minute to a group, the first of them as fast as to any chat", () =>
    Effect.gen(function* () {
      const given = yield* turns(times(45, () => "-1001"))
      expect(most(given, "1 minute")).toBe(20)
      expect(given[19]).toBeLessThan(21_000)
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
      yield* Effect.forkChild(turn("42"))
      yield* TestClock.adjust("100 millis")
      yield* turn("43")
      expect(yield* Clock.currentTimeMillis).toBe(100)
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("a wait beyond all patience is left to the queue, which puts off this alert alone", () =>
    Effect.gen(function* () {
      const { turn } = yield* TelegramLimits
      for (let sent = 0; sent < 20; sent++) {
        yield* turn("-1001")
        yield* TestClock.adjust("1 second")
      }
      expect(yield* Effect.flip(turn("-1001"))).toMatchObject({
        reason: "congested",
        retryAfter: Duration.seconds(40),
        message: "chat -1001 takes no more messages for 40 s"
      })
    }).pipe(Effect.provide(TelegramLimits.layerMemory))
  )

  it.effect("messages go out as they come when the store does not answer, which is said once", () =>
    Effect.gen(function* () {
      const [{ turn }, logs] = [yield* TelegramLimits, yield* Logs]
      yield* turn("42")
      yield* turn("42")
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
          yield* (sent % 3 === 0 ? here : there).turn("-1001")
          yield* pass("1 second")
        }
        for (const { turn } of [here, there]) {
          expect(yield* Effect.flip(turn("-1001"))).toMatchObject({ reason: "congested" })
          yield* pass("1 second")
          yield* turn("1001")
          yield* pass("1 second")
        }
        yield* pass("40 seconds")
        yield* there.turn("-1001")
      })
    )
  })
}
