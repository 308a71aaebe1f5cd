/** A backtest on several threads: each takes the next file when it is done with one, so that none waits for another. */
import { availableParallelism } from "node:os"
import { Worker as Thread } from "node:worker_threads"
import { NodeWorker } from "@effect/platform-node"
import { Deferred, Effect } from "effect"
import { WorkerPlatform } from "effect/workers/Worker"
import type { WorkerError } from "effect/workers/WorkerError"
import type { BacktestTask, FileResult } from "./FileBacktest.ts"

/** What a thread is asked: first the task, then one file after the other. */
export type ThreadRequest = { readonly task: BacktestTask } | { readonly file: string }

/** The sources run as they are, in TypeScript, and built, in JavaScript: the thread's file is of the kind of this one. */
const workerUrl = new URL(`./worker${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url)

/** Files below which starting a thread takes longer than it saves. */
const filesWorthAThread = 25

/** How many threads so many files are worth on this machine. One means: none but the caller's. */
export const threadsFor = (files: number): number =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(files / filesWorthAThread)))

/** Files that a thread is given at a time, so that it reads one while it works on another. */
const filesAtATime = 2

/**
 * Backtests the files on so many threads, telling each result as it comes, in no order. Fails when a thread breaks down,
 * which a damaged file does not bring about.
 */
export const onThreads = (
  threads: number,
  task: BacktestTask,
  files: ReadonlyArray<string>,
  onResult: (result: FileResult) => Effect.Effect<void>
): Effect.Effect<void, WorkerError> => {
  const waiting = files.values()
  const thread = Effect.fnUntraced(function* (id: number) {
    const worker = yield* (yield* WorkerPlatform).spawn<FileResult, ThreadRequest>(id)
    const finished = yield* Deferred.make<void>()
    let underWay = 0
    const next = Effect.suspend(() => {
      const { done, value: file } = waiting.next()
      if (done === true) return underWay === 0 ? Deferred.succeed(finished, undefined) : Effect.void
      underWay += 1
      return worker.send({ file })
    })
    yield* worker.send({ task })
    yield* Effect.replicateEffect(next, filesAtATime, { discard: true })
    const results = worker.run((result) =>
      Effect.suspend(() => {
        underWay -= 1
        return Effect.andThen(onResult(result), next)
      })
    )
    yield* Effect.raceFirst(results, Deferred.await(finished))
  })
  return Effect.forEach(
    Array.from({ length: threads }, (_, id) => id),
    thread,
    { concurrency: "unbounded", discard: true }
  ).pipe(Effect.provide(NodeWorker.layer(() => new Thread(workerUrl))))
}
