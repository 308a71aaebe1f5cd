/**
 * Strategies that are being written, and checked against recorded matches before they are saved.
 *
 * A draft is held in memory, the latest few of them: it is gone when the service stops, and so is a check under way. One check
 * runs at a time, the others wait.
 */
import { Context, Effect, type FileSystem, Layer, type Path, Random, Result, Semaphore } from "effect"
import { backtest } from "../../backtest/Backtest.ts"
import type { StrategySummary } from "../../backtest/summary.ts"
import { type StrategyDefinition, StrategyId } from "../../domain/Strategy.ts"
import { decodeStrategyFile } from "../../rules/files/StrategyFile.ts"
import type { Diagnostic } from "../../rules/language/Diagnostic.ts"
import { diagnosticsOf } from "../../rules/language/StrategyProblem.ts"
import type { KeptBacktest } from "./PageStore.ts"
import { Recordings } from "./Recordings.ts"

/** How far a check is. */
export type CheckState =
  | { readonly kind: "waiting" }
  | { readonly kind: "running"; readonly done: number; readonly total: number }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "done"; readonly summary: StrategySummary; readonly matches: number }

export interface Draft {
  readonly key: string
  /** The strategy that it is to change; undefined for a new one. */
  readonly strategy: string | undefined
  readonly text: string
  /** What names the content that it is to change. */
  readonly mark: string
  readonly check: CheckState
}

/** Drafts that are held. */
const held = 50

/** What a text says as a strategy, or what is wrong with it. The texts of pages are YAML, which takes JSON as well. */
export const readText = (text: string): Result.Result<StrategyDefinition, ReadonlyArray<Diagnostic>> =>
  Result.mapError(decodeStrategyFile("strategy.yaml", text), diagnosticsOf)

/** What is kept of a check. */
export const keptOf = ({ check }: Draft): KeptBacktest | undefined => {
  if (check.kind !== "done") return undefined
  const { baseRate, hits, misses, triggers, undecided } = check.summary
  return {
    matches: check.matches,
    triggers: triggers.length,
    hits,
    misses,
    undecided,
    ...(baseRate === undefined ? undefined : { baseRate })
  }
}

export class Drafts extends Context.Service<
  Drafts,
  {
    readonly find: (key: string | undefined) => Draft | undefined
    /** Checks a strategy on what was recorded, and answers with the draft's key while that goes on. */
    readonly check: (
      written: Pick<Draft, "strategy" | "text" | "mark">,
      definition: StrategyDefinition
    ) => Effect.Effect<string>
  }
>()("touchline/http/dashboard/Drafts") {
  static readonly layer = Layer.effect(
    Drafts,
    Effect.gen(function* () {
      const drafts = new Map<string, Draft>()
      const turn = yield* Semaphore.make(1)
      const scope = yield* Effect.scope
      const platform = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
      const { directories } = yield* Recordings

      const set = (draft: Draft): void => {
        drafts.delete(draft.key)
        drafts.set(draft.key, draft)
        for (const key of drafts.keys()) {
          if (drafts.size <= held) break
          drafts.delete(key)
        }
      }

      const run = (draft: Draft, definition: StrategyDefinition) => {
        const to = (check: CheckState) => Effect.sync(() => set({ ...draft, check }))
        return backtest({
          directories,
          strategies: [{ ...definition, active: true, id: StrategyId.make("draft") }],
          threads: 1,
          onProgress: (finished, total) => to({ kind: "running", done: finished, total })
        }).pipe(
          Effect.flatMap(({ matches, strategies: [summary] }) =>
            summary === undefined ? Effect.void : to({ kind: "done", matches, summary })
          ),
          Effect.catch(({ message }) => to({ kind: "failed", reason: message })),
          Effect.catchDefect((defect) =>
            Effect.andThen(
              Effect.logError("a check on recorded matches broke", defect),
              to({ kind: "failed", reason: "it broke: see the log" })
            )
          ),
          turn.withPermits(1),
          Effect.provideContext(platform)
        )
      }

      return Drafts.of({
        find: (key) => (key === undefined ? undefined : drafts.get(key)),
        check: Effect.fnUntraced(function* (written, definition) {
          const key = (yield* Random.nextIntBetween(0, 2 ** 48)).toString(36)
          const draft: Draft = { ...written, key, check: { kind: "waiting" } }
          if (directories.length === 0) {
            const reason =
              "nothing is recorded here. Set RECORDINGS to a directory with recorded matches, or RECORD, and polls are recorded."
            set({ ...draft, check: { kind: "failed", reason } })
            return key
          }
          set(draft)
          yield* Effect.forkIn(run(draft, definition), scope)
          return key
        })
      })
    })
  )
}
