/** The store of triggers in memory: for tests, and for trying things out. */
import { Clock, DateTime, Duration, Effect, Option, Ref } from "effect"
import { alertExpiry } from "../domain/alertExpiry.ts"
import { type AlertState, dedupKey, type Pair, pairOf, Trigger, type TriggerId } from "../domain/Trigger.ts"
import type { TriggerStore } from "./TriggerStore.ts"

/** An empty one. It knows no owners, no limits and no digests. */
export const makeMemoryTriggers = Effect.gen(function* () {
  const rows = yield* Ref.make<ReadonlyMap<string, Trigger>>(new Map())
  const failures = yield* Ref.make<ReadonlyMap<string, { attempts: number; reason: string }>>(new Map())
  const expired = "expired: it would have come too late to be of use"
  /** Until when a send is under way. */
  const sending = new Map<TriggerId, number>()
  const update = (id: TriggerId, from: ReadonlyArray<AlertState>, to: AlertState, more: Partial<Trigger> = {}) =>
    Ref.update(rows, (all) => {
      const found = [...all].find(([, trigger]) => trigger.id === id && from.includes(trigger.alertState))
      return found === undefined ? all : new Map(all).set(found[0], { ...found[1], ...more, alertState: to })
    })
  const store: TriggerStore["Service"] = {
    create: Effect.fn("TriggerStore.create")(function* (candidates) {
      const triggeredAt = yield* DateTime.now
      return yield* Ref.modify(rows, (all) => {
        const next = new Map(all)
        const triggers: Array<Trigger> = []
        const known: Array<Pair> = []
        const pending: Array<TriggerId> = []
        for (const candidate of candidates) {
          const key = dedupKey(pairOf(candidate))
          if (next.has(key)) {
            const before = all.get(key)
            if (before !== undefined) known.push(pairOf(candidate))
            if (before?.alertState === "pending") pending.push(before.id)
            continue
          }
          const id = Trigger.fields.id.make(`trigger-${next.size + 1}`)
          const trigger = {
            ...candidate,
            id,
            owner: null,
            ownerChat: null,
            triggeredAt,
            alertState: "pending" as const
          }
          next.set(key, trigger)
          triggers.push(trigger)
        }
        return [{ triggers, known, pending, held: [] }, next]
      })
    }),
    find: (id) =>
      Effect.map(Ref.get(rows), (all) => Option.fromUndefinedOr([...all.values()].find((each) => each.id === id))),
    pending: (limit) =>
      Effect.map(Ref.get(rows), (all) =>
        [...all.values()].filter((each) => each.alertState === "pending").slice(0, limit)
      ),
    outbox: (limit, after) =>
      Effect.map(Ref.get(rows), (all) => {
        const every = [...all.values()]
        return every
          .slice(every.findIndex(({ id }) => id === after?.id) + 1)
          .filter((each) => each.alertState === "pending")
          .slice(0, limit)
          .map(({ id, owner, triggeredAt }) => ({ id, owner, triggeredAt: DateTime.formatIso(triggeredAt) }))
      }),
    since: (time, limit) =>
      Effect.map(Ref.get(rows), (all) =>
        [...all.values()]
          .filter(({ triggeredAt }) => DateTime.isGreaterThanOrEqualTo(triggeredAt, time))
          .slice(0, limit)
      ),
    triggered: (matchIds) =>
      Effect.map(Ref.get(rows), (all) => {
        const asked = new Set(matchIds)
        const strategies = new Map<string, Array<string>>()
        for (const { matchId, strategyId } of [...all.values()].map(pairOf)) {
          if (asked.has(matchId)) strategies.set(matchId, [...(strategies.get(matchId) ?? []), strategyId])
        }
        return strategies
      }),
    triggersOf: (owners) => Effect.succeed(owners.map((owner) => ({ owner, triggers: 0, day: 0 }))),
    holdBack: () => Effect.void,
    sent: (id) => update(id, ["pending", "failed", "expired"], "sent"),
    failed: (id, attempts, reason) =>
      Effect.andThen(
        update(id, ["pending"], "failed"),
        Ref.update(failures, (all) => new Map(all).set(id, { attempts, reason }))
      ),
    failedAlerts: (limit) =>
      Effect.gen(function* () {
        const why = yield* Ref.get(failures)
        return [...(yield* Ref.get(rows)).values()]
          .filter(({ alertState }) => alertState === "failed" || alertState === "expired")
          .toReversed()
          .slice(0, limit)
          .map((trigger) => ({ trigger, ...(why.get(trigger.id) ?? { attempts: 0, reason: "unknown" }) }))
      }),
    beginSend: (id, within) =>
      Effect.gen(function* () {
        const found = [...(yield* Ref.get(rows)).values()].find((each) => each.id === id)
        if (found === undefined || found.alertState === "expired" || found.alertState === "sent") return false
        sending.set(id, (yield* Clock.currentTimeMillis) + Duration.toMillis(within))
        return true
      }),
    expire: (ids, expires) =>
      Effect.gen(function* () {
        const now = yield* DateTime.now
        const over = [...(yield* Ref.get(rows)).values()].filter(
          (each) =>
            each.alertState === "pending" &&
            (ids === "all" || ids.includes(each.id)) &&
            DateTime.isLessThanOrEqualTo(alertExpiry(each, expires), now) &&
            (sending.get(each.id) ?? 0) <= now.epochMilliseconds
        )
        const attempts = 0
        yield* Ref.update(failures, (all) =>
          over.reduce((next, { id }) => next.set(id, { attempts, reason: expired }), new Map(all))
        )
        yield* Effect.forEach(over, ({ id }) => update(id, ["pending"], "expired"))
        return over.map(({ id }) => id)
      }),
    retry: (ids, until) =>
      Effect.gen(function* () {
        const from: ReadonlyArray<AlertState> = ids === "all" ? ["failed"] : ["failed", "expired"]
        const closed = [...(yield* Ref.get(rows)).values()].filter(({ alertState }) => from.includes(alertState))
        const again = closed.map(({ id }) => id).filter((id) => ids === "all" || ids.includes(id))
        yield* Effect.forEach(again, (id) => update(id, from, "pending", { expiresAt: until }))
        return again
      }),
    counts: Effect.map(Ref.get(rows), (all) => {
      const counts = { pending: 0, sent: 0, failed: 0, expired: 0 }
      for (const { alertState } of all.values()) counts[alertState] += 1
      return counts
    }),
    mute: () => Effect.succeed([]),
    digests: () => Effect.succeed([]),
    digested: () => Effect.void
  }
  return store
})
