/**
 * BullMQ on Redis, for as many processes as share the server.
 *
 * Guarantees: adding jobs fails within seconds while Redis is away; workers wait for it and go on by themselves. Closing
 * is bounded: a worker that Redis does not let go is cut off half a second after its jobs had their grace, and what was
 * active is worked again, by any process, when BullMQ notices that its lock expired.
 */
import { createRedisBackend, Queue, QueueEvents, Worker } from "bullmq"
import { Duration, Effect, Layer } from "effect"
import type { Redis as Client } from "ioredis"
import { makeOutage, type Outage } from "../health/Outage.ts"
import { longestBlock, Redis, withoutSecrets } from "../redis/Redis.ts"
import {
  askBull,
  controlsOf,
  keptMetrics,
  maxStalledCount,
  QueueBackend,
  type WorkerSettings,
  wideLimiter
} from "./QueueBackend.ts"
import { redisFigures } from "./redisFigures.ts"
import { joinOnRedis, passedQueues, passingQueues } from "./redisMembers.ts"
import { redisNotices } from "./redisNotices.ts"
import { hearEnds, scopedBull } from "./scopedBull.ts"

/** How many milliseconds a worker may take to close beyond the grace of its jobs: what Redis needs to let it go. */
const closeBeyondGrace = 500

/** How many milliseconds events may take to close: what hears them has ended by then. */
const closeEventsWithin = 250

/**
 * How soon others take over the jobs of a process that is gone, in milliseconds: when its lock has expired and a second
 * check has found it so. BullMQ's own 30 and 30 would leave every match unwatched for a minute.
 */
const takeOvers: Readonly<Record<WorkerSettings["takeOver"], { lockDuration: number; stalledInterval: number }>> = {
  soon: { lockDuration: 4000, stalledInterval: 1000 },
  surely: { lockDuration: 10_000, stalledInterval: 5000 }
}

/** Nobody reads the events of a queue later than they happen; BullMQ would keep 10,000. */
const streams = { events: { maxLen: 1000 } }

/** BullMQ's backend, blocking no longer than a connection may be silent. */
const briefBackend: typeof createRedisBackend = (...args) =>
  Object.defineProperty(createRedisBackend(...args), "maximumBlockTimeout", {
    value: Duration.toSeconds(longestBlock)
  })

/**
 * The layer of QueueBackend on Redis: two connections for all queues and workers, and one more to wait on for each worker
 * and each queue whose ends are heard.
 */
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
          part: "queue",
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
    /** A connection may be ready on a server that takes no writes; it is well when one went through. */
    const overWhenWritten = (client: Client) => () => {
      client.del("bull:touchline").then(
        () => {
          for (const { over } of outages.values()) runLog(over)
        },
        // Whoever wanted to write has told of it, and there will be another connection.
        () => undefined
      )
    }
    for (const client of [producing, working]) client.on("ready", overWhenWritten(client))

    const openQueue = (queue: string) =>
      scopedBull({
        queue,
        what: "queue",
        make: () => new Queue<unknown>(queue, { connection: producing, skipVersionCheck, streams }),
        onError: onError(queue)
      })

    return QueueBackend.of({
      name: `BullMQ on Redis at ${redis.address}`,
      exclusive: false,
      queue: openQueue,
      worker: (queue, processor, { backoff, concurrency, grace, takeOver }) => {
        let closing: Promise<void> | undefined
        const close = (worker: Worker<unknown>): Promise<void> => {
          closing ??= closeWorker(worker, working.status === "ready", Duration.toMillis(grace) + closeBeyondGrace)
          return closing
        }
        return Effect.map(
          scopedBull({
            queue,
            what: "worker",
            make: () =>
              new Worker<unknown>(
                queue,
                processor,
                {
                  connection: working,
                  skipVersionCheck,
                  concurrency,
                  limiter: wideLimiter,
                  ...takeOvers[takeOver],
                  maxStalledCount,
                  metrics: keptMetrics,
                  settings: { backoffStrategy: backoff }
                },
                briefBackend
              ).on("active", () => void runLog(outageOf(queue).over)),
            onError: onError(queue),
            close
          }),
          (worker) => ({ ...controlsOf(worker), close: () => close(worker) })
        )
      },
      onEnd: (queue, heard) =>
        Effect.asVoid(
          scopedBull({
            queue,
            what: "events",
            make: () =>
              hearEnds(
                new QueueEvents(queue, {
                  connection: working,
                  skipVersionCheck,
                  blockingTimeout: Duration.toMillis(longestBlock)
                }),
                heard
              ),
            onError: onError(queue),
            close: closeEvents
          })
        ),
      // On a busy machine an answer may come too late once: that is no reason not to start.
      join: Effect.fnUntraced(
        function* (membership) {
          yield* Effect.forEach(yield* passedQueues(producing), (queue) =>
            Effect.scoped(
              Effect.flatMap(openQueue(queue), (bull) =>
                askBull(queue, "remove what nobody works", () => bull.obliterate({ force: true }))
              )
            )
          )
          return yield* joinOnRedis(producing, membership)
        },
        Effect.retry({ times: 3 })
      ),
      ...(redis.tellsInfo ? { server: redisFigures(producing) } : {}),
      notices: redisNotices(producing),
      passing: passingQueues(producing)
    })
  })
)

/** Whether something ends within so many milliseconds. */
const endsWithin = async (millis: number, closed: Promise<void>): Promise<boolean> => {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), millis)
  const end = await Promise.race([closed.then(() => true), late])
  clearTimeout(timer)
  return end
}

/** Closes a worker in order while Redis is there to close it with, and cuts it off when that takes too long. */
const closeWorker = async (worker: Worker<unknown>, isConnected: boolean, within: number): Promise<void> => {
  if (await endsWithin(within, worker.close(!isConnected))) return
  ;(await worker.getBackend().blockingClient)?.disconnect()
}

/** Stops hearing events. BullMQ waits for the end of a connection, which never comes of one that is lost. */
const closeEvents = async (events: QueueEvents): Promise<void> => {
  await endsWithin(closeEventsWithin, events.close())
}
