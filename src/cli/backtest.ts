import { Console, Effect, FileSystem, Option, Path, Ref, Schedule, Schema } from "effect"
import { backtest as run } from "../backtest/Backtest.ts"
import { embeddedSettings } from "../database/embedded/settings.ts"
import { layerLogging } from "../Logging.ts"
import { packageFile } from "../packageFile.ts"
import { serviceSettings } from "../ServiceConfig.ts"
import { readStrategyDirectory, type StrategyDirectoryError } from "../strategies/StrategyDirectory.ts"
import { reportJson, reportTable, triggersCsv } from "./backtestReport.ts"

const samplesUrl = packageFile("examples/strategies/")

/** A file of results cannot be written. */
class OutputError extends Schema.TaggedError<OutputError>()("OutputError", { message: Schema.String }) {}

/** No strategy of the directory can be tested. */
class NoStrategyError extends Schema.TaggedError<NoStrategyError>()("NoStrategyError", { message: Schema.String }) {}

/** The strategies of a directory that a live service would watch; what is left out, and why, is logged. */
const watchedStrategies = Effect.fnUntraced(function* (directory: string): Effect.fn.Return<
  {
    readonly watched: Effect.Success<ReturnType<typeof readStrategyDirectory>>["strategies"]
    readonly leftOut: number
  },
  StrategyDirectoryError | NoStrategyError,
  FileSystem.FileSystem | Path.Path
> {
  const { problems, strategies } = yield* readStrategyDirectory(directory)
  for (const { message, source } of problems) {
    yield* Effect.logWarning("a strategy is left out").pipe(Effect.annotateLogs({ strategy: source, reason: message }))
  }
  for (const { name } of strategies.filter(({ active }) => !active)) {
    yield* Effect.logWarning("a strategy is left out").pipe(
      Effect.annotateLogs({ strategy: name, reason: "it is not active" })
    )
  }
  const watched = strategies.filter(({ active }) => active)
  if (watched.length > 0) return { watched, leftOut: problems.length + strategies.length - watched.length }
  return yield* new NoStrategyError({ message: `no strategy in ${directory} can be used` })
})

/** Shows on a terminal how far it is; elsewhere nothing. */
const withProgress = <A, E, R>(
  effect: (onProgress: (done: number, total: number) => Effect.Effect<void>) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    if (!process.stderr.isTTY) return yield* effect(() => Effect.void)
    const progress = yield* Ref.make("reading matches")
    const show = Effect.flatMap(Ref.get(progress), (text) =>
      Effect.sync(() => process.stderr.write(`\r\x1b[2K${text}`))
    )
    yield* Effect.forkScoped(
      show.pipe(
        Effect.repeat(Schedule.spaced("100 millis")),
        Effect.ensuring(Effect.sync(() => process.stderr.write("\r\x1b[2K")))
      )
    )
    return yield* effect((done, total) => Ref.set(progress, `${done} of ${total} matches`))
  }).pipe(Effect.scoped)

/** `touchline backtest`: what strategies would have done on recorded matches. */
export const backtest = Effect.fnUntraced(function* ({
  cache,
  csv,
  directories,
  json,
  strategies,
  threads
}: {
  readonly cache: boolean
  readonly csv: Option.Option<string>
  readonly directories: ReadonlyArray<string>
  readonly json: boolean
  readonly strategies: Option.Option<string>
  readonly threads: Option.Option<number>
}) {
  const service = yield* serviceSettings.read
  const dataDir = yield* embeddedSettings.read
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* Effect.gen(function* () {
    const directory = Option.isSome(strategies) ? strategies.value : yield* Effect.orDie(path.fromFileUrl(samplesUrl))
    const { leftOut, watched } = yield* watchedStrategies(directory)
    const report = yield* withProgress((onProgress) =>
      run({
        directories,
        strategies: watched,
        cache: cache ? path.resolve(dataDir, "cache", "recordings") : undefined,
        threads: Option.getOrUndefined(threads),
        onProgress
      })
    )
    if (Option.isSome(csv)) {
      yield* fs
        .writeFileString(csv.value, yield* triggersCsv(report))
        .pipe(
          Effect.mapError(({ message }) => new OutputError({ message: `${csv.value} cannot be written: ${message}` }))
        )
    }
    yield* Console.log(json ? JSON.stringify(reportJson(report)) : reportTable(report, leftOut))
  }).pipe(Effect.provide(layerLogging(service, process.stderr)))
})
