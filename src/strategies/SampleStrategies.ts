/** The strategies that come with Touchline, for a database that keeps none yet. */
import { Effect, type FileSystem, Layer, Path } from "effect"
import type { DatabaseError } from "../database/Database.ts"
import { StrategyStore } from "../database/StrategyStore.ts"
import { packageFile } from "../packageFile.ts"
import { readStrategyDirectory, type StrategyDirectoryError } from "./StrategyDirectory.ts"

const samplesUrl = packageFile("examples/strategies/")

/** The samples, under the ids of their files. */
export const sampleStrategies = Effect.gen(function* () {
  const paths = yield* Path.Path
  return (yield* readStrategyDirectory(yield* Effect.orDie(paths.fromFileUrl(samplesUrl)))).strategies
})

/** Puts the samples into the database, unless it keeps any strategy; those of files do not count. */
export const layerSampleStrategies: Layer.Layer<
  never,
  StrategyDirectoryError | DatabaseError,
  StrategyStore | FileSystem.FileSystem | Path.Path
> = Layer.effectDiscard(
  Effect.gen(function* () {
    const store = yield* StrategyStore
    const added = yield* store.addSamples(yield* sampleStrategies)
    if (added > 0)
      yield* Effect.logInfo("the sample strategies are in").pipe(Effect.annotateLogs({ strategies: added }))
  })
)
