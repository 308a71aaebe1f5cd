/** A thread of a backtest: it is told the task once, then file by file what to do. See `threads.ts`. */
// Each module by itself: a thread is there the sooner the less it loads.
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as NodeWorkerRunner from "@effect/platform-node/NodeWorkerRunner"
import { Effect, Layer } from "effect"
import { WorkerRunnerPlatform } from "effect/workers/WorkerRunner"
import { type FileResult, makeFileBacktest } from "./FileBacktest.ts"
import type { ThreadRequest } from "./threads.ts"

const program = Effect.gen(function* () {
  const { run, send } = yield* (yield* WorkerRunnerPlatform).start<FileResult, ThreadRequest>()
  let backtest: ReturnType<typeof makeFileBacktest> | undefined
  yield* run((port, request) => {
    if ("task" in request) {
      backtest = makeFileBacktest(request.task)
      return
    }
    return backtest?.(request.file).pipe(Effect.flatMap((result) => send(port, result)))
  })
})

await Effect.runPromise(program.pipe(Effect.provide(Layer.merge(NodeServices.layer, NodeWorkerRunner.layer))))
