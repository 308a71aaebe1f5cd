import { Schema } from "effect"

/** A strategy that cannot be used. It is reported once and left out; the others run. */
export class StrategyProblem extends Schema.TaggedError<StrategyProblem>()("StrategyProblem", {
  /** Where the strategy comes from: the name of its file, or `strategy 12` for a row of the database. */
  source: Schema.String,
  /** What is wrong with it: path, reason and nearest valid name, in a person's words. Several are joined by `; `. */
  message: Schema.String
}) {}
