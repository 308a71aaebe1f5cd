/**
 * The clock of the service: the queue `scan-tick`, one tick every interval however many processes run, and the queue
 * `scan-shard`, over which the matches of a large tick are spread where there are other processes to share it. Processes
 * that watch the strategies of a directory have ticks of their own, with the set's name after those names.
 *
 * A tick that takes longer than the interval never overlaps the next, and ticks do not pile up behind it. The shards of
 * a tick end before the next tick begins; whichever process is free takes the next shard. What a process that dies had
 * under way is taken over within seconds. That no ticks come is told by ScanWatch.
 */
import { Array as Arr, type Duration, Effect, Layer, Schema } from "effect"
import { StoredSnapshot } from "../domain/StoredSnapshot.ts"
import { type JobQueue, makeJobQueue } from "../queue/JobQueue.ts"
import { QueueBackend } from "../queue/QueueBackend.ts"
import { makeWorkOff } from "../queue/workOff.ts"
import { Strategies } from "../strategies/Strategies.ts"
import { parented, parentNow, within } from "../telemetry/TraceParent.ts"
import { type Observation, Scanner } from "./Scanner.ts"
import { makeScanWatch } from "./ScanWatch.ts"
import { scanQueues } from "./scanQueues.ts"

/** Failed jobs that each queue keeps for a look. */
const keepFailed = 100

/** One at a time in a process. A tick may be judged twice: what is true is looked at again. */
const working = { concurrency: 1, takeOver: "soon" } as const

export interface TickerOptions {
  readonly interval: Duration.Duration
  /** Matches in one shard: a tick with more is spread over the processes. Absent: a tick is never spread. */
  readonly shardSize?: number
}

/** The trace of a tick begins with it. */
const inTick = Effect.withSpan("Ticker.tick", { root: true })

/** Matches of one tick. */
const Shard = Schema.Struct({ snapshots: Schema.Array(StoredSnapshot), ...parented })
type Shard = typeof Shard.Type

/** Hands the matches of a tick out in shards, and waits until all of them have been worked. */
const spread = Effect.fn("Ticker.spread")(function* (
  workOff: JobQueue<Shard>["offer"],
  { dropped = 0, snapshots }: Observation,
  shardSize: number,
  tick: string
) {
  const parts = Arr.chunksOf(snapshots, shardSize)
  const traced = yield* parentNow
  yield* workOff(
    parts.map((part, index) => ({
      id: `${tick.replaceAll(":", "-")}-${index}`,
      payload: { snapshots: part, ...traced }
    }))
  )
  yield* Effect.logInfo("tick").pipe(Effect.annotateLogs({ matches: snapshots.length, shards: parts.length, dropped }))
})

/** Scans now and then every `interval`, until the scope closes. */
export const layerTicker = ({ interval, shardSize }: TickerOptions) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { judge, observe } = yield* Scanner
      const { set } = yield* Strategies
      const backend = yield* QueueBackend
      // A process that has the queues to itself shares no ticks, whatever it watches.
      const names = scanQueues(backend.exclusive ? undefined : set)
      const ticks = yield* makeJobQueue({ name: names.ticks, payload: Schema.Struct({}), keepFailed })
      const member = yield* backend.join({
        queue: names.shards,
        passing: set === undefined ? [] : Object.values(names)
      })
      const { during, failed, hasOthers, scanned, watch } = yield* makeScanWatch({ interval, member })
      /** What a scan fails for is logged where it fails; here it is kept for the day on which no scan ends well. */
      const noted = <E extends { readonly message: string }>(scan: Effect.Effect<unknown, E>) =>
        during(scan).pipe(
          Effect.andThen(scanned),
          Effect.tapDefect((defect) => failed(`a bug: ${defect instanceof Error ? defect.message : String(defect)}`)),
          Effect.catch(({ message }) => failed(message))
        )
      const whole = Effect.flatMap(observe, judge).pipe(inTick)

      if (shardSize === undefined) {
        yield* ticks.work(() => noted(whole), working)
      } else {
        const shards = yield* makeJobQueue({ name: names.shards, payload: Shard, keepFailed })
        const workOff = yield* makeWorkOff(shards)
        yield* shards.work(({ payload }) => within(payload.parent)(noted(judge(payload))), working)
        yield* ticks.work(
          ({ id }) =>
            Effect.gen(function* () {
              const observation = yield* observe
              if (observation.snapshots.length <= shardSize || !hasOthers()) return yield* noted(judge(observation))
              // It has ended well when a shard of it has.
              yield* spread(workOff, observation, shardSize, id).pipe(
                Effect.tapError(({ message }) =>
                  Effect.logError("the tick could not be spread").pipe(Effect.annotateLogs({ reason: message }))
                )
              )
            }).pipe(
              inTick,
              Effect.catch(({ message }) => failed(message))
            ),
          working
        )
      }
      yield* watch(yield* ticks.every(interval, {}))
    })
  )
