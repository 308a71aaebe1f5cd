import { Console, Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { config } from "../Config.ts"
import { layerLogging } from "../Logging.ts"
import { QueueBackend } from "../queue/QueueBackend.ts"
import { type QueueFigures, queueFigures, queueNames } from "../queue/QueueFigures.ts"
import { outside } from "../Touchline.ts"
import * as flags from "./flags.ts"
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
export const allQueues = Effect.flatMap(QueueBackend, (backend) => Effect.forEach(queueNames(backend), queueFigures))

/** `touchline queues`: what is in the queues, and how fast they are worked. */
export const queues = Command.make(
  "queues",
  { json: flags.json },
  Effect.fn(function* ({ json }) {
    const settings = yield* config
    const { queue } = outside(settings, { directory: settings.dataDir })
    const figures = yield* allQueues.pipe(
      Effect.provide(Layer.mergeAll(queue).pipe(Layer.provideMerge(layerLogging(settings, process.stderr))))
    )
    yield* Console.log(json ? JSON.stringify({ queues: figures }) : queueTable(figures))
  })
).pipe(Command.withDescription("Show how many jobs each queue has in each state, and how many end a minute"))
