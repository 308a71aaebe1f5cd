/**
 * The strategies that are watched now: those of the database, or those of a directory of files. Both are followed while the
 * service runs (`followDatabase`, `followDirectory`).
 *
 * Guarantees: a strategy that cannot be used is reported once, counted and left out; the others are watched. When the
 * strategies cannot be read at all, those read last go on being watched. Asking what is watched waits for nothing.
 */
import { Context, Effect, type FileSystem, Layer, type Path } from "effect"
import type { DatabaseError } from "../database/Database.ts"
import type { StrategyStore } from "../database/StrategyStore.ts"
import { followDatabase } from "./followDatabase.ts"
import { followDirectory } from "./followDirectory.ts"
import { sampleStrategies } from "./SampleStrategies.ts"
import { directorySet, isIdOfFile, type StrategyDirectoryError } from "./StrategyDirectory.ts"
import { type Watched, watchedOf } from "./Watched.ts"

const fromDatabase = "from the database"

export class Strategies extends Context.Service<
  Strategies,
  {
    /** What the banner calls them, such as `from the database`. */
    readonly name: string
    /**
     * Which strategies these are, for instances on one Redis: those of one set share their ticks, those of different sets
     * each have their own. Undefined for the database's; a short name without spaces and colons for any others.
     */
    readonly set: string | undefined
    /** The directory, or file, that they are kept in. Absent: the database. */
    readonly directory?: string
    /** What is watched now. It waits for no database and no disk. Only what the database has (`StrategyStore`) gets triggers. */
    readonly watched: Effect.Effect<Watched>
  }
>()("touchline/strategies/Strategies") {
  /** The active strategies of the database. */
  static readonly layer: Layer.Layer<
    Strategies,
    StrategyDirectoryError,
    StrategyStore | FileSystem.FileSystem | Path.Path
  > = Layer.effect(
    Strategies,
    Effect.gen(function* () {
      const { follow, watched } = yield* followDatabase({ isDryRun: false })
      yield* tellOfFormerFiles(watched())
      yield* Effect.forkScoped(follow)
      return Strategies.of({ name: fromDatabase, set: undefined, watched: Effect.sync(watched) })
    })
  )

  /** Exactly the strategies in the files of a directory, or in one file. The database knows them for their triggers. */
  static readonly layerDirectory = (
    directory: string
  ): Layer.Layer<
    Strategies,
    StrategyDirectoryError | DatabaseError,
    StrategyStore | FileSystem.FileSystem | Path.Path
  > =>
    Layer.effect(
      Strategies,
      Effect.gen(function* () {
        const { follow, watched } = yield* followDirectory(directory, { isDryRun: false })
        yield* Effect.forkScoped(follow)
        return Strategies.of({
          name: `from ${directory}`,
          set: yield* directorySet(directory),
          directory,
          watched: Effect.sync(watched)
        })
      })
    )

  /**
   * What would be watched, as it is now, of a directory or of the database: for a dry run. The database is asked and not
   * told of anything; one that keeps no strategy would begin with the samples, so they are what is watched.
   */
  static readonly layerPreview = (
    directory: string | undefined
  ): Layer.Layer<
    Strategies,
    StrategyDirectoryError | DatabaseError,
    StrategyStore | FileSystem.FileSystem | Path.Path
  > =>
    Layer.effect(
      Strategies,
      Effect.gen(function* () {
        if (directory !== undefined) {
          const { watched } = yield* followDirectory(directory, { isDryRun: true })
          return Strategies.of({ name: `from ${directory}`, set: undefined, watched: Effect.sync(watched) })
        }
        const { isEmpty, watched } = yield* followDatabase({ isDryRun: true })
        const now = isEmpty() ? watchedOf(yield* sampleStrategies) : watched()
        return Strategies.of({ name: fromDatabase, set: undefined, watched: Effect.succeed(now) })
      })
    )
}

/** How many names one line of the log holds. */
const mostNames = 20

/** Says which strategies an earlier version has put into the database for the files of a run: they are still watched. */
const tellOfFormerFiles = Effect.fnUntraced(function* ({ all }: Watched) {
  const samples = new Set((yield* sampleStrategies).map(({ id }) => id))
  const former: Array<string> = []
  for (const { id, name, owner } of all()) {
    if (owner === undefined && isIdOfFile(id) && !samples.has(id)) former.push(name)
  }
  if (former.length === 0) return
  yield* Effect.logWarning("strategies that came from files of an earlier run are still watched").pipe(
    Effect.annotateLogs({
      strategies: former.length,
      names: former.slice(0, mostNames).join(", "),
      todo: "To stop watching them, run once with --strategies and their directory, or set is_active to false in their rows."
    })
  )
})
