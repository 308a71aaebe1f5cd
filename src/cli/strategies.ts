/** What is in strategy files. Touches neither database nor service. */
import { Console, Effect, Result, Schema } from "effect"
import { printStrategy } from "../rules/files/printStrategy.ts"
import { toStrategyFile } from "../rules/files/StrategyFile.ts"
import { type Diagnostic, diagnosticText } from "../rules/language/Diagnostic.ts"
import { diagnosticsOf } from "../rules/language/StrategyProblem.ts"
import { readStrategyFiles } from "../strategies/StrategyDirectory.ts"

/** Strategies that cannot be used were found. What is wrong with them has been printed. */
class BadStrategies extends Schema.TaggedError<BadStrategies>()("BadStrategies", { message: Schema.String }) {}

/** What the commands take: a directory of strategy files, or one such file. */
interface StrategiesOptions {
  readonly place: string
  readonly json: boolean
}

const of = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`

/** The problems for a person, each with the line that is to blame. */
const printProblems = (diagnostics: ReadonlyArray<Diagnostic>) =>
  Console.error(diagnostics.map(diagnosticText).join("\n\n"))

const summaryOf = (files: number, bad: number): string =>
  `${of(bad, "file", "files")} of ${files} cannot be used: correct what is listed above, and check again`

/** `touchline strategies check`. */
export const check = Effect.fnUntraced(function* ({ json, place }: StrategiesOptions) {
  const results = yield* readStrategyFiles(place)
  const bad = results.filter(Result.isFailure).map(({ failure }) => failure)
  const problems = bad.flatMap(diagnosticsOf)
  if (json) yield* Console.log(JSON.stringify({ files: results.length, problems }))
  else if (problems.length > 0) yield* printProblems(problems)
  else yield* Console.log(`${of(results.length, "strategy", "strategies")}, nothing wrong`)
  if (bad.length > 0) return yield* new BadStrategies({ message: summaryOf(results.length, bad.length) })
})

/** `touchline strategies show`. */
export const show = Effect.fnUntraced(function* ({ json, place }: StrategiesOptions) {
  const results = yield* readStrategyFiles(place)
  const good = results.filter(Result.isSuccess).map(({ success }) => success)
  const bad = results.filter(Result.isFailure).map(({ failure }) => failure)
  if (json) yield* Console.log(JSON.stringify({ strategies: good.map(({ definition }) => toStrategyFile(definition)) }))
  else if (good.length > 0) {
    yield* Console.log(
      good
        .map(({ definition, source }) => `${results.length > 1 ? `# ${source}\n` : ""}${printStrategy(definition)}`)
        .join("\n")
        .trimEnd()
    )
  }
  if (bad.length === 0) return
  yield* printProblems(bad.flatMap(diagnosticsOf))
  return yield* new BadStrategies({ message: summaryOf(results.length, bad.length) })
})
