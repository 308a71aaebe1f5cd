/**
 * The strategies that are watched now.
 *
 * Guarantees: a strategy that cannot be used is reported once, counted and left out; the others are watched. When the
 * strategies cannot be read at all, those read last go on being watched.
 */
import { Context, Duration, Effect, Equal, type FileSystem, Layer, type Path, Ref } from "effect"
import type { DatabaseError } from "../database/Database.ts"
import { type StrategyList, StrategyStore } from "../database/StrategyStore.ts"
import type { Strategy } from "../domain/Strategy.ts"
import { readStrategyDirectory, type StrategyDirectoryError } from "./StrategyDirectory.ts"

/** How old the strategies of the database may be before they are read again. */
export const refreshAfter = Duration.seconds(15)

/** What is watched, and how many strategies had to be left out. */
export interface Watched {
  readonly strategies: ReadonlyArray<Strategy>
  readonly leftOut: number
}

export class Strategies extends Context.Service<
  Strategies,
  {
    /** What the banner calls them, such as `database`. */
    readonly name: string
    /** The same array for as long as nothing about them has changed. */
    readonly watched: Effect.Effect<Watched>
  }
>()("touchline/strategies/Strategies") {
  /** The active strategies of the database, read again when they are older than `refreshAfter`. */
  static readonly layer: Layer.Layer<Strategies, never, StrategyStore> = Layer.effect(
    Strategies,
    Effect.gen(function* () {
      const store = yield* StrategyStore
      const admit = yield* makeAdmission
      const last = yield* Ref.make<Watched>({ strategies: [], leftOut: 0 })
      const watched = yield* store.active.pipe(
        Effect.flatMap(admit),
        Effect.flatMap((list) =>
          Ref.updateAndGet(last, (before) =>
            Equal.equals(before.strategies, list.strategies) ? { ...list, strategies: before.strategies } : list
          )
        ),
        Effect.catch((error) =>
          Effect.logWarning("the strategies cannot be read; those read last are watched").pipe(
            Effect.annotateLogs({ reason: error.message }),
            Effect.andThen(Ref.get(last))
          )
        ),
        Effect.cachedWithTTL(refreshAfter)
      )
      return Strategies.of({ name: "from the database", watched })
    })
  )

  /** Exactly the strategies in the files of a directory, read once. The database gets to know them for their triggers. */
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
        const store = yield* StrategyStore
        const admit = yield* makeAdmission
        const list = yield* readStrategyDirectory(directory)
        yield* store.save(list.strategies)
        const watched = yield* admit(list)
        return Strategies.of({ name: `from ${directory}`, watched: Effect.succeed(watched) })
      })
    )
}

/** Reports what cannot be watched, each problem once, and lets the rest through. */
const makeAdmission = Effect.map(Ref.make<ReadonlySet<string>>(new Set()), (reported) =>
  Effect.fnUntraced(function* ({ problems, strategies }: StrategyList) {
    const known = yield* Ref.get(reported)
    for (const { message, source } of problems) {
      if (known.has(`${source} ${message}`)) continue
      yield* Effect.logWarning("a strategy is left out").pipe(
        Effect.annotateLogs({ strategy: source, reason: message })
      )
    }
    yield* Ref.set(reported, new Set(problems.map(({ message, source }) => `${source} ${message}`)))
    return { strategies: strategies.filter(({ active }) => active), leftOut: problems.length }
  })
)
