import { assert, describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { type AlertAttempt, Alerter } from "../../src/alert/Alerter.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { Receipt } from "../../src/domain/Alert.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import { channelError, FakeChannel, pendingTrigger, Recorded, recordedTriggers } from "../fixtures/alerts.ts"
import { turn, whileTimePasses } from "../fixtures/eventually.ts"
import { Logs } from "../fixtures/logs.ts"
import { receipt } from "../fixtures/pipeline.ts"

const on = (channel: FakeChannel) =>
  Effect.provide(
    Alerter.layer.pipe(
      Layer.provide(channel.layer),
      Layer.provideMerge(recordedTriggers),
      Layer.provideMerge(Logs.layer)
    )
  )

/** One attempt at an alert: unless told, the first of three, of which no receipt is known. */
const attempt = (triggerId: TriggerId, rest: Partial<AlertAttempt> = {}) =>
  Effect.flatMap(Alerter, ({ alert }) =>
    alert({ triggerId, attempt: 1, isLast: false, receipt: Option.none(), keep: () => Effect.void, ...rest })
  )

const last = { attempt: 3, isLast: true }

const stateOf = (id: TriggerId) =>
  Effect.flatMap(TriggerStore, ({ find }) => Effect.map(find(id), (trigger) => Option.getOrThrow(trigger).alertState))

/** Three hours after the kick-off of the match of all tests, in milliseconds. */
const afterTheMatch = Date.UTC(2018, 6, 6, 21)

/** The channel takes another alert. */
const takenBy = Effect.fnUntraced(function* (channel: FakeChannel) {
  const { answer } = channel
  channel.answer = () => Effect.succeed(receipt)
  yield* attempt(yield* pendingTrigger())
  channel.answer = answer
})

const recorded = Effect.map(Recorded, ({ entries }) => entries)

describe("An alert", () => {
  it.effect("says how late it is from half a minute on, and has the same key at every attempt", () => {
    const channel = new FakeChannel(() => Effect.fail(channelError("unavailable")))
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      yield* TestClock.adjust("29 seconds")
      yield* Effect.flip(attempt(id))
      yield* TestClock.adjust("1 second")
      yield* Effect.flip(attempt(id, { attempt: 2 }))
      assert.deepStrictEqual(
        channel.sent.map(({ idempotencyKey, late }) => [idempotencyKey, late]),
        [
          [id, undefined],
          [id, Duration.seconds(30)]
        ]
      )
    }).pipe(on(channel))
  })

  it.effect("that went out is an INFO line, unless its channel writes it to the log", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      yield* attempt(id)
      expect(yield* Effect.flatMap(Logs, ({ lines }) => lines())).toMatchObject([
        { level: "INFO", message: "alert sent", fields: { trigger: id, channel: "fake", attempt: 1 } }
      ])
    }).pipe(on(channel))
  })

  it.effect("that is too late to be of use is closed, not sent, and a line says so", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      yield* TestClock.setTime(afterTheMatch)
      yield* attempt(id)
      yield* attempt(id)
      assert.lengthOf(channel.sent, 0)
      assert.strictEqual(yield* stateOf(id), "expired")
      expect(yield* Effect.flatMap(Logs, ({ lines }) => lines())).toMatchObject([
        { level: "WARN", message: "an alert has expired: it was too late to be of use", fields: { trigger: id } }
      ])
    }).pipe(on(channel))
  })

  it.effect("of which a receipt was kept is recorded, however late it is", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      yield* TestClock.setTime(afterTheMatch)
      yield* attempt(id, { attempt: 2, receipt: Option.some(receipt) })
      assert.strictEqual(yield* stateOf(id), "sent")
    }).pipe(on(channel))
  })

  it.effect("does not expire while it is sent", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const [id, answer] = [yield* pendingTrigger(), yield* Deferred.make<void>()]
      yield* TestClock.setTime(afterTheMatch - 1000)
      channel.answer = () => Effect.as(Deferred.await(answer), receipt)
      const sending = yield* Effect.forkChild(attempt(id), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      const store = yield* TriggerStore
      assert.deepStrictEqual(yield* store.expire("all", Option.none()), [])
      expect(yield* Effect.flip(attempt(id))).toMatchObject({ reason: "postpone" })
      yield* Deferred.succeed(answer, undefined)
      yield* Fiber.join(sending)
      assert.lengthOf(channel.sent, 1)
      assert.strictEqual(yield* stateOf(id), "sent")
    }).pipe(on(channel))
  })

  it.effect(
    "is sent with its trigger and attempt, and recorded at once: its receipt need not be kept elsewhere",
    () => {
      const channel = new FakeChannel()
      return Effect.gen(function* () {
        const id = yield* pendingTrigger()
        const kept: Array<Receipt> = []
        const entries = yield* recorded
        yield* attempt(id, { attempt: 2, keep: (given) => Effect.sync(() => void kept.push(given)) })
        assert.lengthOf(channel.sent, 1)
        expect(channel.sent[0]).toMatchObject({ trigger: { id, alertState: "pending" }, attempt: 2 })
        assert.deepStrictEqual(kept, [])
        assert.deepStrictEqual(entries, [["sent", id, 2, receipt]])
        assert.strictEqual(yield* stateOf(id), "sent")
      }).pipe(on(channel))
    }
  )

  it.effect("that was sent is not sent again, however often its job runs", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      yield* attempt(id)
      yield* attempt(id)
      yield* attempt(id, last)
      assert.lengthOf(channel.sent, 1)
      assert.lengthOf(yield* recorded, 1)
    }).pipe(on(channel))
  })

  it.effect("of which a receipt was kept is only recorded", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      yield* attempt(id, { attempt: 2, receipt: Option.some(receipt) })
      assert.lengthOf(channel.sent, 0)
      assert.deepStrictEqual(yield* recorded, [["sent", id, 2, receipt]])
    }).pipe(on(channel))
  })

  it.effect("of a trigger that does not exist is given up", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const failure = yield* Effect.flip(attempt(TriggerId.make("gone")))
      expect(failure).toMatchObject({ reason: "give-up", message: "there is no trigger gone" })
      assert.lengthOf(channel.sent, 0)
    }).pipe(on(channel))
  })

  it.effect("is tried again when the channel is unavailable, and stays pending", () => {
    const channel = new FakeChannel(() => Effect.fail(channelError("unavailable")))
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const failure = yield* Effect.flip(attempt(id))
      expect(failure).toMatchObject({ reason: "retry", message: "the channel says unavailable" })
      assert.strictEqual(yield* stateOf(id), "pending")
      expect(yield* Effect.flatMap(Logs, ({ lines }) => lines())).toMatchObject([
        { level: "WARN", message: "alert not sent yet", fields: { trigger: id, attempt: 1, channel: "fake" } }
      ])
    }).pipe(on(channel))
  })

  it.effect("has failed when the channel is unavailable at the last attempt, and took another since the first", () => {
    const channel = new FakeChannel(() => Effect.fail(channelError("unavailable")))
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      yield* Effect.flip(attempt(id))
      yield* takenBy(channel)
      yield* Effect.flip(attempt(id, last))
      assert.deepStrictEqual((yield* recorded).at(-1), ["failed", id, 3, "the channel says unavailable"])
      expect((yield* Effect.flatMap(Logs, ({ lines }) => lines())).slice(-1)).toMatchObject([
        { level: "ERROR", message: "alert failed for good", fields: { trigger: id, attempts: 3 } }
      ])
    }).pipe(on(channel))
  })

  it.effect("has failed at once when the channel refuses it", () => {
    const channel = new FakeChannel(() => Effect.fail(channelError("refused")))
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const failure = yield* Effect.flip(attempt(id))
      assert.strictEqual(failure.reason, "give-up")
      assert.deepStrictEqual(yield* recorded, [["failed", id, 1, "the channel says refused"]])
    }).pipe(on(channel))
  })

  it.effect("puts off an alert whose destination takes no more for now, at the last attempt too", () => {
    const retryAfter = Duration.seconds(40)
    const channel = new FakeChannel(() => Effect.fail(channelError("congested", { retryAfter })))
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      expect(yield* Effect.flip(attempt(id, last))).toMatchObject({ reason: "postpone", delay: retryAfter })
      assert.strictEqual(yield* stateOf(id), "pending")
    }).pipe(on(channel))
  })

  it.effect("waits for as long as the channel asks, at the last attempt too", () => {
    const retryAfter = Duration.seconds(17)
    const channel = new FakeChannel(() => Effect.fail(channelError("rate-limited", { retryAfter })))
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      for (const which of [{}, last]) {
        const failure = yield* Effect.flip(attempt(id, which))
        expect(failure).toMatchObject({ reason: "wait", delay: retryAfter })
      }
      assert.strictEqual(yield* stateOf(id), "pending")
      assert.lengthOf(yield* recorded, 0)
    }).pipe(on(channel))
  })

  it.effect("waits when the channel does not say for how long", () => {
    const channel = new FakeChannel(() => Effect.fail(channelError("rate-limited")))
    return Effect.gen(function* () {
      const failure = yield* Effect.flip(attempt(yield* pendingTrigger()))
      assert.strictEqual(failure.reason, "wait")
      assert.isUndefined(failure.delay)
    }).pipe(on(channel))
  })

  it.effect.each<{ readonly how: string; readonly answer: FakeChannel["answer"] }>([
    { how: "dies", answer: () => Effect.die(new Error("a bug")) },
    {
      how: "throws",
      answer: () => {
        throw new Error("a bug")
      }
    }
  ])("is tried again when the channel $how, and has failed when only this one does it", ({ answer }) => {
    const channel = new FakeChannel(answer)
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const failure = yield* Effect.flip(attempt(id))
      expect(failure).toMatchObject({ reason: "retry", message: "the channel broke: a bug" })
      assert.strictEqual(yield* stateOf(id), "pending")
      yield* takenBy(channel)
      yield* Effect.flip(attempt(id, last))
      assert.strictEqual(yield* stateOf(id), "failed")
    }).pipe(on(channel))
  })

  it.effect("is tried again when the channel has not answered within 8 s", () => {
    const channel = new FakeChannel(() => Effect.never)
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const fiber = yield* Effect.forkChild(Effect.flip(attempt(id)), { startImmediately: true })
      yield* TestClock.adjust("7 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({ reason: "retry", message: "no answer within 8s" })
      assert.strictEqual(yield* stateOf(id), "pending")
    }).pipe(on(channel))
  })

  it.effect("is not sent while the database cannot say what to send", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const database = yield* Recorded
      database.isDown = true
      const failure = yield* Effect.flip(attempt(id))
      expect(failure).toMatchObject({ reason: "retry", message: "no connection" })
      assert.lengthOf(channel.sent, 0)
    }).pipe(on(channel))
  })

  it.effect("is sent once although the database was away when it was to be recorded", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const database = yield* Recorded
      let kept = Option.none<Receipt>()
      channel.answer = () =>
        Effect.sync(() => {
          database.isDown = true
          return receipt
        })
      const keep = (given: Receipt) =>
        Effect.sync(() => {
          kept = Option.some(given)
        })
      assert.strictEqual((yield* Effect.flip(attempt(id, { keep }))).reason, "retry")
      database.isDown = false
      yield* attempt(id, { attempt: 2, receipt: kept })
      assert.lengthOf(channel.sent, 1)
      assert.deepStrictEqual(database.entries, [["sent", id, 2, receipt]])
    }).pipe(on(channel))
  })

  it.effect("is kept where recording takes more than a second, and once more where it then fails", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const [database, fail] = [yield* Recorded, yield* Deferred.make<void>()]
      database.before = Deferred.await(fail)
      const kept: Array<Receipt> = []
      const keep = (given: Receipt) => Effect.sync(() => void kept.push(given))
      const sending = yield* Effect.forkChild(attempt(id, { keep }), { startImmediately: true })
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(kept, [])
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(kept, [receipt])
      assert.isUndefined(sending.pollUnsafe())
      yield* Deferred.succeed(fail, undefined)
      yield* Fiber.join(sending)
      assert.deepStrictEqual(database.entries, [["sent", id, 1, receipt]])
      assert.deepStrictEqual(kept, [receipt])
    }).pipe(on(channel))
  })

  it.effect("is kept when its worker is stopped before it was recorded, and for no longer than two seconds", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const database = yield* Recorded
      database.before = Effect.never
      const kept: Array<Receipt> = []
      for (const answer of [Effect.void, Effect.never]) {
        const keep = (given: Receipt) =>
          Effect.andThen(
            Effect.sync(() => void kept.push(given)),
            answer
          )
        const sending = yield* Effect.forkChild(attempt(id, { keep }), { startImmediately: true })
        yield* Effect.forEach([1, 2, 3, 4, 5], () => turn)
        const stopping = yield* Effect.forkChild(Fiber.interrupt(sending), { startImmediately: true })
        yield* whileTimePasses(stopping)
      }
      assert.deepStrictEqual(kept, [receipt, receipt])
    }).pipe(on(channel))
  })

  it.effect("that was sent does not fail: after its last attempt too it is recorded later", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const database = yield* Recorded
      const held = { ...last, receipt: Option.some(receipt) }
      database.isDown = true
      expect(yield* Effect.flip(attempt(id, held))).toMatchObject({ reason: "postpone", delay: Duration.seconds(30) })
      database.isDown = false
      channel.answer = () =>
        Effect.sync(() => {
          database.isDown = true
          return receipt
        })
      expect(yield* Effect.flip(attempt(id, last))).toMatchObject({ reason: "postpone", delay: Duration.seconds(30) })
      database.isDown = false
      yield* attempt(id, held)
      assert.lengthOf(channel.sent, 1)
      assert.strictEqual(yield* stateOf(id), "sent")
    }).pipe(on(channel))
  })

  it.effect("is recorded as sent although its receipt could not be kept", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      yield* attempt(id, { keep: () => Effect.fail({ message: "the queue is away" }) })
      yield* attempt(id, { attempt: 2 })
      assert.lengthOf(channel.sent, 1)
      assert.deepStrictEqual(yield* recorded, [["sent", id, 1, receipt]])
    }).pipe(on(channel))
  })

  it.effect("whose failure cannot be recorded is tried again, so that it is not forgotten", () => {
    const channel = new FakeChannel()
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      const database = yield* Recorded
      channel.answer = () =>
        Effect.suspend(() => {
          database.isDown = true
          return Effect.fail(channelError("refused"))
        })
      const failure = yield* Effect.flip(attempt(id))
      expect(failure).toMatchObject({ reason: "retry", message: "no connection" })
      database.isDown = false
      assert.strictEqual(yield* stateOf(id), "pending")
    }).pipe(on(channel))
  })

  it.effect("that had failed is sent when its job is run again", () => {
    const channel = new FakeChannel(() => Effect.fail(channelError("refused")))
    return Effect.gen(function* () {
      const id = yield* pendingTrigger()
      yield* Effect.flip(attempt(id))
      assert.strictEqual(yield* stateOf(id), "failed")
      channel.answer = () => Effect.succeed(receipt)
      yield* attempt(id)
      assert.strictEqual(yield* stateOf(id), "sent")
    }).pipe(on(channel))
  })
})
