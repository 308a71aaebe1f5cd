import { Schema } from "effect"
import { Diagnostic } from "./Diagnostic.ts"

/** A strategy that cannot be used. It is reported once and left out; the others run. */
export class StrategyProblem extends Schema.TaggedError<StrategyProblem>()("StrategyProblem", {
  /** Where the strategy comes from: the name of its file, or `strategy 12` for a row of the database. */
  source: Schema.String,
  /**
   * What is wrong with it, on one line: line and column (of a file), path, reason and nearest valid name, in a person's
   * words. Several are joined by `; `.
   */
  message: Schema.String,
  /** The same one by one, with the text that is to blame. Absent where the text is not known. */
  diagnostics: Schema.optionalKey(Schema.Array(Diagnostic))
}) {}

/** What is wrong with a strategy, one by one; a problem without diagnostics is one itself. */
export const diagnosticsOf = ({ diagnostics, message, source }: StrategyProblem): ReadonlyArray<Diagnostic> =>
  diagnostics ?? [{ source, path: "", message }]
