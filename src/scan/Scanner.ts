/**
 * One tick: what is true now becomes triggers, and triggers become alert jobs.
 *
 * 1 the feed's snapshots, decoded one by one, are recorded in MatchHistory; 2 the rule set is evaluated on those in play;
 * 3 pairs that Dedup knows are dropped; 4 the TriggerStore creates what is new; 5 their alerts are offered, and the
 * pairs remembered.
 *
 * Guarantees: state, not events. A tick that fails, or never comes, loses no trigger whose conditions still hold at the
 * next; a pair is remembered only after the database has it; an alert that could not be offered stays pending there.
 */
import { Array as Arr, Clock, Context, Duration, Effect, Layer, Option, Ref, Result, Schedule, Schema } from "effect"
import { AlertQueue, alertJob } from "../alert/AlertQueue.ts"
import type { DatabaseError } from "../database/Database.ts"
import { TriggerStore } from "../database/TriggerStore.ts"
import { Dedup } from "../dedup/Dedup.ts"
import { lastGoal } from "../domain/LastGoal.ts"
import { matchLabel } from "../domain/Match.ts"
import { problemText } from "../domain/problems.ts"
import { isInPlay, matchMinuteLabel, Snapshot } from "../domain/Snapshot.ts"
import { type Candidate, dedupKey, pairOf, type Trigger, type TriggerSnapshot } from "../domain/Trigger.ts"
import { FeedError, MatchFeed } from "../feed/MatchFeed.ts"
import { MatchHistory } from "../history/MatchHistory.ts"
import type { View } from "../rules/evaluate.ts"
import * as RuleSet from "../rules/RuleSet.ts"
import { Strategies } from "../strategies/Strategies.ts"

/** How long the feed may take over one answer. */
export const pollTimeout = Duration.seconds(10)

/** How a feed that does not answer is asked again within the tick: after about 0.2, 0.4 and 0.8 seconds. */
export const feedRetryPolicy = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

/** What one tick did; or, added up, all of them. Durations are in milliseconds. */
export interface ScanReport {
  readonly scans: number
  /** Snapshots that were decoded, in play or not. */
  readonly snapshots: number
  /** Snapshots that did not decode and were dropped. */
  readonly dropped: number
  /** Pairs that held. */
  readonly held: number
  /** Pairs that Dedup did not know and the database did. */
  readonly duplicates: number
  readonly triggers: number
  /** Ticks that failed. */
  readonly failures: number
  readonly elapsed: number
}

const nothing: ScanReport = {
  scans: 0,
  snapshots: 0,
  dropped: 0,
  held: 0,
  duplicates: 0,
  triggers: 0,
  failures: 0,
  elapsed: 0
}

const plus = (a: ScanReport, b: ScanReport): ScanReport => ({
  scans: a.scans + b.scans,
  snapshots: a.snapshots + b.snapshots,
  dropped: a.dropped + b.dropped,
  held: a.held + b.held,
  duplicates: a.duplicates + b.duplicates,
  triggers: a.triggers + b.triggers,
  failures: a.failures + b.failures,
  elapsed: a.elapsed + b.elapsed
})

/** What the feed showed. */
export interface Observation {
  readonly snapshots: ReadonlyArray<Snapshot>
  /** How many more did not decode. */
  readonly dropped?: number
}

/** Triggers that are created in one call of the database. */
const createBatch = 500

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
      const feed = yield* MatchFeed
      const strategies = yield* Strategies
      const history = yield* MatchHistory
      const dedup = yield* Dedup
      const triggers = yield* TriggerStore
      const alerts = yield* AlertQueue
      const totals = yield* Ref.make(nothing)
      const ruleSet = yield* Ref.make({ version: 0, rules: RuleSet.make([]) })

      const poll = feed.poll.pipe(
        Effect.timeoutOrElse({
          duration: pollTimeout,
          orElse: () =>
            Effect.fail(
              new FeedError({
                feed: feed.name,
                reason: "unavailable",
                message: `the feed ${feed.name} did not answer within ${Duration.format(pollTimeout)}`
              })
            )
        }),
        Effect.catchDefect((cause) =>
          Effect.fail(
            new FeedError({
              feed: feed.name,
              reason: "unavailable",
              message: `the feed ${feed.name} broke: ${cause instanceof Error ? cause.message : String(cause)}`,
              cause
            })
          )
        ),
        Effect.tapError(({ message }) =>
          Effect.logWarning("the feed failed").pipe(Effect.annotateLogs({ feed: feed.name, reason: message }))
        ),
        Effect.retry({ schedule: feedRetryPolicy, while: ({ reason }) => reason === "unavailable" })
      )

      const observe = Effect.fn("Scanner.observe")(function* () {
        const answers = yield* poll
        const snapshots: Array<Snapshot> = []
        for (const answer of answers) {
          const decoded = decodeSnapshot(answer)
          if (Result.isSuccess(decoded)) {
            snapshots.push(decoded.success)
          } else {
            yield* Effect.logWarning("a snapshot does not decode and is dropped").pipe(
              Effect.annotateLogs({ match: idOf(answer), reason: problemText(decoded.failure.issue) })
            )
          }
        }
        const dropped = answers.length - snapshots.length
        yield* Ref.update(totals, (all) => plus(all, { ...nothing, scans: 1, dropped }))
        return { snapshots, dropped }
      })

      const evaluate = Effect.fn("Scanner.evaluate")(function* (snapshots: ReadonlyArray<Snapshot>) {
        const timelines = yield* history.record(snapshots)
        const views = snapshots
          .filter(({ clock }) => isInPlay(clock))
          .map((snapshot) => ({ snapshot, timeline: timelines.get(snapshot.match.id) ?? [] }))
        const watched = yield* strategies.watched
        const { rules } = yield* Ref.updateAndGet(ruleSet, (last) =>
          Option.match(watched.since(last.version), {
            onNone: () => ({ version: watched.version, rules: RuleSet.make([...watched.all()]) }),
            onSome: ({ added, removed }) => {
              removed.forEach(last.rules.remove)
              added.forEach(last.rules.add)
              return { version: watched.version, rules: last.rules }
            }
          })
        )
        const shown = new Map<string, TriggerSnapshot>()
        const candidates = rules.evaluate(views).map(({ evidence, strategy, view }): Candidate => {
          const snapshot = shown.get(view.snapshot.match.id) ?? withLastGoal(view)
          shown.set(snapshot.match.id, snapshot)
          return { strategyId: strategy.id, strategyName: strategy.name, snapshot, evidence }
        })
        return { watched, candidates, inPlay: views.length }
      })

      const offer = (created: ReadonlyArray<Trigger>) =>
        alerts
          .offer(created.map(({ id }) => alertJob(id)))
          .pipe(
            Effect.catch(({ message }) =>
              Effect.logWarning("alerts wait in the outbox until the queue takes them").pipe(
                Effect.annotateLogs({ alerts: created.length, reason: message })
              )
            )
          )

      const create = Effect.fn("Scanner.create")(function* (candidates: ReadonlyArray<Candidate>) {
        const unknown = new Set((yield* dedup.unknown(candidates.map(pairOf))).map(dedupKey))
        const fresh = candidates.filter((candidate) => unknown.has(dedupKey(pairOf(candidate))))
        let duplicates = 0
        let created = 0
        for (const batch of Arr.chunksOf(fresh, createBatch)) {
          const { known, triggers: news } = yield* triggers.create(batch)
          yield* Effect.forEach(news, logTrigger, { discard: true })
          yield* offer(news)
          yield* dedup.remember([...news.map(pairOf), ...known])
          duplicates += known.length
          created += news.length
        }
        return { triggers: created, duplicates }
      })

      const withFailuresNoted = <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.tapError(effect, ({ message }) =>
          Ref.update(totals, (all) => plus(all, { ...nothing, failures: 1 })).pipe(
            Effect.andThen(Effect.logError("the scan failed; the next one looks again")),
            Effect.annotateLogs({ reason: message })
          )
        )

      const judge = Effect.fn("Scanner.judge")(function* ({ dropped = 0, snapshots }: Observation) {
        const started = yield* Clock.currentTimeMillis
        const { candidates, inPlay } = yield* evaluate(snapshots)
        const { duplicates, triggers } = yield* create(candidates)
        const elapsed = (yield* Clock.currentTimeMillis) - started
        const report = { snapshots: snapshots.length, held: candidates.length, duplicates, triggers, elapsed }
        yield* Ref.update(totals, (all) => plus(all, { ...nothing, ...report }))
        yield* Effect.logInfo("scan").pipe(
          Effect.annotateLogs({
            matches: snapshots.length,
            inPlay,
            held: candidates.length,
            triggers,
            duplicates,
            dropped,
            ms: elapsed
          })
        )
        return { ...nothing, ...report, scans: 1, dropped }
      }, withFailuresNoted)

      const scan = observe().pipe(withFailuresNoted, Effect.flatMap(judge), Effect.withSpan("Scanner.scan"))

      const preview = Effect.gen(function* () {
        const { dropped, snapshots } = yield* observe()
        const { candidates, watched } = yield* evaluate(snapshots)
        const triggered = new Set((yield* triggers.triggered(candidates.map(pairOf))).map(dedupKey))
        const fresh = candidates.filter((candidate) => !triggered.has(dedupKey(pairOf(candidate))))
        return {
          snapshots: snapshots.length,
          dropped,
          strategies: watched.size,
          leftOut: watched.leftOut,
          candidates: fresh,
          triggered: candidates.length - fresh.length
        }
      }).pipe(Effect.withSpan("Scanner.preview"))

      return Scanner.of({ observe: withFailuresNoted(observe()), judge, scan, preview, totals: Ref.get(totals) })
    })
  )
}

const withLastGoal = ({ snapshot, timeline }: View): TriggerSnapshot => {
  const goal = lastGoal(timeline)
  return goal === undefined ? snapshot : { ...snapshot, lastGoal: goal }
}

const decodeSnapshot = Schema.decodeUnknownResult(Snapshot, { errors: "all" })

const decodeId = Schema.decodeUnknownResult(Schema.Struct({ match: Schema.Struct({ id: Schema.Unknown }) }))

const idOf = (answer: unknown): unknown => {
  const decoded = decodeId(answer)
  return Result.isSuccess(decoded) ? decoded.success.match.id : "unknown"
}

const logTrigger = ({ id, snapshot, strategyName }: Trigger) =>
  Effect.logInfo("trigger created").pipe(
    Effect.annotateLogs({
      trigger: id,
      strategy: strategyName,
      match: matchLabel(snapshot.match),
      minute: matchMinuteLabel(snapshot.clock),
      score: `${snapshot.score.home}-${snapshot.score.away}`
    })
  )
