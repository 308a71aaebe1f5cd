/**
 * The clock of the service: the queue `scan-tick`, one tick every interval however many processes run, and the queue
 * `scan-shard`, over which the matches of a large tick are spread.
 *
 * A tick that takes longer than the interval never overlaps the next, and ticks do not pile up behind it. The shards of
 * a tick end before the next tick begins; whichever process is free takes the next shard.
 */
import { Array as Arr, Duration, Effect, Layer, Schedule, Schema } from "effect"
import { Snapshot } from "../domain/Snapshot.ts"
import { type JobQueue, makeJobQueue } from "../queue/JobQueue.ts"
import { type Observation, Scanner } from "./Scanner.ts"

/** Failed jobs that each queue keeps for a look. */
const keepFailed = 100

/** How often a tick looks whether its shards have ended. */
const lookEvery = Duration.millis(20)

export interface TickerOptions {
  readonly interval: Duration.Duration
  /** Matches in one shard: a tick with more is spread over the processes. Absent: a tick is never spread. */
  readonly shardSize?: number
}

/** Matches of one tick. */
const Shard = Schema.Struct({ snapshots: Schema.Array(Snapshot) })
type Shard = typeof Shard.Type

/** Hands the matches of a tick out in shards, and waits until all of them have been worked. */
const spread = Effect.fn("Ticker.spread")(function* (
  shards: JobQueue<Shard>,
  { dropped = 0, snapshots }: Observation,
  shardSize: number,
  tick: string
) {
  const parts = Arr.chunksOf(snapshots, shardSize)
  yield* shards.offer(
    parts.map((part, index) => ({ id: `${tick.replaceAll(":", "-")}-${index}`, payload: { snapshots: part } }))
  )
  yield* shards.counts.pipe(
    Effect.repeat({
      schedule: Schedule.spaced(lookEvery),
      until: ({ active, delayed, waiting }) => active + delayed + waiting === 0
    })
  )
  yield* Effect.logInfo("tick").pipe(Effect.annotateLogs({ matches: snapshots.length, shards: parts.length, dropped }))
})

/** Scans now and then every `interval`, until the scope closes. */
export const layerTicker = ({ interval, shardSize }: TickerOptions) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { judge, observe } = yield* Scanner
      const ticks = yield* makeJobQueue({ name: "scan-tick", payload: Schema.Struct({}), keepFailed })
      if (shardSize === undefined) {
        yield* ticks.work(() => Effect.ignore(Effect.flatMap(observe, judge)), { concurrency: 1 })
      } else {
        const shards = yield* makeJobQueue({ name: "scan-shard", payload: Shard, keepFailed })
        yield* shards.work(({ payload }) => Effect.ignore(judge(payload)), { concurrency: 1 })
        yield* ticks.work(
          ({ id }) =>
            Effect.gen(function* () {
              const observation = yield* observe
              if (observation.snapshots.length <= shardSize) yield* judge(observation)
              else yield* spread(shards, observation, shardSize, id)
            }).pipe(Effect.ignore({ log: "Error" })),
          { concurrency: 1 }
        )
      }
      yield* ticks.every(interval, {})
    })
  )
