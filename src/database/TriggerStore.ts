/**
 * Triggers, and where their alerts stand.
 *
 * Guarantees: a (strategy, match) pair gets one trigger, ever, however many instances bring it, and its row is the
 * alert's outbox: it is `pending` until a channel's receipt or a final failure is recorded, so an alert that is
 * forgotten anywhere else can be offered again from here.
 */
import { Context, DateTime, Duration, Effect, Layer, Option, Result, Schema } from "effect"
import { Digest, type Receipt } from "../domain/Alert.ts"
import { problemText } from "../domain/problems.ts"
import {
  type AlertState,
  type Candidate,
  dedupKey,
  type Pair,
  pairOf,
  type Trigger,
  TriggerId
} from "../domain/Trigger.ts"
import { Database, type DatabaseError, decodeRows } from "./Database.ts"
import { inBulk } from "./inBulk.ts"
import { makeMemoryTriggers } from "./memoryTriggers.ts"
import {
  CountRow,
  CreatedRow,
  decodeTrigger,
  FailedRow,
  HeldRow,
  isHeldRow,
  isLeavingRow,
  matchesOf,
  OwnerRow,
  PendingRow,
  TriggeredRow,
  TriggerRow
} from "./triggerRows.ts"

/** A candidate that became a trigger. */
export interface NewTrigger extends Candidate {
  readonly id: TriggerId
}

/** What became of the candidates that were brought. */
export interface Created {
  readonly triggers: ReadonlyArray<NewTrigger>
  /** The pairs that got no trigger: they had one already, or their strategy is gone. */
  readonly known: ReadonlyArray<Pair>
  /**
   * Of those that had one already, the triggers whose alert is still to be sent: perhaps a call created them whose answer was
   * lost, and nobody has offered it.
   */
  readonly pending: ReadonlyArray<TriggerId>
  /** The pairs that are held back: their owner has as many triggers today as may be. */
  readonly held: ReadonlyArray<Pair>
}

/** How many triggers an owner has today, and when today began, in milliseconds since 1970. */
export interface OwnerTriggers {
  readonly owner: string
  readonly triggers: number
  readonly day: number
}

/** How many alerts stand where. */
export type AlertCounts = { readonly [state in AlertState]: number }

/** An alert that failed for good: what it was about, after how many attempts it was given up, and why. */
export interface FailedAlert {
  readonly trigger: Trigger
  readonly attempts: number
  readonly reason: string
}

/** An alert that is still to be sent, and when its trigger came about, as the database writes it. */
export interface PendingAlert {
  readonly id: TriggerId
  readonly owner: string | null
  readonly triggeredAt: string
}

/** Digests that are taken in one call. */
const digestsAtOnce = 50

/** What became of an alert: a channel took it, or it failed for good. */
type AlertResult = { readonly id: TriggerId; readonly attempts: number } & (
  | { readonly receipt: Receipt }
  | { readonly reason: string }
)

export class TriggerStore extends Context.Service<
  TriggerStore,
  {
    /**
     * Creates a pending trigger for each candidate whose pair has none, all in one transaction. Candidates that share a
     * snapshot, the same object, send and store it once. One whose strategy somebody is about to delete is missing from the
     * answer: it is to be brought again, for the strategy may stay. Refused with the code of what is wrong where a single one of them
     * cannot be stored: then none was.
     */
    readonly create: (candidates: ReadonlyArray<Candidate>) => Effect.Effect<Created, DatabaseError>
    /**
     * The trigger of this id, if there is one. A row that does not decode is none, and its alert, where it is pending,
     * fails for good with the reason: it could never be sent.
     */
    readonly find: (id: TriggerId) => Effect.Effect<Option.Option<Trigger>, DatabaseError>
    /** Triggers whose alert is still to be sent, oldest first, at most `limit` of them. */
    readonly pending: (limit: number) => Effect.Effect<ReadonlyArray<Trigger>, DatabaseError>
    /** Alerts that are still to be sent, oldest first, at most `limit` of them: those after this one, or from the first on. */
    readonly outbox: (limit: number, after?: PendingAlert) => Effect.Effect<ReadonlyArray<PendingAlert>, DatabaseError>
    /** Triggers created at or after a time, in the order in which they came about, at most `limit` of them. */
    readonly since: (time: DateTime.Utc, limit: number) => Effect.Effect<ReadonlyArray<Trigger>, DatabaseError>
    /** For each of these matches that has any triggers, the strategies they are of. */
    readonly triggered: (
      matchIds: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, ReadonlyArray<string>>, DatabaseError>
    /** How many triggers each of these owners has today. */
    readonly triggersOf: (owners: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<OwnerTriggers>, DatabaseError>
    /**
     * Remembers pairs that are held back, with the reason, for their owners to see, and counts how many each owner has. Of
     * an owner's pairs some are named; all are counted.
     */
    readonly holdBack: (
      pairs: ReadonlyArray<Pair>,
      counts: ReadonlyMap<string, number>,
      reason: string
    ) => Effect.Effect<void, DatabaseError>
    /** A channel took the alert, at this attempt (1 is the first). The first receipt stays. */
    readonly sent: (id: TriggerId, attempt: number, receipt: Receipt) => Effect.Effect<void, DatabaseError>
    /** The alert failed for good, after so many attempts. Changes nothing if it was sent. */
    readonly failed: (id: TriggerId, attempts: number, reason: string) => Effect.Effect<void, DatabaseError>
    /**
     * A send of an alert that is about to expire begins, and takes no longer than this. Answers whether it may: not where
     * the alert has expired.
     */
    readonly beginSend: (id: TriggerId, within: Duration.Duration) => Effect.Effect<boolean, DatabaseError>
    /**
     * Closes the pending alerts that are too late to be of use now (see `alertExpiry`), of these ids or of all, but none of
     * which a send is under way. Answers with those it did.
     */
    readonly expire: (
      ids: ReadonlyArray<TriggerId> | "all",
      expires: Option.Option<Duration.Duration>
    ) => Effect.Effect<ReadonlyArray<TriggerId>, DatabaseError>
    /** Alerts that failed for good or expired, the latest first, at most `limit` of them. */
    readonly failedAlerts: (limit: number) => Effect.Effect<ReadonlyArray<FailedAlert>, DatabaseError>
    /**
     * Makes alerts pending again, to expire at this time: failed and expired ones of these ids, or all that failed and did
     * not expire. Answers with those it did.
     */
    readonly retry: (
      ids: ReadonlyArray<TriggerId> | "all",
      until: DateTime.Utc
    ) => Effect.Effect<ReadonlyArray<TriggerId>, DatabaseError>
    readonly counts: Effect.Effect<AlertCounts, DatabaseError>
    /**
     * The chat gets no alerts of owners any more until it is linked again, for this reason. Answers with the owners that it
     * was linked to until now: none where that was so before.
     */
    readonly mute: (chat: string, reason: string) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
    /** Digests whose first alert was taken so long ago: each is this caller's to send, for as long as it is claimed. */
    readonly digests: (
      after: Duration.Duration,
      claim: Duration.Duration
    ) => Effect.Effect<ReadonlyArray<Digest>, DatabaseError>
    /** What became of a digest: the message that tells it, or why it cannot be sent. */
    readonly digested: (
      digest: Digest,
      outcome: { readonly message: string } | { readonly reason: string }
    ) => Effect.Effect<void, DatabaseError>
  }
>()("touchline/database/TriggerStore") {
  /** On the Database. */
  static readonly layer = Layer.effect(
    TriggerStore,
    Effect.gen(function* () {
      const { call } = yield* Database
      const decodeTriggers = decodeRows("triggers", TriggerRow)
      const decodeFailed = decodeRows("failed alerts", FailedRow)
      const decodeIds = decodeRows("triggers", Schema.Struct({ id: TriggerId }))
      const decodePending = decodeRows("pending alerts", PendingRow)
      const decodeCreated = decodeRows("created triggers", CreatedRow)
      const decodeTriggered = decodeRows("triggered strategies", TriggeredRow)
      const decodeHeld = decodeRows("pairs that are held back", HeldRow)
      const decodeMuted = decodeRows("chats", Schema.Struct({ owner: Schema.String }))
      const decodeDigests = decodeRows("digests", Digest)
      const decodeOwners = decodeRows("triggers of owners", OwnerRow)
      const decodeCounts = decodeRows("alert counts", CountRow)
      const recordMany = inBulk(
        Effect.fn("TriggerStore.record")(function* (results: ReadonlyArray<AlertResult>) {
          const held = new Set((yield* decodeIds(yield* call("record_alerts", { results }))).map(({ id }) => id))
          return results.map(({ id }) => ({ isHeld: held.has(id) }))
        })
      )
      /** Records with others, or, where another transaction holds the row, by itself. */
      const record = Effect.fnUntraced(function* (result: AlertResult) {
        const { isHeld } = yield* recordMany(result)
        if (!isHeld) return
        const { attempts, id: trigger_id } = result
        yield* "receipt" in result
          ? call("record_alert_sent", { trigger_id, attempts, receipt: result.receipt })
          : call("record_alert_failed", { trigger_id, attempts, reason: result.reason })
      })
      /** Marks the alerts of rows that do not decode as failed. */
      const failUnreadable = Effect.fnUntraced(function* (rows: ReadonlyArray<unknown>) {
        const unreadable = rows.flatMap((row) => {
          const decoded = decodeTrigger(row)
          return Result.isFailure(decoded) ? [{ row, reason: problemText(decoded.failure.issue) }] : []
        })
        for (const { reason, row } of unreadable) {
          for (const { id } of yield* decodeIds([row])) {
            yield* record({ id, attempts: 0, reason: `the trigger cannot be read: ${reason}` })
          }
        }
      })
      return TriggerStore.of({
        create: Effect.fn("TriggerStore.create")(function* (candidates) {
          if (candidates.length === 0) return { triggers: [], known: [], pending: [], held: [] }
          const now = DateTime.formatIso(yield* DateTime.now)
          const answered = yield* call("create_bounded_triggers", { matches: matchesOf(candidates, now) })
          const [rows, held, leaving] = [
            yield* decodeCreated(answered.filter((row) => !isHeldRow(row) && !isLeavingRow(row))),
            yield* decodeHeld(answered.filter(isHeldRow)),
            yield* decodeHeld(answered.filter(isLeavingRow))
          ]
          const isHeld = new Set([...held, ...leaving].map(dedupKey))
          const created = new Map(rows.flatMap((row) => (row.isNew ? [[dedupKey(row), row.id]] : [])))
          const triggers: Array<NewTrigger> = []
          const known: Array<Pair> = []
          const named = new Set<string>()
          for (const candidate of candidates) {
            const pair = pairOf(candidate)
            const key = dedupKey(pair)
            const id = created.get(key)
            if (isHeld.has(key)) continue
            if (id === undefined) known.push(pair)
            else if (!named.has(key)) triggers.push({ ...candidate, id })
            named.add(key)
          }
          return { triggers, known, pending: rows.flatMap(({ id, isNew }) => (isNew ? [] : [id])), held }
        }),
        find: inBulk(
          Effect.fn("TriggerStore.find")(function* (ids) {
            const rows = yield* call("judged_triggers_by_id", { ids })
            const triggers = yield* decodeTriggers(rows)
            if (triggers.length < rows.length) yield* failUnreadable(rows)
            const byId = new Map(triggers.map((trigger) => [trigger.id, trigger]))
            return ids.map((id) => Option.fromUndefinedOr(byId.get(id)))
          })
        ),
        pending: Effect.fn("TriggerStore.pending")(function* (limit) {
          return yield* decodeTriggers(yield* call("pending_alerts", { max_rows: limit }))
        }),
        outbox: Effect.fn("TriggerStore.outbox")(function* (limit, after) {
          const place = after === undefined ? null : { triggered_at: after.triggeredAt, id: after.id }
          return yield* decodePending(yield* call("outbox_alerts", { place, max_rows: limit }))
        }),
        since: Effect.fn("TriggerStore.since")(function* (time, limit) {
          return yield* decodeTriggers(
            yield* call("judged_triggers_since", { since: DateTime.formatIso(time), max_rows: limit })
          )
        }),
        triggered: Effect.fn("TriggerStore.triggered")(function* (matchIds) {
          if (matchIds.length === 0) return new Map()
          const rows = yield* decodeTriggered(yield* call("triggered_strategies", { match_ids: matchIds }))
          return new Map(rows.map(({ match_id, strategies }) => [match_id, strategies]))
        }),
        triggersOf: Effect.fn("TriggerStore.triggersOf")(function* (owners) {
          return owners.length === 0 ? [] : yield* decodeOwners(yield* call("triggers_of_owners", { owners }))
        }),
        holdBack: Effect.fn("TriggerStore.holdBack")(function* (pairs, counts, reason) {
          yield* call("count_held_back", { counts: Array.from(counts, ([owner, count]) => ({ owner, count })) })
          yield* call("note_strategy_reasons", {
            reasons: pairs.map(({ matchId, strategyId }) => ({ strategy_id: strategyId, match_id: matchId, reason }))
          })
        }),
        sent: (id, attempts, receipt) => record({ id, attempts, receipt }),
        failed: (id, attempts, reason) => record({ id, attempts, reason }),
        failedAlerts: Effect.fn("TriggerStore.failedAlerts")(function* (limit) {
          const rows = yield* decodeFailed(yield* call("closed_alerts", { max_rows: limit }))
          return rows.map(({ attempts, reason, ...trigger }) => ({ trigger, attempts, reason: reason ?? "unknown" }))
        }),
        beginSend: Effect.fn("TriggerStore.beginSend")(function* (id, within) {
          const rows = yield* call("begin_alert_send", { trigger_id: id, seconds: Duration.toSeconds(within) })
          return rows.length > 0
        }),
        expire: Effect.fn("TriggerStore.expire")(function* (ids, expires) {
          const rows = yield* call("expire_alerts", {
            ids: ids === "all" ? null : ids,
            seconds: Option.getOrNull(Option.map(expires, Duration.toSeconds)),
            at: DateTime.formatIso(yield* DateTime.now)
          })
          return (yield* decodeIds(rows)).map(({ id }) => id)
        }),
        retry: Effect.fn("TriggerStore.retry")(function* (ids, until) {
          const rows = yield* call("send_alerts_again", {
            ids: ids === "all" ? null : ids,
            until: DateTime.formatIso(until)
          })
          return (yield* decodeIds(rows)).map(({ id }) => id)
        }),
        counts: Effect.gen(function* () {
          const counts = { pending: 0, sent: 0, failed: 0, expired: 0 }
          for (const { count, state } of yield* decodeCounts(yield* call("count_alerts_by_standing", {}))) {
            counts[state] = count
          }
          return counts
        }).pipe(Effect.withSpan("TriggerStore.counts")),
        mute: Effect.fn("TriggerStore.mute")(function* (chat, reason) {
          return (yield* decodeMuted(yield* call("mute_chat", { chat, reason }))).map(({ owner }) => owner)
        }),
        digests: Effect.fn("TriggerStore.digests")(function* (after, claim) {
          return yield* decodeDigests(
            yield* call("due_digests", {
              after: Duration.toSeconds(after),
              max_chats: digestsAtOnce,
              claim: Duration.toSeconds(claim)
            })
          )
        }),
        digested: Effect.fn("TriggerStore.digested")(function* ({ ids }, outcome) {
          const { message = null, reason = null } = { message: undefined, reason: undefined, ...outcome }
          yield* call("record_digest", { ids, message, reason })
        })
      })
    })
  )

  /** In memory: for tests, and for trying things out. It forgets everything when its scope closes. */
  static readonly layerMemory = Layer.effect(TriggerStore, makeMemoryTriggers)
}
