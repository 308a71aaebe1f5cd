/**
 * What becomes of triggers: judged in the wake of every scan, while the match is on and at its end.
 *
 * Guarantees: no tick waits for it. What is told is what `find` makes of the match and `step` of the row, written in one
 * transaction with counters and amendments. Whatever fails is tried again with the next scan: nothing is lost, for what is open
 * is open in the database. Any number of processes may judge the same match: what one has written is not overwritten by
 * another that has seen less. Matches that left the feed before their end was seen are looked for (`seekAbsent`).
 */
import { Clock, Context, Duration, Effect, Layer, Metric, Queue, Ref, Semaphore } from "effect"
import type { NewTrigger } from "../database/TriggerStore.ts"
import { correctedWithin as untilCorrected } from "../domain/Outcome.ts"
import type { Snapshot } from "../domain/Snapshot.ts"
import { MatchFeed } from "../feed/MatchFeed.ts"
import * as metrics from "../health/metrics.ts"
import { makeOutage } from "../health/Outage.ts"
import { MatchHistory, type Timelines } from "../history/MatchHistory.ts"
import { QueueBackend } from "../queue/QueueBackend.ts"
import { AfterScan } from "../scan/AfterScan.ts"
import { Amendments } from "./Amendments.ts"
import type { Seen } from "./HeldMatches.ts"
import type { Resolution } from "./OpenTrigger.ts"
import { OutcomeStore } from "./OutcomeStore.ts"
import { makeResolver } from "./resolver.ts"
import { makeSeekAbsent } from "./seekAbsent.ts"

export interface OutcomesOptions {
  /** How long what decides a verdict before the end of its match must stand until it is told. */
  readonly settleAfter: Duration.Duration
  /** How long after the final verdict a correction revises it. Default: 30 minutes. */
  readonly correctedWithin?: Duration.Duration
  /** How long after a match was seen last its triggers become void, if its end is not seen. Default: 6 hours. */
  readonly unseenAfter?: Duration.Duration
  /** The same for a match that waits to go on, from when it began to wait. Default: 48 hours. */
  readonly waitsAtMost?: Duration.Duration
}

/** What this process has told of triggers, revisions counted again. */
export interface OutcomeTotals {
  readonly hits: number
  readonly misses: number
  readonly voids: number
  /** Revisions by which a trigger is open again. */
  readonly reopened: number
}

const nothing: OutcomeTotals = { hits: 0, misses: 0, voids: 0, reopened: 0 }

const names = { hit: "hits", miss: "misses", void: "voids" } as const

/** How often matches are looked for that have left the feed. */
const seekEvery = Duration.seconds(30)

export class Outcomes extends Context.Service<
  Outcomes,
  {
    /**
     * Judges all that was scanned so far, and what has left the feed: for a run after which nobody sees more. A match that
     * has not ended by then leaves no verdict, told before or not: its triggers are void. What cannot be written stays open.
     */
    readonly drain: Effect.Effect<void>
    /** The same for a run after which others go on: what cannot be judged yet stays open. */
    readonly catchUp: Effect.Effect<void>
    readonly totals: Effect.Effect<OutcomeTotals>
  }
>()("touchline/outcome/Outcomes") {
  /** Judges what the scans of this process see until the scope closes. Brings the AfterScan that a Scanner tells. */
  static readonly layer = (options: OutcomesOptions) => Layer.effectContext(make(options))
}

const make = Effect.fnUntraced(function* ({
  correctedWithin = untilCorrected,
  settleAfter,
  unseenAfter = Duration.hours(6),
  waitsAtMost = Duration.hours(48)
}: OutcomesOptions) {
  const store = yield* OutcomeStore
  const feed = yield* MatchFeed
  const history = yield* MatchHistory
  const totals = yield* Ref.make(nothing)
  const wake = yield* Queue.sliding<void>(1)
  const turn = yield* Semaphore.make(1)
  const seekTurn = yield* Semaphore.make(1)
  const outage = makeOutage({
    part: "results",
    begins: "outcomes cannot be read or written; they are tried again",
    ends: "outcomes are read and written again"
  })
  /** What was seen and is not judged yet, each match as it was seen last; and what was created on it. */
  let seen = new Map<string, Seen>()
  let created: ReadonlyArray<NewTrigger> = []

  const written = ({ tell, verdict }: Resolution) =>
    Effect.andThen(
      Ref.update(totals, (all) => {
        if (!tell) return all
        const name = verdict === undefined ? "reopened" : names[verdict]
        return { ...all, [name]: all[name] + 1 }
      }),
      tell ? Metric.update(metrics.of(metrics.verdicts, { verdict: verdict ?? "reopened" }), 1) : Effect.void
    )

  const resolver = makeResolver({
    store,
    amendments: yield* Amendments,
    isShared: !(yield* QueueBackend).exclusive,
    settleAfter,
    correctedWithin,
    written
  })

  const note = (snapshots: ReadonlyArray<Snapshot>, timelines: Timelines) =>
    Effect.map(Clock.currentTimeMillis, (at) => {
      for (const snapshot of snapshots) {
        const { id } = snapshot.match
        seen.set(id, { snapshot, timeline: timelines.get(id) ?? [], at })
      }
    })

  const absent = yield* makeSeekAbsent({
    store,
    feed,
    history,
    unseenAfter,
    waitsAtMost,
    correctedWithin,
    correctable: resolver.correctable,
    found: note,
    giveUp: (reasons) => turn.withPermits(1)(resolver.giveUp(reasons))
  })

  const withTrouble = <E extends { readonly message: string }>(effect: Effect.Effect<void, E>) =>
    effect.pipe(
      Effect.matchEffect({ onSuccess: () => outage.over, onFailure: ({ message }) => outage.met(message) }),
      Effect.catchDefect((defect) => Effect.logError("judging outcomes broke", defect))
    )

  const judgeSeen = (isLast: boolean) =>
    Effect.suspend(() => {
      const [looks, fresh] = [seen, created]
      seen = new Map()
      created = []
      return resolver.resolve(looks, fresh, isLast).pipe(
        // What was seen since is newer.
        Effect.tapError(() =>
          Effect.sync(() => {
            seen = new Map([...looks, ...seen])
          })
        )
      )
    }).pipe(turn.withPermits(1))

  const judge = withTrouble(judgeSeen(false))
  // What a scan has seen is judged while the feed thinks about what has left it.
  const seekOnce = (isLast: boolean) => seekTurn.withPermits(1)(absent.seek(isLast))
  const seek = withTrouble(seekOnce(false))

  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Queue.take(wake), judge)))
  yield* Effect.forkScoped(
    Effect.andThen(
      absent.firstObservation,
      seek.pipe(Effect.andThen(Queue.offer(wake, undefined)), Effect.andThen(Effect.sleep(seekEvery)), Effect.forever)
    )
  )

  const all = (isLast: boolean) =>
    withTrouble(
      judgeSeen(isLast).pipe(
        Effect.andThen(seekOnce(isLast)),
        Effect.andThen(judgeSeen(isLast)),
        Effect.andThen(
          isLast ? turn.withPermits(1)(resolver.giveUpUnended("the end of the match was not seen")) : Effect.void
        )
      )
    )

  return Context.make(Outcomes, {
    drain: all(true),
    catchUp: all(false),
    totals: Ref.get(totals)
  }).pipe(
    Context.add(AfterScan, {
      observed: absent.observed,
      scanned: ({ created: triggers, snapshots, timelines }) =>
        Effect.gen(function* () {
          yield* note(snapshots, timelines)
          created = [...created, ...triggers]
          yield* Queue.offer(wake, undefined)
        })
    })
  )
})
