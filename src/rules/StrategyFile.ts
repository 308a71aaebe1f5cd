/**
 * Strategy files: one strategy each, YAML or JSON, in the structured form that the domain's `Strategy` module shows.
 */
import { Result, Schema, SchemaParser } from "effect"
import { Yaml } from "effect/encoding"
import { type Problem, problemsOf } from "../domain/problems.ts"
import { StrategyDefinition } from "../domain/Strategy.ts"
import { isTooDeep, tooDeep } from "./Checked.ts"
import { StrategyProblem } from "./StrategyProblem.ts"

/** A strategy as plain data, ready for `JSON.stringify`, which YAML readers take as well. */
export type StrategyFileContent = typeof StrategyDefinition.Encoded

const decode = SchemaParser.decodeUnknownResult(StrategyDefinition, {
  errors: "all",
  onExcessProperty: "error",
  reportInput: true
})

const encode = Schema.encodeSync(StrategyDefinition)

/** Places in a strategy where a condition stands: `when[2]`, `when[2].any[0]`, `expect`. */
const conditionPath = /^(when\[\d+\](\.any\[\d+\])?|expect(\.any\[\d+\])?)$/

/**
 * A condition given as text is in the written language, of which the structured form knows nothing: say which form is
 * taken.
 */
const explained = ({ message, path }: Problem): string => {
  const got = message.indexOf(', got "')
  const text =
    conditionPath.test(path) && got >= 0
      ? `a condition is a mapping here, such as { left: minute, comparator: ">=", right: 70 }${message.slice(got)}`
      : message
  return path === "" ? text : `${path}: ${text}`
}

/** Decodes a strategy from plain data, as read from a file or a column of the database. `source` names it in problems. */
export const decodeStrategy = (source: string, content: unknown): Result.Result<StrategyDefinition, StrategyProblem> =>
  isTooDeep(content)
    ? Result.fail(new StrategyProblem({ source, message: tooDeep }))
    : Result.mapError(
        decode(content),
        (issue) => new StrategyProblem({ source, message: problemsOf(issue).map(explained).join("; ") })
      )

type Parse = (text: string) => unknown

/** What a text holds, or what the parser says of it when it cannot be read. */
const read = (parse: Parse, text: string): Result.Result<unknown, string> =>
  Result.try({ try: () => parse(text), catch: (error) => (error instanceof Error ? error.message : String(error)) })

/**
 * The YAML reader names the line of most faults, but neither that of a fault inside braces or brackets nor that of a
 * quote left open. Those begin on the line after the longest beginning of the text that can be read.
 */
const withLine = (message: string, text: string): string => {
  if (/ at line \d+$/.test(message)) return message
  const lines = text.split("\n")
  const readable = lines.findLastIndex((_, index) =>
    Result.isSuccess(read(Yaml.parse, lines.slice(0, index + 1).join("\n")))
  )
  return `${message.replace(/ at flow offset \d+$/, "")} at line ${readable + 2}`
}

const readYaml = (text: string): Result.Result<unknown, string> =>
  Result.mapError(read(Yaml.parse, text), (message) => `cannot be read as YAML: ${withLine(message, text)}`)

const readJson = (text: string): Result.Result<unknown, string> =>
  Result.mapError(read(JSON.parse, text), (message) => `cannot be read as JSON: ${message}`)

const formats = new Map([
  ["yaml", readYaml],
  ["yml", readYaml],
  ["json", readJson]
])

const formatOf = (name: string) => formats.get(name.slice(name.lastIndexOf(".") + 1).toLowerCase())

/** Whether a file of this name is taken for a strategy: it ends in .yaml, .yml or .json. */
export const isStrategyFile = (name: string): boolean => formatOf(name) !== undefined

/** Decodes the text of a strategy file. The extension of its name decides how it is read: .yaml, .yml or .json. */
export const decodeStrategyFile = (name: string, text: string): Result.Result<StrategyDefinition, StrategyProblem> => {
  const format = formatOf(name) ?? (() => Result.fail("is no strategy file: its name must end in .yaml, .yml or .json"))
  return format(text).pipe(
    Result.mapError((message) => new StrategyProblem({ source: name, message })),
    Result.flatMap((content) => decodeStrategy(name, content))
  )
}

/** The content of the file that decodes to this strategy. */
export const toStrategyFile = (strategy: StrategyDefinition): StrategyFileContent => encode(strategy)
