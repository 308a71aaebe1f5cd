/** What property tests of conditions are run on. */
import { Arbitrary, Schema } from "effect"
import { Comparison, Condition, StrategyDefinition } from "../../src/domain/Strategy.ts"

export const comparisons = Arbitrary.schema(Comparison)
export const conditions = Arbitrary.schema(Condition)

/** Strategies whose texts are of any kind. */
export const strategies = Arbitrary.schema(Schema.toType(StrategyDefinition))
