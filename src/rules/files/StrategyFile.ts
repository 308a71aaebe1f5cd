/**
 * Strategy files: one strategy each, YAML or JSON. A condition is a text in the written language or the structured form
 * that the domain's `Strategy` module shows; the two may be mixed.
 *
 * Strategies come out in normal form (see `normal.ts`). What is wrong with a file is reported whole: every fault with its
 * line, its column and the nearest valid name.
 */
import { Predicate, Result, Schema, SchemaParser } from "effect"
import { Yaml } from "effect/encoding"
import { withHints } from "../../domain/nearest.ts"
import { problemsOf } from "../../domain/problems.ts"
import { StrategyDefinition } from "../../domain/Strategy.ts"
import type { Diagnostic } from "../language/Diagnostic.ts"
import { excess, problemLimit, tooDeep, tooMany } from "../language/excess.ts"
import { frame, positionAt } from "../language/frame.ts"
import { normalStrategy } from "../language/normal.ts"
import { diagnosticsOf, StrategyProblem } from "../language/StrategyProblem.ts"
import { type SourceText, strategyProblem } from "./findings.ts"
import { jsonFault } from "./jsonFault.ts"
import { placesOf } from "./places.ts"
import { WrittenExpectation, WrittenRequirement } from "./WrittenCondition.ts"
import { yamlFault } from "./yamlFault.ts"

/** A strategy as a file holds it. */
export const StrategyFile = Schema.Struct({
  ...StrategyDefinition.fields,
  when: Schema.NonEmptyArray(WrittenRequirement).annotate({
    description: "The conditions that must all hold for the strategy to fire"
  }),
  expect: Schema.optionalKey(WrittenExpectation)
}).annotate({
  identifier: "Strategy",
  title: "Touchline strategy",
  description: "One strategy: when it fires, and what it expects of the match"
})

/** A strategy as plain data in the structured form, ready for `JSON.stringify`, which YAML readers take as well. */
export type StrategyFileContent = typeof StrategyDefinition.Encoded

const decode = SchemaParser.decodeUnknownResult(StrategyFile, {
  errors: "all",
  onExcessProperty: "error",
  reportInput: true
})

const encode = Schema.encodeSync(StrategyDefinition)

const decodeContent = (
  source: string,
  content: unknown,
  from?: SourceText
): Result.Result<StrategyDefinition, StrategyProblem> => {
  const tooMuch = excess(content) ?? (Predicate.hasProperty(content, "when") ? tooMany(content.when) : undefined)
  if (tooMuch !== undefined)
    return Result.fail(strategyProblem(source, content, [{ path: "", message: tooMuch }], from))
  // What is wrong is read again for its place: hints are for then.
  return Result.mapBoth(
    withHints(0, () => decode(content)),
    {
      onSuccess: (strategy) => normalStrategy<StrategyDefinition>(strategy),
      onFailure: (issue) => withHints(problemLimit, () => strategyProblem(source, content, problemsOf(issue), from))
    }
  )
}

/** Decodes a strategy from plain data, as read from a file or a column of the database. `source` names it in problems. */
export const decodeStrategy = (source: string, content: unknown): Result.Result<StrategyDefinition, StrategyProblem> =>
  decodeContent(source, content)

type Parse = (text: string) => unknown

/** What a text holds, or what the parser says of it when it cannot be read. */
const read = (parse: Parse, text: string): Result.Result<unknown, string> =>
  Result.try({
    try: () => parse(text),
    catch: (error) => {
      const message = error instanceof Error ? error.message : String(error)
      // A parser that runs out of stack has met what nests deeper than anything that it could report.
      return error instanceof RangeError && message.includes("call stack") ? tooDeep : message
    }
  })

/** Why a text cannot be read, and the offset of the fault in it. */
interface Unreadable {
  readonly message: string
  readonly offset: number
}

const readYaml = (text: string): Result.Result<unknown, Unreadable> =>
  Result.mapError(read(Yaml.parse, text), (reason) => {
    if (reason === tooDeep) return { message: tooDeep, offset: 0 }
    const { message, offset } = yamlFault(text, reason, (part) =>
      Result.getOrUndefined(Result.flip(read(Yaml.parse, part)))
    )
    return { message: `cannot be read as YAML: ${message}`, offset }
  })

/** What the reader of JSON says, without the text (of any length) and the place (in its own words) that it adds. */
const jsonReason = (message: string): string =>
  message.replace(/(, .*)?(\.\.\.)?( is not valid JSON| in JSON at position .*)$/s, "")

const readJson = (text: string): Result.Result<unknown, Unreadable> => {
  if (text.trim() === "") return Result.succeed(null)
  const content = read(JSON.parse, text)
  const fault = jsonFault(text)
  switch (fault?.kind) {
    case "depth":
      return Result.fail({ message: tooDeep, offset: fault.offset })
    case "duplicate key":
      return Result.fail({
        message: "has this key twice in one mapping: which of the two counts?",
        offset: fault.offset
      })
    default:
      return Result.mapError(content, (message) => ({
        message: `cannot be read as JSON: ${jsonReason(message)}`,
        offset: fault?.offset ?? text.length
      }))
  }
}

const formats = new Map([
  ["yaml", readYaml],
  ["yml", readYaml],
  ["json", readJson]
])

const formatOf = (name: string) => formats.get(name.slice(name.lastIndexOf(".") + 1).toLowerCase())

/**
 * Whether a file of this name is taken for a strategy: it ends in .yaml, .yml or .json, and is not hidden, as what editors and
 * file systems leave beside a file is.
 */
export const isStrategyFile = (name: string): boolean => !name.startsWith(".") && formatOf(name) !== undefined

const unreadable = (source: string, text: string, { message, offset }: Unreadable): StrategyProblem => {
  const { column, line } = positionAt(text, offset)
  const diagnostic = { source, path: "", message, line, column, frame: frame(text, offset, offset + 1) }
  return new StrategyProblem({ source, message: `${line}:${column}: ${message}`, diagnostics: [diagnostic] })
}

/** The content with ids of competitions as they are spelled: `1e3`, `0x1F` and `007` are other numbers to a reader of numbers. */
const withIdsAsSpelled = (content: unknown, { places, text }: SourceText): unknown => {
  if (!Predicate.hasProperty(content, "competitions") || !Array.isArray(content.competitions)) return content
  const competitions = content.competitions.map((id: unknown, index) => {
    const place = places.get(`competitions[${index}]`)
    const spelled = place === undefined ? "" : text.slice(place.start, place.end).trim()
    // An alias is spelled where its anchor is.
    return typeof id === "number" && /^[-+.\d]/.test(spelled) ? spelled : id
  })
  return { ...content, competitions }
}

const hasNumbers = (content: unknown): boolean =>
  Predicate.hasProperty(content, "competitions") &&
  Array.isArray(content.competitions) &&
  content.competitions.some((id) => typeof id === "number")

/** Decodes the text of a strategy file. The extension of its name decides how it is read: .yaml, .yml or .json. */
export const decodeStrategyFile = (name: string, text: string): Result.Result<StrategyDefinition, StrategyProblem> => {
  const format = formatOf(name)
  if (format === undefined) {
    const message = "is no strategy file: its name must end in .yaml, .yml or .json"
    return Result.fail(new StrategyProblem({ source: name, message }))
  }
  return format(text).pipe(
    Result.mapError((reason) => unreadable(name, text, reason)),
    Result.flatMap((content) => {
      // Places are for problems, which are few: a good file is walked twice only to see how its ids are spelled.
      const decoded = decodeContent(name, content)
      if (Result.isSuccess(decoded) && !hasNumbers(content)) return decoded
      const from = { text, places: placesOf(text) }
      if (Result.isFailure(decoded)) return decodeContent(name, content, from)
      return decodeContent(name, withIdsAsSpelled(content, from), from)
    })
  )
}

/** Everything that is wrong with a strategy file, each with its place and frame; nothing when it can be used. */
export const checkStrategyFile = (name: string, text: string): ReadonlyArray<Diagnostic> =>
  Result.match(decodeStrategyFile(name, text), { onSuccess: () => [], onFailure: diagnosticsOf })

/** The content, in the structured form, of a file that decodes to this strategy. */
export const toStrategyFile = (strategy: StrategyDefinition): StrategyFileContent => encode(strategy)
