/** The strategies that the database holds. */
import { Context, Effect, Layer, Result } from "effect"
import type { Strategy } from "../domain/Strategy.ts"
import { toStrategyFile } from "../rules/files/StrategyFile.ts"
import type { StrategyProblem } from "../rules/language/StrategyProblem.ts"
import { decodeStrategyRow } from "../rules/rows/StrategyRow.ts"
import { Database, type DatabaseError } from "./Database.ts"

/** Strategies that can be watched, and what is wrong with those that cannot. */
export interface StrategyList {
  readonly strategies: ReadonlyArray<Strategy>
  readonly problems: ReadonlyArray<StrategyProblem>
}

export class StrategyStore extends Context.Service<
  StrategyStore,
  {
    /** Every active strategy, decoded one by one: what is wrong with one stops no other. */
    readonly active: Effect.Effect<StrategyList, DatabaseError>
    /** Adds strategies or brings them up to date, by their id. */
    readonly save: (strategies: ReadonlyArray<Strategy>) => Effect.Effect<void, DatabaseError>
    /** Adds strategies to a database that holds none, and answers how many were added. */
    readonly addSamples: (strategies: ReadonlyArray<Strategy>) => Effect.Effect<number, DatabaseError>
  }
>()("touchline/database/StrategyStore") {
  /** On the Database. */
  static readonly layer = Layer.effect(
    StrategyStore,
    Effect.gen(function* () {
      const { call } = yield* Database
      return StrategyStore.of({
        active: Effect.map(call("active_strategies", {}), (rows) => {
          const [problems, strategies] = rows
            .map(decodeStrategyRow)
            .reduce<[Array<StrategyProblem>, Array<Strategy>]>(
              ([bad, good], row) =>
                Result.isSuccess(row) ? [bad, [...good, row.success]] : [[...bad, row.failure], good],
              [[], []]
            )
          return { strategies, problems }
        }),
        save: Effect.fn("StrategyStore.save")(function* (strategies) {
          yield* call("save_strategies", { definitions: strategies.map(columns) })
        }),
        addSamples: Effect.fn("StrategyStore.addSamples")(function* (strategies) {
          return (yield* call("add_sample_strategies", { definitions: strategies.map(columns) })).length
        })
      })
    })
  )
}

/** The columns of a row of `strategies`. */
const columns = ({ id, owner: _, ...definition }: Strategy) => ({
  id,
  name: definition.name,
  description: definition.description,
  is_active: definition.active,
  definition: toStrategyFile(definition)
})
