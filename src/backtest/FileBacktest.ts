/** The part of a backtest that any thread can do: one file, from its bytes to what the strategies make of the match. */
import { Effect, type FileSystem, type Path } from "effect"
import type { Strategy } from "../domain/Strategy.ts"
import type { OfficialRecords } from "../feed/recorded/RecordedFiles.ts"
import { type MatchResult, makeBacktest } from "./backtestMatch.ts"
import { makeRecordings } from "./RecordingCache.ts"

/** What is the same for all files. Plain data, so that it can go to another thread. */
export interface BacktestTask {
  readonly strategies: ReadonlyArray<Strategy>
  readonly records: OfficialRecords
  /** The directory of the cache of decoded matches, if there is to be one. */
  readonly cache: string | undefined
}

/** What a file came to: the result, or why it is left out. Plain data too. */
export type FileResult = { readonly file: string } & ({ readonly result: MatchResult } | { readonly reason: string })

/** Backtests files one by one. A file that holds no match, or breaks something, is a result with a reason. */
export const makeFileBacktest = (
  task: BacktestTask
): ((file: string) => Effect.Effect<FileResult, never, FileSystem.FileSystem | Path.Path>) => {
  const recordings = makeRecordings(task)
  const backtest = makeBacktest(task.strategies)
  return (file) =>
    recordings(file).pipe(
      Effect.map((recording): FileResult => ({ file, result: backtest(recording) })),
      Effect.catch(({ message }) => Effect.succeed<FileResult>({ file, reason: message })),
      Effect.catchDefect((defect) =>
        Effect.succeed<FileResult>({ file, reason: defect instanceof Error ? defect.message : String(defect) })
      )
    )
}
