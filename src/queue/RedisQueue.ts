/**
 * BullMQ on Redis, for as many processes as share the server.
 *
 * Guarantees: adding jobs fails within seconds while Redis is away; workers wait for it and go on by themselves. Closing
 * is bounded: a worker that Redis does not let go is cut off half a second after its jobs had their grace, and what was
 * active is worked again, by any process, when BullMQ notices that its lock expired.
 */
import { Queue, Worker } from "bullmq"
import { Duration, Effect, Layer } from "effect"
import { makeOutage, type Outage } from "../redis/Outage.ts"
import { Redis, withoutSecrets } from "../redis/Redis.ts"
import { shutdownGrace } from "./JobQueue.ts"
import { keptMetrics, QueueBackend, resize, wideLimiter } from "./QueueBackend.ts"
import { scopedBull } from "./scopedBull.ts"

/** How long a worker may take to close: the grace of its jobs, and what Redis needs to let it go. */
const closeWithin = Duration.toMillis(Duration.sum(shutdownGrace, Duration.millis(500)))

/**
 * How soon others take over the jobs of a process that is gone, in milliseconds: when its locks have expired and a check
 * has found it, some 20 seconds. BullMQ's own 30 and 30 would leave every match unwatched for a minute.
 */
const takeOver = { lockDuration: 10_000, stalledInterval: 5_000 }

/** The layer of QueueBackend on Redis: two connections for all queues and workers, and one more a worker to wait on. */
export const layerRedisQueue = Layer.effect(
  QueueBackend,
  Effect.gen(function* () {
    const redis = yield* Redis
    const producing = yield* redis.connect({ whenLost: "fail" })
    const working = yield* redis.connect({ whenLost: "wait" })
    const runLog = Effect.runForkWith(yield* Effect.context())
    // BullMQ reads the version of the server from INFO; without it, it takes the server for an old one.
    const skipVersionCheck = !redis.tellsInfo

    const outages = new Map<string, Outage>()
    const outageOf = (queue: string): Outage => {
      const outage =
        outages.get(queue) ??
        makeOutage({
          begins: "the queue reports an error",
          ends: "the queue is well again",
          fields: { queue, redis: redis.address }
        })
      outages.set(queue, outage)
      return outage
    }
    const onError = (queue: string) => (error: Error) => {
      withoutSecrets(error)
      runLog(outageOf(queue).met(error.message))
    }
    const onReady = () => {
      for (const { over } of outages.values()) runLog(over)
    }
    producing.on("ready", onReady)
    working.on("ready", onReady)

    return QueueBackend.of({
      name: `BullMQ on Redis at ${redis.address}`,
      exclusive: false,
      queue: (queue) =>
        scopedBull({
          queue,
          what: "queue",
          make: () => new Queue<unknown>(queue, { connection: producing, skipVersionCheck }),
          onError: onError(queue)
        }),
      worker: (queue, processor, { backoff, concurrency }) => {
        let closing: Promise<void> | undefined
        const close = (worker: Worker<unknown>): Promise<void> => {
          closing ??= closeWorker(worker, working.status === "ready")
          return closing
        }
        return Effect.map(
          scopedBull({
            queue,
            what: "worker",
            make: () =>
              new Worker<unknown>(queue, processor, {
                connection: working,
                skipVersionCheck,
                concurrency,
                limiter: wideLimiter,
                ...takeOver,
                metrics: keptMetrics,
                settings: { backoffStrategy: backoff }
              }).on("active", () => void runLog(outageOf(queue).over)),
            onError: onError(queue),
            close
          }),
          (worker) => ({ close: () => close(worker), rateLimit: (ms) => worker.rateLimit(ms), resize: resize(worker) })
        )
      }
    })
  })
)

/** Closes a worker in order while Redis is there to close it with, and cuts it off when that takes too long. */
const closeWorker = async (worker: Worker<unknown>, isConnected: boolean): Promise<void> => {
  const closed = worker.close(!isConnected)
  const { promise: late, resolve } = Promise.withResolvers<"late">()
  const timer = setTimeout(() => resolve("late"), closeWithin)
  const end = await Promise.race([closed, late])
  clearTimeout(timer)
  if (end === "late") (await worker.getBackend().blockingClient)?.disconnect()
}
