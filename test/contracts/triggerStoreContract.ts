/** What every layer of TriggerStore must do. */
import { expect, layer } from "@effect/vitest"
import { DateTime, Duration, Effect, type Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { type Candidate, pairOf, TriggerId } from "../../src/domain/Trigger.ts"
import { candidateOf, newStrategy, receipt, unused } from "../fixtures/pipeline.ts"

/** The strategies that the contract's candidates are of: a store on a database must know them before. */
export const contractStrategies: ReadonlyArray<Strategy> = [newStrategy(), newStrategy()]

const [strategy = newStrategy(), other = newStrategy()] = contractStrategies

/** A strategy that no store knows. */
const candidate = (of: Strategy = strategy): Candidate => candidateOf(of, { id: `match-${unused()}` })

/** No alert of these tests expires by then. */
const later = DateTime.makeUnsafe("9999-01-01T00:00:00Z")

/** A new trigger whose alert is pending. */
const pending = Effect.gen(function* () {
  const store = yield* TriggerStore
  const { triggers } = yield* store.create([candidate()])
  return triggers[0]?.id ?? TriggerId.make("none")
})

/** Nothing is pending, failed or expired that earlier tests left. */
const settle = Effect.gen(function* () {
  const store = yield* TriggerStore
  const closed = (yield* store.failedAlerts(1000)).map(({ trigger }) => trigger)
  yield* Effect.forEach([...(yield* store.pending(1000)), ...closed], ({ id }) => store.sent(id, 1, receipt))
})

const stateOf = (id: TriggerId) =>
  Effect.gen(function* () {
    const store = yield* TriggerStore
    return Option.getOrThrow(yield* store.find(id)).alertState
  })

/** The store knows the `contractStrategies`. It need not be empty: the tests share it, each with matches of its own. */
export const triggerStoreContract = <E>(name: string, storeLayer: Layer.Layer<TriggerStore, E>) =>
  layer(storeLayer)(`${name} is a TriggerStore`, (it) => {
    it.effect("that creates a pending trigger as the candidate was, at the time it is brought", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        yield* TestClock.adjust("1 hour")
        const brought = candidate()
        const { known, pending, triggers } = yield* store.create([brought])
        expect([known, pending]).toEqual([[], []])
        expect(triggers).toMatchObject([{ ...brought, id: expect.any(String) }])
        expect(yield* store.find(TriggerId.make(`${triggers[0]?.id}`))).toEqual(
          Option.some({
            ...brought,
            id: triggers[0]?.id,
            owner: null,
            ownerChat: null,
            triggeredAt: yield* DateTime.now,
            alertState: "pending"
          })
        )
      })
    )

    it.effect("that creates nothing of nothing", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        expect(yield* store.create([])).toEqual({ triggers: [], known: [], pending: [], held: [] })
      })
    )

    it.effect("that creates one trigger for a pair, and names the pair as known from then on", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const [known, fresh] = [candidate(), candidate()]
        yield* store.create([known])
        const second = yield* store.create([known, fresh])
        expect(second.known).toEqual([pairOf(known)])
        expect(second.triggers.map(pairOf)).toEqual([pairOf(fresh)])
      })
    )

    it.effect("that names the triggers of known pairs whose alert is still to be sent", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const [waiting, sent, fresh] = [candidate(), candidate(), candidate()]
        const { triggers } = yield* store.create([waiting, sent])
        for (const { id, snapshot } of triggers) {
          if (snapshot === sent.snapshot) yield* store.sent(id, 1, receipt)
        }
        const second = yield* store.create([waiting, sent, fresh])
        expect(second.known).toEqual([pairOf(waiting), pairOf(sent)])
        expect(second.pending).toEqual(
          triggers.flatMap((each) => (each.snapshot === waiting.snapshot ? [each.id] : []))
        )
      })
    )

    it.effect("that takes the same match with another strategy for another pair", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const one = candidate()
        const two = { ...one, strategyId: other.id, strategyName: other.name }
        expect((yield* store.create([one, two])).triggers).toHaveLength(2)
      })
    )

    it.effect("that creates one trigger for a pair that comes twice in a batch", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const twice = candidate()
        const { known, triggers } = yield* store.create([twice, twice])
        expect(triggers).toHaveLength(1)
        expect(known).toEqual([])
      })
    )

    it.effect("that creates one trigger for a pair that many bring at the same time", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const same = candidate()
        const answers = yield* Effect.all(
          Array.from({ length: 6 }, () => store.create([same])),
          { concurrency: "unbounded" }
        )
        expect(answers.flatMap(({ triggers }) => triggers)).toHaveLength(1)
        expect(answers.flatMap(({ known }) => known)).toHaveLength(5)
      })
    )

    it.effect("that finds a trigger by its id, and nothing by an id it never gave", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const { triggers } = yield* store.create([candidate(), candidate()])
        for (const trigger of triggers) {
          expect(Option.getOrThrow(yield* store.find(trigger.id))).toMatchObject(trigger)
        }
        expect(yield* store.find(TriggerId.make("never given"))).toEqual(Option.none())
      })
    )

    it.effect("that lists what is pending, the oldest first, at most as many as asked for", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        yield* settle
        const created: Array<TriggerId> = []
        for (let index = 0; index < 3; index++) {
          yield* TestClock.adjust("1 minute")
          created.push(yield* pending)
        }
        expect((yield* store.pending(2)).map(({ id }) => id)).toEqual(created.slice(0, 2))
        const all = yield* store.outbox(9)
        expect((yield* store.pending(9)).map(({ id }) => id)).toEqual(created)
        expect(all.map(({ id }) => id)).toEqual(created)
        expect((yield* store.outbox(9, all[0])).map(({ id }) => id)).toEqual(created.slice(1))
        expect(yield* store.outbox(9, all[2])).toEqual([])
      })
    )

    it.effect("that lists the triggers since a time, in the order in which they came about", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        yield* TestClock.adjust("1 hour")
        yield* pending
        yield* TestClock.adjust("1 minute")
        const since = yield* DateTime.now
        const first = yield* pending
        yield* TestClock.adjust("1 minute")
        const second = yield* pending
        expect((yield* store.since(since, 9)).map(({ id }) => id)).toEqual([first, second])
        expect((yield* store.since(since, 1)).map(({ id }) => id)).toEqual([first])
      })
    )

    it.effect("that tells which strategies have a trigger on a match", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const [one, none] = [candidate(), candidate()]
        const two = { ...one, strategyId: other.id, strategyName: other.name }
        yield* store.create([one, two, candidate()])
        const triggered = yield* store.triggered([pairOf(none).matchId, pairOf(one).matchId])
        expect([...triggered.keys()]).toEqual([pairOf(one).matchId])
        expect(triggered.get(pairOf(one).matchId)?.toSorted()).toEqual([strategy.id, other.id].toSorted())
        expect(yield* store.triggered([])).toEqual(new Map())
      })
    )

    it.effect("for which a sent alert is no longer pending", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const id = yield* pending
        yield* store.sent(id, 1, receipt)
        expect(yield* stateOf(id)).toBe("sent")
        expect((yield* store.pending(1000)).map((each) => each.id)).not.toContain(id)
      })
    )

    it.effect("for which a failed alert is no longer pending", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const id = yield* pending
        yield* store.failed(id, 3, "no such chat")
        expect(yield* stateOf(id)).toBe("failed")
        expect((yield* store.pending(1000)).map((each) => each.id)).not.toContain(id)
      })
    )

    it.effect("for which a sent alert stays sent, whatever fails afterwards", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const id = yield* pending
        yield* store.sent(id, 1, receipt)
        yield* store.failed(id, 3, "late")
        yield* store.sent(id, 2, { ...receipt, messageId: "200" })
        expect(yield* stateOf(id)).toBe("sent")
      })
    )

    it.effect("for which a failed alert is sent once a channel took it after all", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const id = yield* pending
        yield* store.failed(id, 3, "no answer")
        yield* store.sent(id, 4, receipt)
        expect(yield* stateOf(id)).toBe("sent")
      })
    )

    it.effect("that counts alerts by where they stand", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        const before = yield* store.counts
        const [sent, failed] = [yield* pending, yield* pending]
        yield* pending
        yield* store.sent(sent, 1, receipt)
        yield* store.failed(failed, 3, "refused")
        expect(yield* store.counts).toEqual({
          pending: before.pending + 1,
          sent: before.sent + 1,
          failed: before.failed + 1,
          expired: before.expired
        })
      })
    )

    it.effect("that closes alerts when they are too late to be of use, but none of which a send is under way", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        yield* settle
        const expires = Option.some(Duration.minutes(10))
        const [sending, ...overdue] = [yield* pending, yield* pending, yield* pending] as const
        const failed = yield* pending
        yield* store.failed(failed, 1, "no such chat")
        yield* TestClock.adjust("9 minutes")
        const young = yield* pending
        expect(yield* store.expire("all", expires)).toEqual([])
        yield* TestClock.adjust("1 minute")
        expect(yield* store.beginSend(sending, Duration.hours(1))).toBe(true)
        expect(yield* store.expire([overdue[0], sending], expires)).toEqual([overdue[0]])
        expect(yield* store.expire("all", expires)).toEqual([overdue[1]])
        expect(yield* Effect.forEach([sending, ...overdue, failed, young], stateOf)).toEqual([
          "pending",
          "expired",
          "expired",
          "failed",
          "pending"
        ] as const)
        expect((yield* store.pending(10)).map(({ id }) => id)).toEqual([sending, young])
        expect(yield* store.beginSend(overdue[0], Duration.hours(1))).toBe(false)
        yield* store.failed(overdue[0], 3, "later")
        const closed = (yield* store.failedAlerts(9)).map(({ trigger }) => [trigger.id, trigger.alertState])
        expect(new Map(closed.map(([id, state]) => [id, state]))).toEqual(
          new Map([...overdue.map((id) => [id, "expired"] as const), [failed, "failed"]])
        )
      })
    )

    it.effect(
      "that closes an alert three hours after kick-off, and half an hour after its trigger at the earliest",
      () =>
        Effect.gen(function* () {
          const store = yield* TriggerStore
          yield* settle
          yield* TestClock.setTime(DateTime.toEpochMillis(DateTime.makeUnsafe("2018-07-06T19:00:00Z")))
          const early = yield* pending
          yield* TestClock.adjust("119 minutes")
          const late = yield* pending
          expect(yield* store.expire("all", Option.none())).toEqual([])
          yield* TestClock.adjust("1 minute")
          expect(yield* store.expire("all", Option.none())).toEqual([early])
          yield* TestClock.adjust("28 minutes")
          expect(yield* store.expire("all", Option.none())).toEqual([])
          yield* TestClock.adjust("1 minute")
          expect(yield* store.expire("all", Option.none())).toEqual([late])
        })
    )

    it.effect("that makes an expired alert pending again where it is named, until the time that is given", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        yield* settle
        const expires = Option.some(Duration.minutes(10))
        const id = yield* pending
        yield* TestClock.adjust("10 minutes")
        yield* store.expire("all", expires)
        expect(yield* store.retry("all", later)).toEqual([])
        const until = DateTime.addDuration(yield* DateTime.now, Duration.minutes(5))
        expect(yield* store.retry([id], until)).toEqual([id])
        expect(Option.getOrThrow(yield* store.find(id))).toMatchObject({ alertState: "pending", expiresAt: until })
        expect(yield* store.expire("all", expires)).toEqual([])
        yield* TestClock.adjust("5 minutes")
        expect(yield* store.expire("all", expires)).toEqual([id])
      })
    )

    it.effect("for which an expired alert is sent once a channel took it after all", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        yield* settle
        const id = yield* pending
        yield* TestClock.adjust("10 minutes")
        expect(yield* store.expire([id], Option.some(Duration.minutes(10)))).toEqual([id])
        yield* store.sent(id, 1, receipt)
        expect(yield* stateOf(id)).toBe("sent")
        expect(yield* store.beginSend(id, Duration.hours(1))).toBe(false)
      })
    )

    it.effect("that lists failed alerts with attempts and reason, the latest first, and makes them pending again", () =>
      Effect.gen(function* () {
        const store = yield* TriggerStore
        yield* settle
        const first = yield* pending
        yield* TestClock.adjust("1 minute")
        const [second, third] = [yield* pending, yield* pending]
        yield* store.failed(first, 3, "no answer")
        yield* store.failed(second, 1, "chat not found")
        const failed = yield* store.failedAlerts(10)
        expect(failed).toMatchObject([
          { trigger: { id: second, alertState: "failed" }, attempts: 1, reason: "chat not found" },
          { trigger: { id: first }, attempts: 3, reason: "no answer" }
        ])
        expect(yield* store.failedAlerts(1)).toHaveLength(1)

        expect(yield* store.retry([first, third], later)).toEqual([first])
        expect((yield* store.pending(10)).map(({ id }) => id)).toEqual([first, third])
        expect(yield* store.retry("all", later)).toEqual([second])
        expect(yield* store.failedAlerts(10)).toEqual([])
      })
    )
  })
