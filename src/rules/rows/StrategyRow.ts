/**
 * Strategies as the database keeps them: a row of `strategies` with its rows of `rules`, or with the structured form in
 * its column `definition`, which then counts instead of the rules.
 */
import { Option, Predicate, Result, Schema } from "effect"
import { TextOrNumber } from "../../domain/Match.ts"
import { withHints } from "../../domain/nearest.ts"
import { oneLine } from "../../domain/oneLine.ts"
import type { Comparison, Condition, Strategy } from "../../domain/Strategy.ts"
import { OwnerId, StrategyId } from "../../domain/Strategy.ts"
import { decodeStrategy, type StrategyFileContent } from "../files/StrategyFile.ts"
import { expectationDialect } from "../files/WrittenCondition.ts"
import { checker, isPresent, nullable, problemsIn } from "../language/Checked.ts"
import { excess, problemLimit, textLimit, told, tooMany } from "../language/excess.ts"
import { parseCondition } from "../language/parse.ts"
import { StrategyProblem } from "../language/StrategyProblem.ts"
import { withJson } from "./jsonText.ts"
import { beyond, defaultLimits, type Limits, limitNamed } from "./limits.ts"
import { tooLarge } from "./price.ts"
import { decodeRule } from "./RuleRow.ts"

const StrategyRow = Schema.Struct({
  id: StrategyId,
  user_id: nullable(OwnerId),
  name: nullable(Schema.String),
  description: nullable(Schema.String),
  desired_outcome: nullable(Schema.String),
  is_active: nullable(Schema.Boolean),
  /** Null or empty: all. */
  league_ids: nullable(Schema.Array(TextOrNumber)),
  definition: nullable(Schema.Record(Schema.String, Schema.Unknown)),
  rules: nullable(Schema.Array(Schema.Unknown))
})
type StrategyRow = typeof StrategyRow.Type

const checkRow = checker(StrategyRow)

/** What is wrong with a list of competitions that holds more of what is none than is told of one by one, or undefined. */
const noIds = (row: unknown, key: string): string | undefined => {
  const ids = Predicate.hasProperty(row, key) ? row[key] : undefined
  if (!Array.isArray(ids)) return undefined
  const wrong = ids.filter((id) => typeof id !== "string" && typeof id !== "number").length
  return wrong > problemLimit ? `${key}: ${wrong} of them are neither text nor a number` : undefined
}

const idOf = (row: unknown): string | undefined => {
  const id = Predicate.hasProperty(row, "id") ? row.id : undefined
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined
}

/** Whose a stored strategy says it is. */
export const ownerOfRow = (row: unknown): string | undefined => {
  const owner = Predicate.hasProperty(row, "user_id") ? row.user_id : undefined
  return typeof owner === "string" || typeof owner === "number" ? String(owner) : undefined
}

/** What a stored strategy says it is called. */
export const nameOfRow = (row: unknown): string | undefined => {
  const named = [row, Predicate.hasProperty(row, "definition") ? row.definition : undefined].flatMap((each) =>
    Predicate.hasProperty(each, "name") && typeof each.name === "string" ? [oneLine(each.name.trim(), 200)] : []
  )
  return named.find((name) => name !== "")
}

/** Whether a stored strategy is made of its rows of `rules`, which may come one after another. */
export const isMadeOfRules = (row: unknown): boolean =>
  !(Predicate.hasProperty(row, "definition") && isPresent(row.definition))

/**
 * What a row expects of the matches that it fired on: the outcome that `desired_outcome` names (HOME_WIN,
 * OVER_2_5_GOALS), or a condition in the written language. An empty column expects nothing.
 */
const expectationOf = (
  desiredOutcome: StrategyRow["desired_outcome"]
): Result.Result<Condition | undefined, string> => {
  const text = desiredOutcome?.trim() ?? ""
  if (text.length > textLimit) return Result.fail(`desired_outcome: has more than ${textLimit} characters`)
  return text === ""
    ? Result.succeed(undefined)
    : Result.mapError(parseCondition(text, expectationDialect), (faults) =>
        faults.map(({ message }) => `desired_outcome: ${message}`).join("; ")
      )
}

/** The conditions of the rules, or what is wrong with them, each problem with the id of its rule. */
const conditionsOf = (rules: ReadonlyArray<unknown>): Result.Result<ReadonlyArray<Comparison>, string> => {
  const checked = withHints(problemLimit, () =>
    rules.map((rule, index) => ({ label: `rule ${idOf(rule) ?? `[${index}]`}`, result: decodeRule(rule) }))
  )
  const problems = checked.flatMap(({ label, result }) =>
    problemsIn(result).map(({ message, path }) => [label, path, message].filter((part) => part !== "").join(": "))
  )
  return problems.length > 0
    ? Result.fail(told(problems, (count) => `and ${count} more`).join("; "))
    : Result.succeed(checked.flatMap(({ result }) => (Result.isSuccess(result) ? [result.success] : [])))
}

/** The conditions and the expectation of a row without a definition, or what is wrong with either. */
const saidBy = ({
  desired_outcome,
  rules
}: StrategyRow): Result.Result<
  Pick<StrategyFileContent, "expect"> & { readonly when: ReadonlyArray<Comparison> },
  string
> => {
  const when = conditionsOf(rules ?? [])
  const expect = expectationOf(desired_outcome)
  if (Result.isFailure(when) || Result.isFailure(expect)) {
    const reasons = [Result.getFailure(when), Result.getFailure(expect)].flatMap(Option.toArray)
    return Result.fail(reasons.join("; "))
  }
  return Result.succeed({
    when: when.success,
    ...(expect.success === undefined ? undefined : { expect: expect.success })
  })
}

/** What the columns of a row say besides its conditions; those that are empty say nothing. */
const columnsOf = ({ description, is_active, league_ids, name }: StrategyRow) => ({
  ...(isPresent(name) ? { name } : undefined),
  ...(isPresent(description) ? { description } : undefined),
  ...(isPresent(league_ids) && league_ids.length > 0 ? { competitions: league_ids } : undefined),
  ...(isPresent(is_active) ? { active: is_active } : undefined)
})

const readable = (stored: unknown): unknown => {
  const row = withJson(stored, ["league_ids", "definition"])
  if (!Predicate.hasProperty(row, "rules") || !Array.isArray(row.rules)) return row
  return { ...row, rules: row.rules.map((rule) => withJson(rule, ["time_filter", "lhs_json", "rhs_json"])) }
}

/**
 * Decodes a row `{ id, user_id, name, description, desired_outcome, is_active, league_ids, definition, rules }` whose
 * `rules` holds its rows of that table. Columns that it does not name are ignored.
 *
 * Where `definition` is present, conditions (structured, or in the written language) and expectation come from there,
 * and `desired_outcome` counts for nothing; name, description, competitions and whether
 * it is active from the row's own columns as far as they are filled. A row with neither a definition nor a rule is a
 * problem: it would hold always. JSON may be kept as text. That of an owner is a problem where it is beyond one of the limits;
 * the database says so itself (`beyond`) of a row that it does not read whole.
 */
export const decodeStrategyRow = (
  stored: unknown,
  limits: Limits = defaultLimits
): Result.Result<Strategy, StrategyProblem> => {
  const source = `strategy ${idOf(stored) ?? "without id"}`
  const refuse = (message: string) => new StrategyProblem({ source, message })
  // Whatever reading a row throws is that row's problem.
  const read = Result.try({
    try: () => decoded(readable(stored), source, limits),
    catch: (error) => refuse(`cannot be read: ${error instanceof Error ? error.message : "it breaks its reader"}`)
  })
  return Result.isSuccess(read) ? read.success : Result.fail(read.failure)
}

const decoded = (row: unknown, source: string, limits: Limits): Result.Result<Strategy, StrategyProblem> => {
  const refuse = (message: string) => new StrategyProblem({ source, message })
  return Result.gen(function* () {
    if (Predicate.hasProperty(row, "beyond")) return yield* Result.fail(refuse(beyond(limitNamed(row.beyond), limits)))
    const tooMuch =
      excess(row) ??
      (Predicate.hasProperty(row, "rules") ? tooMany(row.rules) : undefined) ??
      noIds(row, "league_ids") ??
      (Predicate.hasProperty(row, "definition") ? noIds(row.definition, "competitions") : undefined)
    if (tooMuch !== undefined) return yield* Result.fail(refuse(tooMuch))
    const checked = yield* Result.mapError(checkRow(row), (problems) =>
      refuse(problems.map(({ message, path }) => (path === "" ? message : `${path}: ${message}`)).join("; "))
    )
    const rules = checked.rules ?? []
    if (!isPresent(checked.definition) && rules.length === 0) {
      return yield* Result.fail(refuse("has no conditions: neither a definition nor a rule"))
    }
    const said = checked.definition ?? (yield* Result.mapError(saidBy(checked), refuse))
    const definition = yield* decodeStrategy(source, { ...said, ...columnsOf(checked) })
    if (!isPresent(checked.user_id)) return { ...definition, id: checked.id }
    const strategy = { ...definition, id: checked.id, owner: checked.user_id }
    const tooMuchOfOwner = rules.length > limits.rules ? beyond("rules", limits) : tooLarge(strategy, limits)
    return tooMuchOfOwner === undefined
      ? { ...strategy, name: oneLine(strategy.name, limits.name) }
      : yield* Result.fail(refuse(tooMuchOfOwner))
  })
}
