import { Console, Effect, FileSystem, Path, Result, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import { type Diagnostic, diagnosticText } from "../rules/Diagnostic.ts"
import { printStrategy } from "../rules/printStrategy.ts"
import { decodeStrategyFile, isStrategyFile, toStrategyFile } from "../rules/StrategyFile.ts"
import { diagnosticsOf, StrategyProblem } from "../rules/StrategyProblem.ts"
import { StrategyDirectoryError, strategyFileId } from "../strategies/StrategyDirectory.ts"
import * as flags from "./flags.ts"

/** Strategies that cannot be used were found. What is wrong with them has been printed. */
class BadStrategies extends Schema.TaggedError<BadStrategies>()("BadStrategies", { message: Schema.String }) {}

const place = Argument.String("DIR").pipe(
  Argument.withDescription("A directory of strategy files (.yaml, .yml or .json), or one such file")
)

const of = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`

/** The strategy files of a directory in the order of their names; of a file, itself. */
const strategyFiles = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const unreadable = ({ reason }: { readonly reason: { readonly _tag: string } }) =>
    new StrategyDirectoryError({
      directory,
      message: `${directory} cannot be read (${reason._tag}). Name a directory with strategy files, or one of them.`
    })
  const { type } = yield* fs.stat(directory).pipe(Effect.mapError(unreadable))
  if (type !== "Directory") return [directory]
  const names = yield* fs.readDirectory(directory).pipe(Effect.mapError(unreadable))
  const files = names.filter(isStrategyFile).sort()
  if (files.length > 0) return files.map((name) => path.join(directory, name))
  return yield* new StrategyDirectoryError({
    directory,
    message: `${directory} holds no strategy file. Put one .yaml or .json file for each strategy there.`
  })
})

/** Each strategy file: the strategy in it, or what is wrong with it. */
const decodeAll = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const identities = new Map<string, string>()
  return yield* Effect.forEach(yield* strategyFiles(directory), (source) =>
    fs.readFileString(source).pipe(
      Effect.mapError(({ message }) => new StrategyProblem({ source, message: `cannot be read: ${message}` })),
      Effect.flatMap((text) => Effect.fromResult(decodeStrategyFile(source, text))),
      Effect.filterOrFail(
        () => {
          const id = strategyFileId(path.basename(source))
          const isFirst = !identities.has(id)
          if (isFirst) identities.set(id, path.basename(source))
          return isFirst
        },
        () =>
          new StrategyProblem({
            source,
            message: `has the same name as ${identities.get(strategyFileId(path.basename(source)))}: the name is its identity`
          })
      ),
      Effect.map((strategy) => ({ source, strategy })),
      Effect.result
    )
  )
})

/** The problems for a person, each with the line that is to blame. */
const printProblems = (diagnostics: ReadonlyArray<Diagnostic>) =>
  Console.error(diagnostics.map(diagnosticText).join("\n\n"))

const summaryOf = (files: number, bad: number): string =>
  `${of(bad, "file", "files")} of ${files} cannot be used: correct what is listed above, and check again`

const check = Command.make(
  "check",
  { place, json: flags.json },
  Effect.fn(function* ({ json, place }) {
    const results = yield* decodeAll(place)
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
    const results = yield* decodeAll(place)
    const good = results.filter(Result.isSuccess).map(({ success }) => success)
    const bad = results.filter(Result.isFailure).map(({ failure }) => failure)
    if (json) yield* Console.log(JSON.stringify({ strategies: good.map(({ strategy }) => toStrategyFile(strategy)) }))
    else if (good.length > 0) {
      yield* Console.log(
        good
          .map(({ source, strategy }) => `${results.length > 1 ? `# ${source}\n` : ""}${printStrategy(strategy)}`)
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
