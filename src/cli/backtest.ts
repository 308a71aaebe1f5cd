import { Console, Effect, FileSystem, Option, Path, Ref, Schedule, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { backtest as run } from "../backtest/Backtest.ts"
import { config } from "../Config.ts"
import { layerLogging } from "../Logging.ts"
import { readStrategyDirectory, type StrategyDirectoryError } from "../strategies/StrategyDirectory.ts"
import { reportJson, reportTable, triggersCsv } from "./backtestReport.ts"
import * as flags from "./flags.ts"

const samplesUrl = new URL("../../examples/strategies/", import.meta.url)

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
export const backtest = Command.make(
  "backtest",
  {
    directories: Argument.String("DIR").pipe(
      Argument.variadic({ min: 1 }),
      Argument.withDescription("Directories of match files in the Wyscout event format (.json or .json.gz)")
    ),
    strategies: Flag.String("strategies").pipe(
      Flag.withMetavar("DIR"),
      Flag.optional,
      Flag.withDescription("The directory of strategy files to test, or one such file (default: the sample strategies)")
    ),
    csv: Flag.String("csv").pipe(
      Flag.withMetavar("FILE"),
      Flag.optional,
      Flag.withDescription("Write every trigger to this file, one row each")
    ),
    cache: Flag.Boolean("cache").pipe(
      Flag.withDefault(true),
      Flag.withDescription(
        "Keep decoded matches in DATA_DIR/cache for the next run; --no-cache: neither read nor write"
      )
    ),
    threads: Flag.Int("threads").pipe(
      Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 64 })))),
      Flag.optional,
      Flag.withDescription("How many threads to use (default: one for each core)")
    ),
    json: flags.json
  },
  Effect.fn(function* ({ cache, csv, directories, json, strategies, threads }) {
    const settings = yield* config
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* Effect.gen(function* () {
      const directory = Option.isSome(strategies) ? strategies.value : yield* Effect.orDie(path.fromFileUrl(samplesUrl))
      const { leftOut, watched } = yield* watchedStrategies(directory)
      const report = yield* withProgress((onProgress) =>
        run({
          directories,
          strategies: watched,
          cache: cache ? path.resolve(settings.dataDir, "cache", "recordings") : undefined,
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
    }).pipe(Effect.provide(layerLogging(settings, process.stderr)))
  })
).pipe(
  Command.withDescription("Test strategies on recorded matches: how often they would have fired, and been right"),
  Command.withExamples([
    {
      command: "touchline backtest matches/ --strategies my-strategies/",
      description: "Test every strategy of a directory on every match of another"
    },
    { command: "touchline backtest matches/ --csv triggers.csv", description: "Also write every trigger to a file" }
  ])
)
