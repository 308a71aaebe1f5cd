/**
 * The clock of the service: the queue `scan-tick`, one tick every interval however many processes run.
 *
 * A tick that takes longer than the interval never overlaps the next, and ticks do not pile up behind it.
 */
import { type Duration, Effect, Layer, Schema } from "effect"
import { makeJobQueue } from "../queue/JobQueue.ts"
import { Scanner } from "./Scanner.ts"

/** Failed ticks that the queue keeps for a look. */
const keepFailed = 100

/** Scans now and then every `interval`, until the scope closes. */
export const layerTicker = ({ interval }: { readonly interval: Duration.Duration }) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { scan } = yield* Scanner
      const queue = yield* makeJobQueue({ name: "scan-tick", payload: Schema.Struct({}), keepFailed })
      yield* queue.work(() => Effect.ignore(scan), { concurrency: 1 })
      yield* queue.every(interval, {})
    })
  )
