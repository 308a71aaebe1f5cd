import { Console, Effect, Layer } from "effect"
import { SharesDataDir } from "../database/embedded/EmbeddedPostgres.ts"
import type { Extend } from "../Integration.ts"
import { layerLogging } from "../Logging.ts"
import { allQueueNames, type QueueFigures, queueFigures } from "../queue/QueueFigures.ts"
import { chosenBy } from "../Touchline.ts"
import { table } from "./report.ts"

const perMinute = (rate: number | null): string => (rate === null ? "-" : rate.toFixed(1))

/** Queues as a table: jobs by state, all that ever completed, and how many end a minute. */
export const queueTable = (queues: ReadonlyArray<QueueFigures>): string =>
  table(
    ["queue", "waiting", "active", "delayed", "failed", "completed", "completed/min", "failed/min"],
    queues.map((each) => [
      each.queue,
      `${each.waiting}`,
      `${each.active}`,
      `${each.delayed}`,
      `${each.failed}`,
      `${each.completed}`,
      perMinute(each.completedPerMinute),
      perMinute(each.failedPerMinute)
    ])
  )

/** The figures of every queue on the backend. */
export const allQueues = Effect.flatMap(allQueueNames, Effect.forEach(queueFigures, { concurrency: "unbounded" }))

/** `touchline queues`: what is in the queues, and how fast they are worked. */
export const queues = Effect.fnUntraced(function* (extend: Extend, { json }: { readonly json: boolean }) {
  const { parts, service } = yield* chosenBy(extend)
  const figures = yield* allQueues.pipe(
    Effect.provide(parts.queue.pipe(Layer.provideMerge(layerLogging(service, process.stderr)))),
    Effect.provideService(SharesDataDir, true)
  )
  yield* Console.log(json ? JSON.stringify({ queues: figures }) : queueTable(figures))
})
