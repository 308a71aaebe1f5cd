/** What property tests of conditions and strategies are run on: anything that the domain takes. */
import { Arbitrary, Schema } from "effect"
import { Comparison, Condition, StrategyDefinition } from "../../src/domain/Strategy.ts"

export const comparisons = Arbitrary.schema(Comparison)
export const conditions = Arbitrary.schema(Condition)

/** Whether every id is one that a file can hold: ids are checked where they come in. */
const hasIdsOfText = ({ competitions }: StrategyDefinition): boolean =>
  competitions?.every((id) => id.isWellFormed() && !id.includes("\0")) ?? true

/** Strategies whose texts are of any kind. */
export const strategies = Arbitrary.schema(Schema.toType(StrategyDefinition)).pipe(Arbitrary.filter(hasIdsOfText))
