import { Console, Effect, Result, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import { printStrategy } from "../rules/files/printStrategy.ts"
import { toStrategyFile } from "../rules/files/StrategyFile.ts"
import { type Diagnostic, diagnosticText } from "../rules/language/Diagnostic.ts"
import { diagnosticsOf } from "../rules/language/StrategyProblem.ts"
import { readStrategyFiles } from "../strategies/StrategyDirectory.ts"
import * as flags from "./flags.ts"

/** Strategies that cannot be used were found. What is wrong with them has been printed. */
class BadStrategies extends Schema.TaggedError<BadStrategies>()("BadStrategies", { message: Schema.String }) {}

const place = Argument.String("DIR").pipe(
  Argument.withDescription("A directory of strategy files (.yaml, .yml or .json), or one such file")
)

const of = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`

/** The problems for a person, each with the line that is to blame. */
const printProblems = (diagnostics: ReadonlyArray<Diagnostic>) =>
  Console.error(diagnostics.map(diagnosticText).join("\n\n"))

const summaryOf = (files: number, bad: number): string =>
  `${of(bad, "file", "files")} of ${files} cannot be used: correct what is listed above, and check again`

const check = Command.make(
  "check",
  { place, json: flags.json },
  Effect.fn(function* ({ json, place }) {
    const results = yield* readStrategyFiles(place)
    const bad = results.filter(Result.isFailure).map(({ failure }) => failure)
    const problems = bad.flatMap(diagnosticsOf)
    if (json) yield* Console.log(JSON.stringify({ files: results.length, problems }))
    else if (problems.length > 0) yield* printProblems(problems)
    else yield* Console.log(`${of(results.length, "strategy", "strategies")}, nothing wrong`)
    if (bad.length > 0) return yield* new BadStrategies({ message: summaryOf(results.length, bad.length) })
  })
).pipe(Command.withDescription("Check strategy files: every fault with its line; exit code 1 if there is any"))

const show = Command.make(
  "show",
  { place, json: flags.json },
  Effect.fn(function* ({ json, place }) {
    const results = yield* readStrategyFiles(place)
    const good = results.filter(Result.isSuccess).map(({ success }) => success)
    const bad = results.filter(Result.isFailure).map(({ failure }) => failure)
    if (json)
      yield* Console.log(JSON.stringify({ strategies: good.map(({ definition }) => toStrategyFile(definition)) }))
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
).pipe(Command.withDescription("Print strategies in their normal form: conditions in the written language"))

/** `touchline strategies`: what is in strategy files. Touches neither database nor service. */
export const strategies = Command.make("strategies").pipe(
  Command.withDescription("Check strategy files, or show them in their normal form"),
  Command.withSubcommands([check, show])
)
