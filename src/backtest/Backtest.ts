/**
 * Backtests: what strategies would have done on recorded matches, each walked minute by minute in virtual time.
 *
 * Guarantees: a strategy fires where the live scan would have fired it had it seen every scoreboard minute, for the rule
 * set and the timelines are the same; once for each match, at the first minute at which it holds. What it expects is
 * judged at the end of regulation time (for a trigger in extra time: at the end of that), as markets settle. The result
 * is the same on any number of threads, with the cache and without.
 */

import { Clock, Effect, type FileSystem, type Path, Result } from "effect"
import type { WorkerError } from "effect/workers/WorkerError"
import { counted } from "../domain/counted.ts"
import type { Strategy } from "../domain/Strategy.ts"
import type { FeedError } from "../feed/MatchFeed.ts"
import { matchFiles, officialRecords, refused, type SkippedFile, warn } from "../feed/recorded/RecordedFiles.ts"
import { recordingsIn } from "../recording/readRecordings.ts"
import { type MatchResult, makeBacktest } from "./backtestMatch.ts"
import { type BacktestTask, type FileResult, makeFileBacktest } from "./FileBacktest.ts"
import { recordingOf } from "./Recording.ts"
import { type StrategySummary, summarize } from "./summary.ts"
import { onThreads, threadsFor } from "./threads.ts"

export interface BacktestOptions {
  /** Directories of match files, as the recorded feed takes them. */
  readonly directories: ReadonlyArray<string>
  /** Inactive ones fire no more than they do live. */
  readonly strategies: ReadonlyArray<Strategy>
  /** The directory for decoded matches, which makes the next run faster. Absent: none is used. */
  readonly cache?: string | undefined
  /** How many threads to use. Absent: as many as the machine has cores, if there are files enough for them. */
  readonly threads?: number | undefined
  /** Is told, after each file, how many of them are done. */
  readonly onProgress?: (done: number, total: number) => Effect.Effect<void>
}

export interface BacktestReport {
  readonly matches: number
  /** Scoreboard minutes walked, in all matches together. */
  readonly snapshots: number
  /** Milliseconds, from the listing of the directories on. */
  readonly elapsedMs: number
  readonly threads: number
  /** In the order of the strategies. */
  readonly strategies: ReadonlyArray<StrategySummary>
  /** Files that were left out: damaged, or a match that another file holds already. */
  readonly skipped: ReadonlyArray<SkippedFile>
}

/** The results in the order of the files, and what is left out: what could not be read, and what was there already. */
const sorted = (files: ReadonlyArray<string>, found: ReadonlyMap<string, FileResult>) => {
  const matches = new Map<string, { readonly file: string; readonly result: MatchResult }>()
  const skipped: Array<SkippedFile> = []
  for (const file of files) {
    const each = found.get(file)
    if (each === undefined) continue
    if ("reason" in each) {
      skipped.push({ path: file, reason: each.reason })
      continue
    }
    const known = matches.get(each.result.matchId)
    if (known === undefined) matches.set(each.result.matchId, { file, result: each.result })
    else skipped.push({ path: file, reason: `match ${each.result.matchId} was read from ${known.file}` })
  }
  return { matches: [...matches.values()].map(({ result }) => result), skipped }
}

/**
 * Runs a backtest. A file that cannot be read is logged, listed in `skipped` and left out. Fails with `refused` when a
 * directory is missing or cannot be listed, and when no match is left.
 */
export const backtest = Effect.fn("backtest")(function* ({
  cache,
  directories,
  onProgress = () => Effect.void,
  strategies,
  ...options
}: BacktestOptions): Effect.fn.Return<BacktestReport, FeedError | WorkerError, FileSystem.FileSystem | Path.Path> {
  const started = yield* Clock.currentTimeMillis
  const files = yield* matchFiles(directories)
  const { failed, records } = yield* officialRecords(files)
  const task: BacktestTask = { strategies, records, cache }
  const threads = options.threads ?? threadsFor(files.length)
  const found = new Map<string, FileResult>()
  const onResult = (result: FileResult) =>
    Effect.suspend(() => {
      found.set(result.file, result)
      return onProgress(found.size, files.length)
    })
  if (threads > 1) {
    yield* onThreads(threads, task, files, onResult)
  } else {
    const run = makeFileBacktest(task)
    yield* Effect.forEach(files, (file) => Effect.flatMap(run(file), onResult), { concurrency: 2, discard: true })
  }

  const polls = yield* recordingsIn(directories)
  const ofPolls = makeBacktest(strategies)
  for (const match of polls.matches) {
    const file = `${match.match.id}`
    const recording = recordingOf(match)
    found.set(
      file,
      Result.isSuccess(recording)
        ? { file, result: ofPolls(recording.success) }
        : { file, reason: recording.failure.message }
    )
    yield* Effect.yieldNow
  }

  const { matches, skipped } = sorted([...files, ...polls.matches.map(({ match }) => `${match.id}`)], found)
  yield* Effect.forEach(skipped, warn, { discard: true })
  if (matches.length === 0) {
    const [first] = skipped
    return yield* refused(
      `No recorded match in ${directories.join(", ")}: ${
        first === undefined
          ? "no file there is called <id>.json or <id>.json.gz, and no polls were recorded there."
          : `none of ${counted(files.length, "file")} can be read, the first (${first.path}) because: ${first.reason}`
      }`
    )
  }
  return {
    matches: matches.length,
    snapshots: matches.reduce((sum, { snapshots }) => sum + snapshots, 0),
    elapsedMs: (yield* Clock.currentTimeMillis) - started,
    threads,
    strategies: summarize(strategies, matches),
    skipped: [...failed, ...polls.skipped, ...skipped]
  }
})
