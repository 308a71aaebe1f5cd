/** What is wrong with the text of a strategy, as a compiler says it. */
import { Schema } from "effect"
import { printable } from "./frame.ts"

/** One thing wrong with a strategy. */
export const Diagnostic = Schema.Struct({
  /** The name of the file, or `strategy 12` for a row of the database. */
  source: Schema.String,
  /** Where in the strategy: `when[2]`, `expect.any[0]`; empty for the whole of it. */
  path: Schema.String,
  /** What is wrong, what was expected, and the nearest valid name. Understandable beside the frame. */
  message: Schema.String,
  /** Line and column of the file, counted from 1. Absent for what comes from no file. */
  line: Schema.optionalKey(Schema.Int),
  column: Schema.optionalKey(Schema.Int),
  /** The line with carets under the part that is to blame. */
  frame: Schema.optionalKey(Schema.String)
})
export interface Diagnostic extends Schema.Schema.Type<typeof Diagnostic> {}

/**
 * A diagnostic for a terminal, two or three lines:
 *
 * ```
 * strategies/late.yaml:5:11: no metric is called cornrs (did you mean corners?)
 *   5 |   - total cornrs last 15 minutes >= 4
 *     |           ^^^^^^
 * ```
 */
export const diagnosticText = ({ column, frame, line, message, source }: Diagnostic): string => {
  const place = line === undefined ? source : `${source}:${line}${column === undefined ? "" : `:${column}`}`
  return printable(`${place}: ${message}${frame === undefined ? "" : `\n${frame}`}`)
}
