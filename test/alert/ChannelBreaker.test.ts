import { assert, describe, expect, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { ChannelError } from "../../src/alert/AlertChannel.ts"
import { makeChannelBreaker } from "../../src/alert/ChannelBreaker.ts"
import type { Receipt } from "../../src/domain/Alert.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import type { JobFailure } from "../../src/queue/JobFailure.ts"
import { channelError } from "../fixtures/alerts.ts"
import { Logs } from "../fixtures/logs.ts"
import { receipt } from "../fixtures/pipeline.ts"

const idOf = (number: number): TriggerId => TriggerId.make(`t${number}`)

const seconds = Effect.map(Clock.currentTimeMillis, (millis) => millis / 1000)

/** A channel behind a breaker, and what has reached it. */
const setup = Effect.gen(function* () {
  const breaker = yield* makeChannelBreaker("fake")
  const reached: Array<readonly [id: TriggerId, at: number]> = []
  const channel = {
    breaker,
    reached,
    answer: (_id: TriggerId): Effect.Effect<Receipt, ChannelError> => Effect.succeed(receipt),
    send: (id: TriggerId, isLast = false) =>
      breaker.send(
        { triggerId: id, isLast },
        Effect.gen(function* () {
          reached.push([id, yield* seconds])
          return yield* channel.answer(id)
        })
      )
  }
  return channel
})

type Setup = Effect.Success<typeof setup>

const retries = [2, 4]

/** Sends an alert as the queue would: again after 2 s and 4 s, and whenever it is told to. Answers with the attempts. */
const deliver = Effect.fnUntraced(function* ({ send }: Setup, id: TriggerId) {
  for (let attempt = 1; ; ) {
    const exit = yield* Effect.exit(send(id, attempt === 3))
    if (Exit.isSuccess(exit)) return attempt
    const failure = yield* Effect.flip(exit)
    if (failure.reason === "give-up") return yield* failure
    yield* Effect.sleep(
      failure.reason === "retry" ? Duration.seconds(retries[attempt - 1] ?? 0) : (failure.delay ?? Duration.seconds(1))
    )
    if (failure.reason === "retry") attempt += 1
  }
})

/** Lets time pass until it is done. */
const inTime = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    for (let step = 0; step < 4000 && fiber.pollUnsafe() === undefined; step++) yield* TestClock.adjust("100 millis")
    return yield* Fiber.join(fiber)
  })

const away = () => Effect.fail(channelError("unavailable"))

/** Three alerts fail, which is an outage. */
const trip = Effect.fnUntraced(function* (channel: Setup) {
  channel.answer = away
  const failures: Array<JobFailure> = []
  for (const number of [1, 2, 3]) failures.push(yield* Effect.flip(channel.send(idOf(number))))
  return failures
})

describe("An outage of a channel", () => {
  it.effect("of 60 s fails no alert, though there is only one", () =>
    Effect.gen(function* () {
      const channel = yield* setup
      channel.answer = () => Effect.flatMap(seconds, (now) => (now < 60 ? away() : Effect.succeed(receipt)))
      assert.isAtMost(yield* inTime(deliver(channel, idOf(1))), 3)
      expect(channel.reached.map(([, at]) => at)).toEqual([0, 2, 6, 10, 18, 34, 50, 66])
      const lines = yield* Effect.flatMap(Logs, (logs) => logs.lines())
      expect(lines).toMatchObject([
        { level: "WARN", message: "the channel takes no alerts: they wait until it does", fields: { channel: "fake" } },
        { level: "INFO", message: "the channel takes alerts again", fields: { seconds: 60 } }
      ])
    }).pipe(Effect.scoped, Effect.provide(Logs.layer))
  )

  it.effect("of 60 s fails none of a hundred alerts, though some were under way and got through as it began", () =>
    Effect.gen(function* () {
      const channel = yield* setup
      channel.answer = (id) =>
        Effect.flatMap(seconds, (now) => {
          if (now >= 60) return Effect.succeed(receipt)
          return id === idOf(0) && now === 0 ? Effect.delay(Effect.succeed(receipt), "1 second") : away()
        })
      const all = Array.from({ length: 100 }, (_, number) => deliver(channel, idOf(number)))
      yield* inTime(Effect.all(all, { concurrency: "unbounded" }))
      assert.strictEqual(new Set(channel.reached.filter(([, at]) => at >= 60).map(([id]) => id)).size, 99)
    }).pipe(Effect.scoped, Effect.provide(Logs.layer))
  )

  it.effect("is known after three alerts; then one is tried after each pause, which grow, and the others rest", () =>
    Effect.gen(function* () {
      const channel = yield* setup
      const failures = yield* trip(channel)
      expect(failures.map(({ reason }) => reason)).toEqual(["retry", "retry", "rest"])
      expect(failures[2]?.delay).toEqual(Duration.seconds(2))
      const pauses: Array<number> = []
      for (let next = 4; next < 10; next++) {
        expect(yield* Effect.flip(channel.send(idOf(100)))).toMatchObject({ reason: "rest" })
        const before = channel.reached.length
        let waited = 0
        while (channel.reached.length === before) {
          yield* TestClock.adjust("1 second")
          waited += 1
          const failure = yield* Effect.flip(channel.send(idOf(next)))
          assert.strictEqual(failure.reason, "rest")
        }
        pauses.push(waited)
      }
      expect(pauses).toEqual([2, 4, 8, 16, 16, 16])
    }).pipe(Effect.scoped, Effect.provide(Logs.layer))
  )

  it.effect("has one probe at a time, and is over when it gets through", () =>
    Effect.gen(function* () {
      const channel = yield* setup
      yield* trip(channel)
      yield* TestClock.adjust("2 seconds")
      const answer = yield* Deferred.make<void>()
      channel.answer = () => Effect.as(Deferred.await(answer), receipt)
      const probe = yield* Effect.forkChild(channel.send(idOf(4)), { startImmediately: true })
      expect(yield* Effect.flip(channel.send(idOf(5)))).toMatchObject({ reason: "rest", delay: Duration.millis(500) })
      yield* Deferred.succeed(answer, undefined)
      yield* Fiber.join(probe)
      yield* channel.send(idOf(5))
      assert.lengthOf(channel.reached, 5)
    }).pipe(Effect.scoped, Effect.provide(Logs.layer))
  )

  it.effect("is not seen in an alert that alone fails: others go on, and it fails for good after three attempts", () =>
    Effect.gen(function* () {
      const channel = yield* setup
      channel.answer = (id) => (id === idOf(0) ? away() : Effect.succeed(receipt))
      const bad = yield* Effect.forkChild(Effect.flip(deliver(channel, idOf(0))), { startImmediately: true })
      for (let number = 1; number <= 6; number++) {
        yield* channel.send(idOf(number))
        yield* TestClock.adjust("1 second")
      }
      expect(yield* Fiber.join(bad)).toMatchObject({ reason: "give-up", message: "the channel says unavailable" })
      expect(channel.reached.filter(([id]) => id === idOf(0)).map(([, at]) => at)).toEqual([0, 2, 6])
      assert.lengthOf(yield* Effect.flatMap(Logs, (logs) => logs.lines()), 0)
    }).pipe(Effect.scoped, Effect.provide(Logs.layer))
  )

  it.effect("is found to be over by another alert where the first probe is one that alone fails", () =>
    Effect.gen(function* () {
      const channel = yield* setup
      yield* trip(channel)
      channel.answer = (id) => (id === idOf(3) ? away() : Effect.succeed(receipt))
      yield* TestClock.adjust("2 seconds")
      expect(yield* Effect.flip(channel.send(idOf(3), true))).toMatchObject({ reason: "postpone" })
      yield* channel.send(idOf(4))
      yield* channel.send(idOf(5))
    }).pipe(Effect.scoped, Effect.provide(Logs.layer))
  )

  it.effect("in which the bot is barred is told once, loudly, and no alert is given up for it", () =>
    Effect.gen(function* () {
      const channel = yield* setup
      channel.answer = () =>
        Effect.flatMap(seconds, (now) => (now < 60 ? Effect.fail(channelError("barred")) : Effect.succeed(receipt)))
      assert.strictEqual(yield* inTime(deliver(channel, idOf(1))), 1)
      const lines = yield* Effect.flatMap(Logs, (logs) => logs.lines())
      expect(lines.map(({ level }) => level)).toEqual(["ERROR", "INFO"])
      expect(lines[0]).toMatchObject({ fields: { reason: "the channel says barred" } })
    }).pipe(Effect.scoped, Effect.provide(Logs.layer))
  )
})

describe("No outage", () => {
  it.effect.each(["congested", "rate-limited", "refused"] as const)("is what a channel says that is %s", (reason) =>
    Effect.gen(function* () {
      const channel = yield* setup
      channel.answer = () => Effect.fail(channelError(reason))
      for (let number = 0; number < 10; number++) yield* Effect.flip(channel.send(idOf(number)))
      channel.answer = () => Effect.succeed(receipt)
      yield* channel.send(idOf(10))
      assert.lengthOf(yield* Effect.flatMap(Logs, (logs) => logs.lines()), 0)
    }).pipe(Effect.scoped, Effect.provide(Logs.layer))
  )

  it.effect("waits no longer for a channel when the clock is set back by an hour meanwhile", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(7_200_000)
      const channel = yield* setup
      channel.answer = () => Effect.fail(channelError("unavailable"))
      for (const number of [1, 2, 3, 4]) yield* Effect.exit(channel.send(idOf(number)))
      yield* TestClock.setTime(3_600_000)
      const { delay } = yield* Effect.flip(channel.send(idOf(5)))
      expect(Duration.toSeconds(delay ?? Duration.infinity)).toBeLessThanOrEqual(16)
      channel.answer = () => Effect.succeed(receipt)
      yield* TestClock.adjust("17 seconds")
      expect(yield* channel.send(idOf(5))).toEqual(receipt)
    }).pipe(Effect.scoped)
  )
})
