import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, layer } from "@effect/vitest"
import { DateTime, Deferred, Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { Alerter } from "../../src/alert/Alerter.ts"
import { AlertQueue, alertJob } from "../../src/alert/AlertQueue.ts"
import { layerAlertWorker, layerOutboxSweep, sweepEvery, sweepOutbox } from "../../src/alert/AlertWorker.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import { layerEmbeddedQueue } from "../../src/queue/EmbeddedQueue.ts"
import { QueueBackend, QueueError } from "../../src/queue/QueueBackend.ts"
import { channelError, FakeChannel, pendingTrigger, Recorded, recordedTriggers } from "../fixtures/alerts.ts"
import { eventually, turn } from "../fixtures/eventually.ts"
import { Logs } from "../fixtures/logs.ts"
import { candidateOf, newStrategy, receipt, unused } from "../fixtures/pipeline.ts"

const services = AlertQueue.layer.pipe(
  Layer.provideMerge(layerEmbeddedQueue),
  Layer.provideMerge(EmbeddedPostgres.layer()),
  Layer.provide(NodeServices.layer),
  Layer.provideMerge(recordedTriggers),
  Layer.provideMerge(Logs.layer)
)

/** Works the queue with this channel until the test ends. */
const work = (channel: FakeChannel) =>
  Layer.build(layerAlertWorker.pipe(Layer.provide(Alerter.layer), Layer.provide(channel.layer)))

const offer = (...ids: ReadonlyArray<TriggerId>) =>
  Effect.flatMap(AlertQueue, (queue) => queue.offer(ids.map((id) => alertJob(id, 0))))

const counts = Effect.flatMap(AlertQueue, (queue) => queue.counts)

const idle = eventually(counts, ({ active, delayed, waiting }) => active + delayed + waiting === 0)

const stateOf = (id: TriggerId) =>
  Effect.flatMap(TriggerStore, ({ find }) => Effect.map(find(id), (trigger) => Option.getOrThrow(trigger).alertState))

/** Waits until the alert's next attempt is put off, by so many milliseconds, and makes it due now. */
const promote = Effect.fnUntraced(function* (id: TriggerId, delay: number) {
  const raw = yield* Effect.flatMap(QueueBackend, (backend) => backend.queue("send-alert"))
  const job = yield* eventually(
    Effect.promise(async () => {
      const found = await raw.getJob(alertJob(id, 0).id)
      return (await found?.getState()) === "delayed" ? found : undefined
    }),
    (found) => found !== undefined
  )
  assert.strictEqual(job?.delay, delay)
  yield* Effect.promise(async () => job?.promote())
})

const recordsOf = (id: TriggerId) =>
  Effect.map(Recorded, ({ entries }) => entries.filter(([, trigger]) => trigger === id))

layer(services)("On a queue,", (it) => {
  describe("the alert worker", () => {
    it.effect("sends each alert of the queue once, five at a time", () =>
      Effect.gen(function* () {
        const full = yield* Deferred.make<void>()
        let [running, most] = [0, 0]
        const channel = new FakeChannel(() =>
          Effect.gen(function* () {
            running += 1
            most = Math.max(most, running)
            if (running === 5) yield* Deferred.succeed(full, undefined)
            yield* Deferred.await(full)
            running -= 1
            return receipt
          })
        )
        const ids = yield* Effect.all(Array.from({ length: 11 }, () => pendingTrigger()))
        yield* work(channel)
        yield* offer(...ids)
        yield* offer(...ids)
        yield* idle
        assert.deepStrictEqual(new Set(channel.sent.map(({ trigger }) => trigger.id)), new Set(ids))
        assert.lengthOf(channel.sent, ids.length)
        assert.strictEqual(most, 5)
        for (const id of ids) assert.strictEqual(yield* stateOf(id), "sent")
      })
    )

    it.effect("has at most five sends under way, whatever else is looked up or recorded meanwhile", () =>
      Effect.gen(function* () {
        let [running, most] = [0, 0]
        const channel = new FakeChannel(() =>
          Effect.gen(function* () {
            running += 1
            most = Math.max(most, running)
            yield* turn
            running -= 1
            return receipt
          })
        )
        const database = yield* Recorded
        const [underWay, answer] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        let recording = 0
        database.before = Effect.suspend(() => {
          recording += 1
          return Effect.andThen(
            recording === 10 ? Deferred.succeed(underWay, undefined) : Effect.void,
            Deferred.await(answer)
          )
        })
        const ids = yield* Effect.all(Array.from({ length: 40 }, () => pendingTrigger()))
        yield* work(channel)
        yield* offer(...ids)
        yield* Deferred.await(underWay)
        assert.isAtMost(most, 5)
        database.before = Effect.void
        yield* Deferred.succeed(answer, undefined)
        yield* idle
        assert.lengthOf(channel.sent, ids.length)
        assert.isAtMost(most, 5)
        for (const id of ids) assert.strictEqual(yield* stateOf(id), "sent")
      })
    )

    it.effect("begins no send that waits for its turn when the channel asks all to wait", () =>
      Effect.gen(function* () {
        const [limit, end] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const channel: FakeChannel = new FakeChannel(() =>
          channel.sent.length === 1
            ? Effect.andThen(
                Deferred.await(limit),
                Effect.fail(channelError("rate-limited", { retryAfter: Duration.millis(300) }))
              )
            : Effect.as(Deferred.await(end), receipt)
        )
        const ids = yield* Effect.all(Array.from({ length: 9 }, () => pendingTrigger()))
        yield* work(channel)
        yield* offer(...ids)
        yield* eventually(
          Effect.sync(() => channel.sent.length),
          (sent) => sent === 5
        )
        yield* Deferred.succeed(limit, undefined)
        yield* eventually(counts, ({ active, waiting }) => active === 4 && waiting === 5)
        assert.lengthOf(channel.sent, 5)
        yield* Deferred.succeed(end, undefined)
        yield* idle
        assert.lengthOf(channel.sent, ids.length + 1)
        assert.isTrue(channel.sent.every(({ attempt }) => attempt === 1))
      })
    )

    it.effect("tries an alert again after 2 s and after 4 s, then records that it failed and keeps its job", () =>
      Effect.gen(function* () {
        const id = yield* pendingTrigger()
        const other = yield* pendingTrigger()
        const channel = new FakeChannel(({ trigger }) =>
          trigger.id === id ? Effect.fail(channelError("unavailable")) : Effect.succeed(receipt)
        )
        const { failed } = yield* counts
        yield* work(channel)
        yield* offer(id)
        yield* promote(id, 2000)
        assert.strictEqual(yield* stateOf(id), "pending")
        yield* offer(other)
        yield* eventually(stateOf(other), (state) => state === "sent")
        yield* promote(id, 4000)
        yield* idle
        assert.deepStrictEqual(
          channel.sent.filter(({ trigger }) => trigger.id === id).map(({ attempt }) => attempt),
          [1, 2, 3]
        )
        assert.deepStrictEqual(yield* recordsOf(id), [["failed", id, 3, "the channel says unavailable"]])
        assert.strictEqual((yield* counts).failed, failed + 1)
      })
    )

    it.effect("does not try a refused alert again", () =>
      Effect.gen(function* () {
        const channel = new FakeChannel(() => Effect.fail(channelError("refused")))
        const id = yield* pendingTrigger()
        yield* work(channel)
        yield* offer(id)
        yield* idle
        assert.lengthOf(channel.sent, 1)
        assert.strictEqual(yield* stateOf(id), "failed")
      })
    )

    it.effect("obeys a channel that asks for time without using up an attempt", () =>
      Effect.gen(function* () {
        const channel: FakeChannel = new FakeChannel(() =>
          channel.sent.length < 5
            ? Effect.fail(channelError("rate-limited", { retryAfter: Duration.millis(5) }))
            : Effect.succeed(receipt)
        )
        const id = yield* pendingTrigger()
        yield* work(channel)
        yield* offer(id)
        yield* idle
        assert.deepStrictEqual(
          channel.sent.map(({ attempt }) => attempt),
          [1, 1, 1, 1, 1]
        )
        assert.strictEqual(yield* stateOf(id), "sent")
      })
    )

    it.effect("sends no alert twice whose record failed after the channel took it", () =>
      Effect.gen(function* () {
        const database = yield* Recorded
        const channel = new FakeChannel(() =>
          Effect.sync(() => {
            database.isDown = true
            return receipt
          })
        )
        const id = yield* pendingTrigger()
        yield* work(channel)
        yield* offer(id)
        yield* eventually(counts, ({ delayed }) => delayed === 1)
        database.isDown = false
        yield* promote(id, 2000)
        yield* idle
        assert.lengthOf(channel.sent, 1)
        assert.deepStrictEqual(yield* recordsOf(id), [["sent", id, 2, receipt]])
      })
    )

    it.effect("outlives a channel that throws", () =>
      Effect.gen(function* () {
        const broken = yield* pendingTrigger()
        const whole = yield* pendingTrigger()
        const channel = new FakeChannel(({ attempt, trigger }) => {
          if (trigger.id === broken && attempt === 1) throw new Error("a bug")
          return Effect.succeed(receipt)
        })
        yield* work(channel)
        yield* offer(broken, whole)
        yield* promote(broken, 2000)
        yield* idle
        assert.strictEqual(yield* stateOf(broken), "sent")
        assert.strictEqual(yield* stateOf(whole), "sent")
      })
    )
  })

  describe("the job of an alert", () => {
    it("has the id that older versions give it, for ids that are numbers or UUIDs", () => {
      const uuid = "00000000-0000-4000-8000-000000000001"
      assert.strictEqual(alertJob(TriggerId.make(uuid), 0).id, `alert-${uuid}`)
      assert.strictEqual(alertJob(TriggerId.make("19"), 0).id, "alert-19")
    })

    it.effect("is taken by the queue whatever its trigger's id, and with it the others that were offered", () =>
      Effect.gen(function* () {
        const channel = new FakeChannel()
        const odd = ["a", "a:b", "a:b:c", "a%3Ab", "0:", "x".repeat(10_000)].map((id) => TriggerId.make(id))
        const found = new Set<string>()
        const store = yield* TriggerStore
        const known = yield* pendingTrigger()
        yield* offer(...odd, known)
        assert.strictEqual((yield* counts).waiting, odd.length + 1)
        const any = TriggerStore.of({
          ...store,
          find: (id) => {
            found.add(id)
            return store.find(id)
          }
        })
        yield* Effect.provideService(work(channel), TriggerStore, any)
        yield* idle
        assert.deepStrictEqual(found, new Set([...odd, known]))
        assert.strictEqual(yield* stateOf(known), "sent")
      })
    )
  })

  describe("the outbox sweep", () => {
    it.effect("offers what is pending and the queue has lost, once", () =>
      Effect.gen(function* () {
        const channel = new FakeChannel()
        const ids = [yield* pendingTrigger(), yield* pendingTrigger()]
        assert.strictEqual(yield* sweepOutbox(), 2)
        assert.strictEqual(yield* sweepOutbox(), 2)
        assert.strictEqual((yield* counts).waiting, 2)
        yield* work(channel)
        yield* idle
        assert.deepStrictEqual(new Set(channel.sent.map(({ trigger }) => trigger.id)), new Set(ids))
        assert.lengthOf(channel.sent, 2)
        assert.strictEqual(yield* sweepOutbox(), 0)
      })
    )

    it.effect("finds what the queue has lost behind more than a thousand older ones", () =>
      Effect.gen(function* () {
        const strategy = newStrategy()
        const store = yield* TriggerStore
        const { triggers } = yield* store.create(
          Array.from({ length: 1001 }, () => candidateOf(strategy, { id: `match-${unused()}` }))
        )
        const orphan = yield* pendingTrigger()
        const offered: Array<string> = []
        const queue = yield* AlertQueue
        const noting = AlertQueue.of({
          ...queue,
          offerAgain: (jobs) => Effect.sync(() => void offered.push(...jobs.map(({ id }) => id)))
        })
        assert.strictEqual(yield* Effect.provideService(sweepOutbox(), AlertQueue, noting), 1002)
        assert.deepStrictEqual(new Set(offered).size, 1002)
        assert.strictEqual(offered.at(-1), alertJob(orphan, 0).id)
        yield* Effect.forEach([...triggers.map(({ id }) => id), orphan], (id) => store.sent(id, 1, receipt))
      })
    )

    it.effect("leaves alone what was sent and what has failed", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        yield* store.sent(yield* pendingTrigger(), 1, receipt)
        yield* store.failed(yield* pendingTrigger(), 3, "refused")
        assert.strictEqual(yield* sweepOutbox(), 0)
        yield* idle
      })
    )

    it.effect("revives the job of a pending alert that used up its attempts while the database was away", () =>
      Effect.gen(function* () {
        const database = yield* Recorded
        const channel = new FakeChannel()
        const id = yield* pendingTrigger()
        yield* work(channel)
        database.isDown = true
        yield* offer(id)
        yield* promote(id, 2000)
        yield* promote(id, 4000)
        yield* idle
        assert.lengthOf(channel.sent, 0)
        database.isDown = false
        assert.strictEqual(yield* sweepOutbox(), 1)
        yield* idle
        assert.lengthOf(channel.sent, 1)
        assert.strictEqual(yield* stateOf(id), "sent")
      })
    )

    it.effect("begins a failed job anew with the receipt it holds, which is recorded and not sent again", () =>
      Effect.gen(function* () {
        const channel = new FakeChannel(() => Effect.fail(channelError("refused")))
        const id = yield* pendingTrigger()
        yield* work(channel)
        yield* offer(id)
        yield* idle
        const store = yield* TriggerStore
        yield* store.retry([id], DateTime.makeUnsafe("9999-01-01"))
        // As it stands where a process died after each send: failed by BullMQ, with the receipt in it.
        const raw = yield* Effect.flatMap(QueueBackend, (backend) => backend.queue("send-alert"))
        const job = yield* Effect.promise(() => raw.getJob(alertJob(id, 0).id))
        yield* Effect.promise(async () => job?.updateData({ triggerId: id, receipt }))
        assert.strictEqual(yield* sweepOutbox(), 1)
        yield* idle
        assert.lengthOf(channel.sent, 1)
        assert.deepStrictEqual((yield* recordsOf(id)).at(-1), ["sent", id, 1, receipt])
      })
    )

    it.effect("runs at the start and every 30 s, whatever becomes of one", () =>
      Effect.gen(function* () {
        const [database, logs] = [yield* Recorded, yield* Logs]
        yield* pendingTrigger()
        yield* Layer.build(layerOutboxSweep)
        assert.strictEqual((yield* counts).waiting, 1)
        expect(yield* logs.lines("alerts were pending and are sent now")).toMatchObject([
          { level: "INFO", fields: { pending: 1 } }
        ])

        database.isDown = true
        yield* TestClock.adjust(sweepEvery)
        yield* eventually(logs.lines("the outbox could not be swept"), ({ length }) => length === 1)

        database.isDown = false
        yield* pendingTrigger()
        yield* TestClock.adjust(sweepEvery)
        yield* eventually(counts, ({ waiting }) => waiting === 2)
        yield* work(new FakeChannel())
        yield* idle
      })
    )

    it.effect("stops no start where the queue or the database does not answer it", () =>
      Effect.gen(function* () {
        const [database, logs, queue] = [yield* Recorded, yield* Logs, yield* AlertQueue]
        const told = logs.lines("the outbox could not be swept")
        const before = (yield* told).length
        yield* pendingTrigger()
        const offerAgain = () =>
          Effect.fail(new QueueError({ queue: "send-alert", operation: "add jobs", message: "timed out" }))
        yield* Layer.build(layerOutboxSweep).pipe(
          Effect.provideService(AlertQueue, AlertQueue.of({ ...queue, offerAgain }))
        )
        expect((yield* told).length - before).toBe(1)
        database.isDown = true
        yield* Layer.build(layerOutboxSweep)
        expect((yield* told).length - before).toBe(2)
        database.isDown = false
        yield* TestClock.adjust(sweepEvery)
        yield* eventually(counts, ({ waiting }) => waiting === 1)
        yield* work(new FakeChannel())
        yield* idle
      })
    )
  })
})
