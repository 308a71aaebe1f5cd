/**
 * The strategies that are watched now.
 *
 * Guarantees: a strategy that cannot be used is reported once, counted and left out; the others are watched. When the
 * strategies cannot be read at all, those read last go on being watched.
 */
import { Context, Duration, Effect, Equal, type FileSystem, Layer, type Path, Ref } from "effect"
import type { DatabaseError } from "../database/Database.ts"
import { type StrategyList, StrategyStore } from "../database/StrategyStore.ts"
import { directorySet, readStrategyDirectory, type StrategyDirectoryError } from "./StrategyDirectory.ts"
import { makeWatchedSet, type Watched } from "./Watched.ts"

/** How old the strategies of the database may be before they are read again. */
export const refreshAfter = Duration.seconds(15)

export class Strategies extends Context.Service<
  Strategies,
  {
    /** What the banner calls them, such as `from the database`. */
    readonly name: string
    /**
     * Which strategies these are, for instances on one Redis: those of one set share their ticks, those of different sets
     * each have their own. Undefined for the database's; a short name without spaces for any others.
     */
    readonly set: string | undefined
    /** What is watched now. It waits for no database and no disk. */
    readonly watched: Effect.Effect<Watched>
  }
>()("touchline/strategies/Strategies") {
  /** The active strategies of the database, read again when they are older than `refreshAfter`. */
  static readonly layer: Layer.Layer<Strategies, never, StrategyStore> = Layer.effect(
    Strategies,
    Effect.gen(function* () {
      const store = yield* StrategyStore
      const admit = yield* makeAdmission
      const set = makeWatchedSet()
      const watched = yield* store.active.pipe(
        Effect.flatMap(admit),
        Effect.andThen(({ leftOut, strategies }) =>
          Effect.sync(() => {
            const before = new Map([...set.now().all()].map((strategy) => [String(strategy.id), strategy]))
            const added = strategies.filter((strategy) => !Equal.equals(before.get(strategy.id), strategy))
            for (const { id } of strategies) before.delete(id)
            set.change({ added, leftOut, removed: [...before.keys()] })
          })
        ),
        Effect.catch((error) =>
          Effect.logWarning("the strategies cannot be read; those read last are watched").pipe(
            Effect.annotateLogs({ reason: error.message })
          )
        ),
        Effect.cachedWithTTL(refreshAfter),
        Effect.map((look) => Effect.map(look, set.now))
      )
      return Strategies.of({ name: "from the database", set: undefined, watched })
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
        const { leftOut, strategies } = yield* admit(list)
        const set = makeWatchedSet()
        set.change({ added: strategies, removed: [], leftOut })
        return Strategies.of({
          name: `from ${directory}`,
          set: yield* directorySet(directory),
          watched: Effect.sync(set.now)
        })
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
