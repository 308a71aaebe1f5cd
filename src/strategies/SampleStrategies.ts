/** The strategies that come with Touchline, for a database that has none yet. */
import { Effect, type FileSystem, Layer, Path } from "effect"
import type { DatabaseError } from "../database/Database.ts"
import { StrategyStore } from "../database/StrategyStore.ts"
import { readStrategyDirectory, type StrategyDirectoryError } from "./StrategyDirectory.ts"

const samplesUrl = new URL("../../examples/strategies/", import.meta.url)

/** Puts the samples into the database, unless it holds any strategy. */
export const layerSampleStrategies: Layer.Layer<
  never,
  StrategyDirectoryError | DatabaseError,
  StrategyStore | FileSystem.FileSystem | Path.Path
> = Layer.effectDiscard(
  Effect.gen(function* () {
    const paths = yield* Path.Path
    const store = yield* StrategyStore
    const { strategies } = yield* readStrategyDirectory(yield* Effect.orDie(paths.fromFileUrl(samplesUrl)))
    const added = yield* store.addSamples(strategies)
    if (added > 0)
      yield* Effect.logInfo("the sample strategies are in").pipe(Effect.annotateLogs({ strategies: added }))
  })
)
