/**
 * The outcomes of triggers, where they are kept.
 *
 * Guarantees: resolving is one transaction of verdicts, counters and amendments, and harmless when repeated: what was made of
 * an older state of a row changes nothing, whoever brings it. A row that cannot be judged, because its snapshot or its
 * expectation cannot be read, is told of once, stays open, and stops no other.
 */
import { Context, DateTime, Effect, Layer, Metric, Option, Result, Schema } from "effect"
import { Database, type DatabaseError, decodeRows } from "../database/Database.ts"
import type { Receipt } from "../domain/Alert.ts"
import { problemText } from "../domain/problems.ts"
import type { MatchStatus } from "../domain/Snapshot.ts"
import { Condition } from "../domain/Strategy.ts"
import { moment } from "../domain/Timeline.ts"
import { type Trigger, TriggerId, TriggerSnapshot } from "../domain/Trigger.ts"
import * as metrics from "../health/metrics.ts"
import type { OpenTrigger, Resolution, Standing } from "./OpenTrigger.ts"
import { AbsentRow, iso, MatchRow, resultOf, StandingRow, standingOf, ToldRow } from "./outcomeRows.ts"

/** A match with open triggers that is not shown. */
export interface AbsentMatch {
  readonly matchId: string
  /** Since when nothing was seen of it or, with a status, since when it waits; in milliseconds since 1970. */
  readonly since: number
  /** Such as `postponed`. Absent: it does not wait. */
  readonly status?: string
}

/** A match that waits since a time, or without a status does not any more. */
export interface MatchWait {
  readonly matchId: string
  readonly status?: MatchStatus
  readonly since: number
}

/** What became of a resolution: how the trigger stands now. */
export interface Resolved {
  readonly id: TriggerId
  readonly standing: Standing
  /** Whether it was written. If not, somebody else has written since. */
  readonly applied: boolean
  /** Whether the message that was sent is to be amended. */
  readonly amend: boolean
}

/** A trigger whose alert was sent. */
export interface Told {
  readonly trigger: Trigger
  /** What the channel answered. */
  readonly receipt: Receipt
  /** Whether the chat of the message takes nothing any more from the trigger's owner. */
  readonly isStopped: boolean
}

export class OutcomeStore extends Context.Service<
  OutcomeStore,
  {
    /**
     * What is to be judged on each of these matches, by match id: triggers without a final verdict and, given a time, those
     * whose final verdict is not older. A match without any is missing from the answer.
     */
    readonly open: (
      matchIds: ReadonlyArray<string>,
      finalsSince: number | undefined
    ) => Effect.Effect<ReadonlyMap<string, ReadonlyArray<OpenTrigger>>, DatabaseError>
    /** Matches that have open triggers, but for those that are `shown`; the oldest first, at most `limit` of them. */
    readonly absent: (
      shown: ReadonlyArray<string>,
      limit: number
    ) => Effect.Effect<ReadonlyArray<AbsentMatch>, DatabaseError>
    /** Notes which matches wait. The first time of a match stays until it goes on. */
    readonly noteWaits: (waits: ReadonlyArray<MatchWait>) => Effect.Effect<void, DatabaseError>
    readonly resolve: (resolutions: ReadonlyArray<Resolution>) => Effect.Effect<ReadonlyArray<Resolved>, DatabaseError>
    /** A trigger whose alert was sent, with where it stands; none for any other. */
    readonly told: (id: TriggerId) => Effect.Effect<Option.Option<Told>, DatabaseError>
    /** The triggers whose messages are to be amended, oldest first, at most `limit` of them. */
    readonly pendingAmendments: (limit: number) => Effect.Effect<ReadonlyArray<TriggerId>, DatabaseError>
    /**
     * The message was amended, or cannot be: what it tells now is the receipt's revision. Where there has been another since,
     * its amendment stays pending.
     */
    readonly amended: (id: TriggerId, state: "done" | "failed", told: Receipt) => Effect.Effect<void, DatabaseError>
    /** How many triggers cannot be judged now, as far as this process has met them. */
    readonly unreadable: Effect.Effect<number>
    /**
     * Reads again matches on which there are such triggers, some at a time: somebody may have mended or deleted them. Answers with
     * the ids of the matches on which there still are.
     */
    readonly readAgain: Effect.Effect<ReadonlySet<string>, DatabaseError>
  }
>()("touchline/outcome/OutcomeStore") {
  /** On the Database. `tell` says whether messages are amended at all. */
  static readonly layer = ({ amend }: { readonly amend: boolean }) =>
    Layer.effect(
      OutcomeStore,
      Effect.gen(function* () {
        const { call } = yield* Database
        const decodeMatches = decodeRows("open triggers", MatchRow)
        const decodeStandings = decodeRows("resolved triggers", StandingRow)
        const decodeTold = decodeRows("triggers", ToldRow)
        const decodeIds = decodeRows("amendments", Schema.Struct({ id: TriggerId }))
        const decodeAbsent = decodeRows("open matches", AbsentRow)
        /** Expectations by their text: triggers of one strategy share one. */
        const conditions = new Map<string, Result.Result<Condition, Schema.SchemaError>>()
        /** The triggers that cannot be judged, by match; those that were read last come last. */
        const bad = new Map<string, ReadonlySet<string>>()

        const conditionOf = (expectation: unknown) => {
          const text = JSON.stringify(expectation)
          const known = conditions.get(text)
          if (known !== undefined) return known
          if (conditions.size >= mostConditions) conditions.clear()
          const decoded = decodeCondition(expectation)
          conditions.set(text, decoded)
          return decoded
        }

        const countBad = (): number => [...bad.values()].reduce((count, { size }) => count + size, 0)

        /** What cannot be read on a match now. That a trigger cannot is told once, and that it can again, or is gone. */
        const noteBad = Effect.fnUntraced(function* (matchId: string, found: ReadonlyMap<string, Unreadable>) {
          const before = bad.get(matchId) ?? new Set()
          bad.delete(matchId)
          if (found.size > 0) bad.set(matchId, new Set(found.keys()))
          for (const [id, { reason, what }] of found) {
            if (before.has(id)) continue
            yield* Effect.logWarning(`a trigger cannot be judged and stays open: its ${what} cannot be read`).pipe(
              Effect.annotateLogs({ trigger: id, reason })
            )
          }
          for (const id of before) {
            if (found.has(id)) continue
            yield* Effect.logInfo("a trigger that could not be judged can be read now, or is gone").pipe(
              Effect.annotateLogs({ trigger: id })
            )
          }
          yield* Metric.update(metrics.triggersUnreadable, countBad())
        })

        const readMatch = Effect.fnUntraced(function* ({ match_id, snapshots, triggers }: typeof MatchRow.Type) {
          const shown = new Map<string, ReturnType<typeof decodeSnapshot>>()
          const snapshotOf = (key: string, snapshot: unknown) => {
            const decoded = shown.get(key) ?? decodeSnapshot(snapshot)
            shown.set(key, decoded)
            return decoded
          }
          const open: Array<OpenTrigger> = []
          const unreadable = new Map<string, Unreadable>()
          const note = (row: (typeof triggers)[number], what: Unreadable["what"], { issue }: Schema.SchemaError) => {
            if (row.final_at === null) unreadable.set(row.id, { what, reason: problemText(issue) })
          }
          for (const row of triggers) {
            const snapshot = snapshotOf(row.snapshot ?? row.id, row.own_snapshot ?? snapshots[row.snapshot ?? ""])
            const expectation = conditionOf(row.expectation)
            if (Result.isFailure(snapshot)) note(row, "snapshot", snapshot.failure)
            else if (Result.isFailure(expectation)) note(row, "expectation", expectation.failure)
            else {
              open.push({
                id: TriggerId.make(row.id),
                expectation: expectation.success,
                at: moment(snapshot.success),
                prematch: snapshot.success.prematch,
                standing: standingOf(row)
              })
            }
          }
          if (unreadable.size > 0 || bad.has(match_id)) yield* noteBad(match_id, unreadable)
          return open
        })

        const readOpen = Effect.fnUntraced(function* (
          matchIds: ReadonlyArray<string>,
          finalsSince: number | undefined
        ) {
          const finals_since = finalsSince === undefined ? null : iso(finalsSince)
          const rows = yield* decodeMatches(yield* call("open_outcomes", { match_ids: matchIds, finals_since }))
          const matches = new Map<string, ReadonlyArray<OpenTrigger>>()
          for (const row of rows) matches.set(row.match_id, yield* readMatch(row))
          for (const id of matchIds) if (bad.has(id) && !matches.has(id)) yield* noteBad(id, new Map())
          return matches
        })

        return OutcomeStore.of({
          open: Effect.fn("OutcomeStore.open")(function* (matchIds, finalsSince) {
            if (matchIds.length === 0) return new Map()
            return yield* readOpen(matchIds, finalsSince)
          }),
          absent: Effect.fn("OutcomeStore.absent")(function* (shown, limit) {
            const rows = yield* decodeAbsent(yield* call("open_matches", { shown, max_rows: limit }))
            return rows.map(({ match_id, since, status }) => ({
              matchId: match_id,
              since: DateTime.toEpochMillis(since),
              ...(status === null ? undefined : { status })
            }))
          }),
          noteWaits: Effect.fn("OutcomeStore.noteWaits")(function* (waits) {
            if (waits.length === 0) return
            yield* call("note_match_waits", {
              waits: waits.map(({ matchId, since, status }) => ({
                match_id: matchId,
                status: status ?? null,
                since: iso(since)
              }))
            })
          }),
          resolve: Effect.fn("OutcomeStore.resolve")(function* (resolutions) {
            if (resolutions.length === 0) return []
            const results = resolutions.map((each) => resultOf(each, amend))
            const rows = yield* decodeStandings(yield* call("resolve_outcomes", { results }))
            return rows.map((row) => ({
              id: TriggerId.make(row.id),
              standing: standingOf(row),
              applied: row.applied,
              amend: row.amend
            }))
          }),
          told: Effect.fn("OutcomeStore.told")(function* (id) {
            const [row] = yield* decodeTold(yield* call("told_triggers", { ids: [id] }))
            return Option.fromUndefinedOr(row).pipe(
              Option.flatMap(({ chat_stopped, receipt, ...trigger }) =>
                receipt === undefined || trigger.alertState !== "sent"
                  ? Option.none()
                  : Option.some({ trigger, receipt, isStopped: chat_stopped === true })
              )
            )
          }),
          pendingAmendments: Effect.fn("OutcomeStore.pendingAmendments")(function* (limit) {
            const rows = yield* decodeIds(yield* call("pending_amendments", { max_rows: limit }))
            return rows.map(({ id }) => id)
          }),
          amended: Effect.fn("OutcomeStore.amended")(function* (id, state, receipt) {
            yield* call("record_amendment", { told: { id, state, receipt, revision: receipt.revision ?? 0 } })
          }),
          unreadable: Effect.sync(countBad),
          readAgain: Effect.gen(function* () {
            const some = [...bad.keys()].slice(0, readAgainAtOnce)
            if (some.length > 0) yield* readOpen(some, undefined)
            return new Set(bad.keys())
          }).pipe(Effect.withSpan("OutcomeStore.readAgain"))
        })
      })
    )
}

/** What of a trigger cannot be read, and why. */
interface Unreadable {
  readonly what: "snapshot" | "expectation"
  readonly reason: string
}

/** Expectations that are remembered as decoded. */
const mostConditions = 20_000

/** Matches with triggers that cannot be read that are read again in one call. */
const readAgainAtOnce = 50

const decodeCondition = Schema.decodeUnknownResult(Condition, { errors: "all" })
const decodeSnapshot = Schema.decodeUnknownResult(TriggerSnapshot, { errors: "all" })
