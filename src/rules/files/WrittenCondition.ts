/**
 * Conditions as a strategy file may give them: as text in the written language, or as the structured form of the domain.
 * Both decode to the domain's condition; what is encoded is the structured form.
 *
 * Text stands wherever a condition or a comparison does: in `when`, in the list of an `any` group, for the whole of that
 * list (`any: minute >= 70 | total goals >= 2`), and in `expect`, where it may also be the name of an outcome.
 */
import { Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { AnyOf, Comparison, Condition, isBeforeTrigger } from "../../domain/Strategy.ts"
import { outcome, principalOutcomes } from "../expect/outcomes.ts"
import type { Fault } from "../language/Cursor.ts"
import { textLimit } from "../language/excess.ts"
import {
  type Dialect,
  everything,
  type Parsed,
  parseAlternatives,
  parseComparison,
  parseCondition,
  requirement
} from "../language/parse.ts"
import { comparatorWords } from "../language/words.ts"
import { printComparison, printCondition } from "../print.ts"
import { conditionExamples } from "./conditionExamples.ts"

/** The language of `when`. The name of an outcome is no condition there, and says so. */
export const requirementDialect: Dialect = {
  ...requirement,
  named: (name) =>
    Result.isSuccess(outcome(name)) ? Result.fail(`${name} is an outcome, which only expect takes`) : undefined
}

/** The language of `expect`: names of outcomes are comparisons. */
export const expectationDialect: Dialect = {
  ...everything,
  // Several words that are no name rather mean to be a condition, whose reader knows better what they lack.
  named: (name) => {
    const named = outcome(name)
    return Result.isFailure(named) && /\s/.test(name) ? undefined : named
  }
}

const tooLong: Fault = { start: 0, end: 1, message: `has more than ${textLimit} characters` }

const fromText = <S extends Schema.Constraint>(
  text: Schema.String,
  type: S,
  read: (text: string) => Parsed<S["Type"]>,
  print: (value: S["Type"]) => string,
  annotations: Schema.Annotations.Documentation<string> & { readonly identifier?: string }
) => {
  const readShort = (written: string): Parsed<S["Type"]> =>
    written.length > textLimit ? Result.fail([tooLong]) : read(written)
  return text.annotate(annotations).pipe(
    Schema.decodeTo(Schema.toType(type), {
      decode: SchemaGetter.transformEffect((text: string, options) =>
        Result.match(readShort(text), {
          onSuccess: Effect.succeed,
          onFailure: (faults) =>
            Effect.fail(
              new SchemaIssue.InvalidValue({ message: faults.map((each) => each.message).join("; ") }, text, options)
            )
        })
      ),
      encode: SchemaGetter.transform(print)
    })
  )
}

/** A word in any case of letters, as a pattern without flags. */
const inAnyCase = (word: string): string => word.replaceAll(/[A-Z]/g, (letter) => `[${letter}${letter.toLowerCase()}]`)

/**
 * The text of a condition of `when`. That it compares is all that an editor can see of it, and for editors only: what
 * else is wrong with a text that does not, its reader knows better.
 */
const ComparingText = Schema.String.check(
  Schema.makeFilter<string>(() => true, {
    toJsonSchema: () => ({
      pattern: `[<>=≥≤≠]|\\b(${Object.keys(comparatorWords).map(inAnyCase).join("|")})\\b`
    })
  })
)

const printAlternatives = (any: AnyOf["any"]): string => any.map(printComparison).join(" | ")

const written = (
  identifier: string,
  text: Schema.String,
  dialect: Dialect,
  description: string,
  examples: ReadonlyArray<string>
) => {
  const read = { description, examples }
  const comparison = Schema.Union([
    Comparison,
    fromText(text, Comparison, (text) => parseComparison(text, dialect), printComparison, { ...read, identifier })
  ])
  const alternatives = Schema.Union([
    Schema.NonEmptyArray(comparison),
    fromText(text, AnyOf.fields.any, (text) => parseAlternatives(text, dialect), printAlternatives, {
      description: "Comparisons in the written language, separated by |"
    })
  ])
  return Schema.Union([
    Comparison,
    Schema.Struct({ any: alternatives }).annotate({ description: "Holds when at least one of its comparisons does" }),
    fromText(text, Condition, (text) => parseCondition(text, dialect), printCondition, read)
  ])
}

/** A condition of `when`, as text or structured. */
export const WrittenRequirement = written(
  "ComparisonText",
  ComparingText,
  requirementDialect,
  "A condition in the written language",
  conditionExamples
)
  .pipe(Schema.check(isBeforeTrigger))
  .annotate({ identifier: "Condition" })

/** A condition of `expect`, as text or structured, or the name of an outcome. */
export const WrittenExpectation = written(
  "ExpectationText",
  Schema.String,
  expectationDialect,
  "A condition in the written language, or the name of an outcome",
  ["total goals since trigger >= 1", ...principalOutcomes, ...conditionExamples]
).annotate({ identifier: "Expectation" })

/** What is wrong with the text of a condition at this place of a strategy (`when[2]`, `expect.any[0]`), none elsewhere. */
export const faultsAt = (path: string, text: string): ReadonlyArray<Fault> => {
  const [, place, any, alternative] = /^(when\[\d+\]|expect)(\.any)?(\[\d+\])?$/.exec(path) ?? []
  if (place === undefined) return []
  const dialect = place === "expect" ? expectationDialect : requirementDialect
  const parse = any === undefined ? parseCondition : alternative === undefined ? parseAlternatives : parseComparison
  if (text.length > textLimit) return [tooLong]
  const parsed: Parsed<unknown> = parse(text, dialect)
  return Result.isFailure(parsed) ? parsed.failure : []
}
