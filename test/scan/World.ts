import { Duration, Effect, Layer } from "effect"
import { type AlertJob, AlertQueue } from "../../src/alert/AlertQueue.ts"
import { DatabaseError } from "../../src/database/Database.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { Dedup } from "../../src/dedup/Dedup.ts"
import type { SnapshotInput } from "../../src/domain/Snapshot.ts"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { dedupKey, type Pair, pairOf } from "../../src/domain/Trigger.ts"
import { type FeedError, MatchFeed } from "../../src/feed/MatchFeed.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import type { JobQueue } from "../../src/queue/JobQueue.ts"
import { QueueError } from "../../src/queue/QueueBackend.ts"
import { Scanner } from "../../src/scan/Scanner.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { makeWatchedSet } from "../../src/strategies/Watched.ts"
import { recordedTriggers } from "../fixtures/alerts.ts"
import { Logs } from "../fixtures/logs.ts"
import { shown } from "../fixtures/pipeline.ts"

/** How long pairs are known. */
export const ttl = Duration.hours(2)

/** What surrounds a Scanner, each part switched by the test. */
export class World {
  /** What the feed answers, or how it does not. */
  feed: Effect.Effect<ReadonlyArray<SnapshotInput>, FeedError> = Effect.succeed([shown()])
  polls = 0
  readonly #watched = makeWatchedSet()
  isQueueDown = false
  /** What the queue waits for before it answers. */
  queueAnswers: Effect.Effect<void> = Effect.void
  readonly offered: Array<string> = []
  /** What Dedup was asked, pair by pair, and what the database was, in the words of the calls. */
  readonly asked = { dedup: [] as Array<string>, matches: [] as Array<string>, created: [] as Array<string> }
  readonly #refused = new Set<string>()
  readonly #deleted = new Set<string>()
  /** What becomes of a call that creates, in place of its answer. */
  answerOfCreate: <A>(answer: Effect.Effect<A, DatabaseError>) => Effect.Effect<A, DatabaseError> = (answer) => answer

  /** What the answer to which pairs have a trigger waits for, once the database has it. */
  onItsWay: Effect.Effect<void> = Effect.void

  constructor(...strategies: ReadonlyArray<Strategy>) {
    this.watch(...strategies)
  }

  /** From now on these strategies are watched and no others. */
  watch(...strategies: ReadonlyArray<Strategy>) {
    const removed = [...this.#watched.now().all()].map(({ id }) => id)
    this.#watched.change({ added: strategies, removed, leftOut: 0 })
  }

  /** One strategy as it is now. */
  edit(strategy: Strategy) {
    this.#watched.change({ added: [strategy], removed: [], leftOut: 0 })
  }

  /** The database takes no trigger of this strategy. */
  refuse(strategyId: string) {
    this.#refused.add(strategyId)
  }

  /** An operator deletes the key of a pair in Redis. */
  deleteKey(pair: Pair) {
    this.#deleted.add(dedupKey(pair))
  }

  show(...matches: ReadonlyArray<SnapshotInput>) {
    this.feed = Effect.succeed(matches)
  }

  readonly #offer: JobQueue<AlertJob>["offer"] = (jobs) =>
    Effect.suspend(() => {
      if (this.isQueueDown) {
        return Effect.fail(new QueueError({ queue: "send-alert", operation: "add jobs", message: "the queue is away" }))
      }
      this.offered.push(...jobs.map(({ id }) => id).filter((id) => !this.offered.includes(id)))
      return this.queueAnswers
    })

  readonly #parts = Layer.mergeAll(
    Layer.succeed(
      MatchFeed,
      MatchFeed.of({
        name: "fake",
        poll: Effect.suspend(() => {
          this.polls += 1
          return this.feed
        })
      })
    ),
    Layer.succeed(
      AlertQueue,
      AlertQueue.of({
        name: "send-alert",
        offer: this.#offer,
        offerAgain: this.#offer,
        every: () => Effect.succeed({ obstacle: Effect.as(Effect.void, undefined) }),
        counts: Effect.succeed({ waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 }),
        work: () => Effect.void
      })
    ),
    Layer.succeed(
      Strategies,
      Strategies.of({
        name: "fake",
        set: undefined,
        watched: Effect.sync(this.#watched.now)
      })
    ),
    MatchHistory.layerMemory,
    Layer.effect(
      Dedup,
      Effect.map(Dedup, (dedup) =>
        Dedup.of({
          ...dedup,
          unknown: (pairs) => {
            this.asked.dedup.push(...pairs.map(dedupKey))
            return Effect.map(dedup.unknown(pairs), (unknown) =>
              pairs.filter((pair) => unknown.includes(pair) || this.#deleted.has(dedupKey(pair)))
            )
          },
          remember: (pairs) => {
            for (const pair of pairs) this.#deleted.delete(dedupKey(pair))
            return dedup.remember(pairs)
          }
        })
      )
    ).pipe(Layer.provide(Dedup.layerMemory({ ttl })))
  )

  readonly #store = Layer.effect(
    TriggerStore,
    Effect.map(TriggerStore, (store) =>
      TriggerStore.of({
        ...store,
        triggered: (matchIds) => {
          this.asked.matches.push(...matchIds)
          const { onItsWay } = this
          return Effect.tap(store.triggered(matchIds), onItsWay)
        },
        create: (candidates) => {
          this.asked.created.push(...candidates.map((each) => dedupKey(pairOf(each))))
          return candidates.some(({ strategyId }) => this.#refused.has(strategyId))
            ? new DatabaseError({ operation: "create", reason: "refused", code: "22008", message: "a bad value" })
            : this.answerOfCreate(store.create(candidates))
        }
      })
    )
  )

  /** What a process stands on: all of it but the scanner. */
  readonly surroundings = Layer.merge(this.#parts, Layer.provideMerge(this.#store, recordedTriggers)).pipe(
    Layer.provideMerge(Logs.layer)
  )

  readonly layer = Layer.provideMerge(Scanner.layer, this.surroundings)

  /** The same on a TriggerStore of the test's own. */
  on<E, R>(store: Layer.Layer<TriggerStore, E, R>) {
    return Scanner.layer.pipe(Layer.provideMerge(this.#parts), Layer.provideMerge(Layer.provide(this.#store, store)))
  }
}
