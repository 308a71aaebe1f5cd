/**
 * One tick: what is true now becomes triggers, and triggers become alert jobs. Its stages are the files beside this one:
 *
 * 1 `observe` asks the feed; 2 `record` makes what matches look like now part of their past; 3 `judge` evaluates the rules on
 * those in play; 4 `recall` drops pairs that have a trigger, and `holdBack` those of owners who have had their share of the
 * day; 5 `create` makes triggers of the others, and `confirm` finds those whose strategy the database does not have; 6 `offer`
 * gives their alerts to the queue. What a tick costs is what is new: pairs that fired before are known by a bit (`KnownPairs`).
 *
 * Guarantees: state, not events. A tick that fails, or never comes, loses no trigger whose conditions still hold at the
 * next; a pair is remembered only after the database has it; an alert that could not be offered stays pending there, and
 * where the answer that a trigger was created is lost, the next tick offers its alert. Ticks of a process take turns.
 */
import { Clock, Context, Duration, Effect, Layer, Metric, Ref, Semaphore } from "effect"
import type { DatabaseError } from "../database/Database.ts"
import type { NewTrigger } from "../database/TriggerStore.ts"
import { Dedup } from "../dedup/Dedup.ts"
import { unfailing } from "../dedup/unfailing.ts"
import type { Candidate } from "../domain/Trigger.ts"
import type { FeedError } from "../feed/MatchFeed.ts"
import { Health } from "../health/Health.ts"
import * as metrics from "../health/metrics.ts"
import { AfterScan } from "./AfterScan.ts"
import { makeConfirm } from "./confirm.ts"
import { countDuplicates, countNow, countReport } from "./countScan.ts"
import { candidatesOf, makeCreate, roundsOf } from "./create.ts"
import { makeHoldBack } from "./holdBack.ts"
import { makeJudge } from "./judge.ts"
import { makeKnownPairs } from "./KnownPairs.ts"
import { nearby } from "./nearby.ts"
import { Onlooker } from "./Onlooker.ts"
import { makeObserve, type Observation } from "./observe.ts"
import { makeOffer } from "./offer.ts"
import { type Holding, makeAskAgain, makeLookUp, makeRecall } from "./recall.ts"
import { makeLook, makeRecord } from "./record.ts"
import { nothing, plus, type ScanReport } from "./ScanReport.ts"
import { feedTrouble } from "./ScanWatch.ts"

export type { Observation } from "./observe.ts"
export type { ScanReport } from "./ScanReport.ts"

/** Batches of triggers that the database has at the same time. Alerts of one are offered while it works on the next. */
const batchesAtOnce = 2

/** What would fire, for a scan that fires nothing. */
export interface ScanPreview {
  readonly snapshots: number
  readonly dropped: number
  readonly strategies: number
  /** Strategies that cannot be used. */
  readonly leftOut: number
  /** What holds and has no trigger yet. */
  readonly candidates: ReadonlyArray<Candidate>
  /** Pairs that hold and were triggered before. */
  readonly triggered: number
}

export class Scanner extends Context.Service<
  Scanner,
  {
    /** The first half of a tick: asks the feed, and decodes what it says. */
    readonly observe: Effect.Effect<Observation, FeedError>
    /** The second half, for all matches of a tick or some of them: records, evaluates, creates triggers, offers alerts. */
    readonly judge: (observation: Observation) => Effect.Effect<ScanReport, DatabaseError>
    /** Runs one tick: both halves. A failure of either is logged, counted, and left to the next tick. */
    readonly scan: Effect.Effect<ScanReport, FeedError | DatabaseError>
    /** What one tick would fire. Creates no trigger and sends nothing. */
    readonly preview: Effect.Effect<ScanPreview, FeedError | DatabaseError>
    /** All ticks of this process, added up. */
    readonly totals: Effect.Effect<ScanReport>
  }
>()("touchline/scan/Scanner") {
  static readonly layer = Layer.effect(
    Scanner,
    Effect.gen(function* () {
      const dedup = unfailing(yield* Dedup)
      const known = makeKnownPairs({ ttl: Duration.toMillis(dedup.ttl) })
      const poll = yield* makeObserve
      const record = yield* makeRecord
      const look = yield* makeLook
      const evaluate = yield* makeJudge(known)
      const recall = yield* makeRecall(known, dedup)
      const holdBack = yield* makeHoldBack(known)
      const lookUp = yield* makeLookUp(known)
      const create = yield* makeCreate
      const confirm = yield* makeConfirm
      const offer = yield* makeOffer(known, dedup)
      const askAgain = yield* makeAskAgain(known)
      const after = yield* AfterScan
      const health = yield* Health
      const onlooker = yield* Onlooker
      const turn = yield* Semaphore.make(1)
      const creating = yield* Semaphore.make(batchesAtOnce)
      const totals = yield* Ref.make(nothing)
      const count = (report: Partial<ScanReport>) =>
        Effect.andThen(
          Ref.update(totals, (all) => plus(all, report)),
          countReport(report)
        )

      const withFailuresNoted = <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.tapError(effect, ({ message }) =>
          count({ failures: 1 }).pipe(
            Effect.andThen(Effect.logError("the scan failed; the next one looks again")),
            Effect.annotateLogs({ reason: message })
          )
        )

      const answered = Effect.tapError(poll(), ({ message: reason }) =>
        health.met(feedTrouble, { part: "feed", state: "down", what: "the feed failed", reason })
      ).pipe(Effect.tap(() => Effect.andThen(health.over(feedTrouble), countNow(metrics.feedAnswered))))
      const polled = Effect.tap(answered, ({ dropped = 0, isPaused = false, partsLeftOut = 0 }) =>
        isPaused ? Effect.void : count({ scans: 1, dropped, partsLeftOut })
      )
      const observe = withFailuresNoted(
        Effect.tap(polled, ({ isPaused = false, snapshots }) =>
          isPaused ? Effect.void : Effect.andThen(after.observed(snapshots), onlooker.observed(snapshots))
        )
      )

      const judge = Effect.fn("Scanner.tick")(
        function* ({ dropped = 0, isPaused = false, partsLeftOut = 0, snapshots }: Observation) {
          if (isPaused) return nothing
          const started = yield* Clock.currentTimeMillis
          const { timelines, views } = yield* record(snapshots)
          const judgement = yield* evaluate(views)
          const { duplicates, fresh: unbounded } = yield* recall(judgement)
          const asked = judgement.unknown.views.length
          yield* countDuplicates("memory", judgement.held - asked)
          yield* countDuplicates("dedup", asked - duplicates - unbounded.length)
          const { fresh, heldBack, noteCreated, tell } = yield* holdBack(unbounded)
          const created: Array<NewTrigger> = []
          const make = Effect.fnUntraced(function* (batch: ReadonlyArray<Holding>) {
            const made = yield* confirm(batch, yield* creating.withPermits(1)(create(batch)))
            for (const each of made.triggers) created.push(each)
            noteCreated(batch, made)
            return yield* offer(made)
          })
          const makeRound = (round: ReadonlyArray<ReadonlyArray<Holding>>) =>
            Effect.forEach(round, make, { concurrency: "unbounded" })
          const rounds = yield* Effect.forEach(roundsOf(fresh), makeRound).pipe(
            Effect.ensuring(
              Effect.suspend(() =>
                Effect.andThen(
                  after.scanned({ snapshots, timelines, created }),
                  onlooker.judged({
                    snapshots,
                    timelines,
                    views,
                    created,
                    nearby: (some, most) => nearby(judgement.rules, known, some, most)
                  })
                )
              )
            )
          )
          const elapsed = (yield* Clock.currentTimeMillis) - started
          const report = rounds.flat().reduce(plus, {
            ...nothing,
            snapshots: snapshots.length,
            held: judgement.held,
            duplicates,
            heldBack,
            elapsed
          })
          yield* count(report)
          yield* countDuplicates("database", report.duplicates)
          yield* Metric.update(metrics.scanDuration, elapsed / 1000)
          yield* health.scanned({ ...report, at: started + elapsed })
          yield* Effect.logInfo("scan").pipe(
            Effect.annotateLogs({
              matches: snapshots.length,
              inPlay: judgement.views.length,
              held: report.held,
              triggers: report.triggers,
              duplicates: report.duplicates,
              dropped,
              ...(partsLeftOut > 0 ? { partsLeftOut } : undefined),
              ...(heldBack > 0 ? { heldBack } : undefined),
              ms: elapsed
            })
          )
          yield* tell
          yield* askAgain(judgement)
          return { ...report, scans: 1, dropped, partsLeftOut }
        },
        turn.withPermits(1),
        withFailuresNoted
      )

      const preview = Effect.gen(function* () {
        const { dropped = 0, snapshots } = yield* polled
        const judgement = yield* evaluate((yield* look(snapshots)).views)
        const fresh = yield* lookUp(judgement)
        return {
          snapshots: snapshots.length,
          dropped,
          strategies: judgement.strategies,
          leftOut: judgement.leftOut,
          candidates: candidatesOf(fresh),
          triggered: judgement.held - fresh.length
        }
      }).pipe(turn.withPermits(1), Effect.withSpan("Scanner.preview"))

      return Scanner.of({
        observe,
        judge,
        scan: Effect.flatMap(observe, judge).pipe(Effect.withSpan("Scanner.scan")),
        preview,
        totals: Ref.get(totals)
      })
    })
  )
}
