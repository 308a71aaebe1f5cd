/**
 * The written language, read: text in, conditions of the domain out, or every fault with its place.
 *
 * ```
 * condition    = comparison | "any" ":" alternatives
 * alternatives = comparison { "|" comparison }
 * comparison   = expression comparator expression
 * expression   = term { ("+" | "-") term }                    left to right
 * term         = factor { ("*" | "/") factor }                left to right
 * factor       = [sign] number | "minute" | value | "(" expression ")"
 * value        = [source] [scope] metric [window]
 * ```
 *
 * Words may be in any case and white space of any kind. Scopes, windows and comparators may be the database's words
 * (`WINNING_TEAM CORNERS PAST_X 15 GTE 4`), with a source (`PRE_MATCH`, `ODDS`) before the scope instead of a prefix of
 * the metric. A metric of both teams without a scope becomes their `total`, written out.
 */
import { Result } from "effect"
import { didYouMean } from "../../domain/nearest.ts"
import type { Comparator, Comparison, Condition, Expression, Operator } from "../../domain/Strategy.ts"
import { type Cursor, cursor, type Fault } from "./Cursor.ts"
import { excess, tooDeep } from "./excess.ts"
import { parseValue } from "./parseValue.ts"
import { comparatorMeant, comparatorTexts, comparatorWords, windowWords } from "./words.ts"

/** What may be said in a place where a condition stands. */
export interface Dialect {
  /** Whether the window `since trigger` may be used. */
  readonly sinceTrigger: boolean
  /**
   * What a text means that compares nothing: a comparison that goes by this name, why it cannot be one, or undefined
   * when it is no name at all and is to be read (and refused) like any other condition.
   */
  readonly named?: (name: string) => Result.Result<Comparison, string> | undefined
}

/** What a condition of `when` may say. */
export const requirement: Dialect = { sinceTrigger: false }

/** Everything the language has; names are known to `outcomes.ts`. */
export const everything: Dialect = { sinceTrigger: true }

/** What was read, or everything that is wrong with the text. */
export type Parsed<A> = Result.Result<A, ReadonlyArray<Fault>>

/** How deep an expression may be nested: a strategy that holds it may still be nested in what a database keeps. */
const depthLimit = 56

const operand = "a number, minute, a metric or an opening parenthesis"

const negated = (cursor: Cursor, dialect: Dialect, depth: number): Expression | undefined => {
  const sign = cursor.next()
  const number = cursor.peek()
  if (number.kind === "number") return parseNumber(cursor, sign.text)
  cursor.fault(sign, "only a number takes a sign: write 0 - … for the opposite of anything else")
  return parseFactor(cursor, dialect, depth + 1)
}

const parseNumber = (cursor: Cursor, sign = ""): number => {
  const token = cursor.next()
  const value = Number(`${sign}${token.text}`)
  if (!Number.isFinite(value)) cursor.fault(token, "the number is too large")
  return value
}

const parseFactor = (cursor: Cursor, dialect: Dialect, depth: number): Expression | undefined => {
  const token = cursor.peek()
  if (depth > depthLimit) {
    cursor.fault(token, tooDeep)
    return undefined
  }
  if (token.kind === "number") return parseNumber(cursor)
  if (cursor.sees("-") || cursor.sees("+")) return negated(cursor, dialect, depth)
  if (cursor.take("(") !== undefined) {
    const inner = parseSum(cursor, dialect, depth + 1)
    if (inner === undefined) return undefined
    return cursor.take(")") === undefined ? cursor.expected("an operator or )") : inner
  }
  if (cursor.take("minute") !== undefined) return "minute"
  const isComparator = comparatorTexts.has(token.text)
  return token.kind === "word" && !isComparator ? parseValue(cursor, dialect.sinceTrigger) : cursor.expected(operand)
}

/** Operands joined by operators of one strength, from left to right. */
const chain =
  (operators: ReadonlyArray<Operator>, parseOperand: typeof parseFactor) =>
  (cursor: Cursor, dialect: Dialect, depth: number): Expression | undefined => {
    let left = parseOperand(cursor, dialect, depth)
    while (left !== undefined) {
      const op = operators.find((each) => cursor.sees(each))
      if (op === undefined) return left
      cursor.next()
      const right = parseOperand(cursor, dialect, depth)
      if (right === undefined) return undefined
      left = { op, left, right }
    }
    return undefined
  }

const parseProduct = chain(["*", "/"], (...input) => parseFactor(...input))
const parseSum = chain(["+", "-"], parseProduct)

const parseComparator = (cursor: Cursor): Comparator | undefined => {
  const token = cursor.peek()
  const comparator = token.kind === "end" ? undefined : comparatorTexts.get(token.text)
  if (comparator === undefined && windowWords.some((word) => word === token.text)) {
    cursor.fault(token, "no window can stand here: it follows a metric, and a value has one")
    return undefined
  }
  if (comparator === undefined) {
    const hint = token.text.length > 2 ? didYouMean(token.text, Object.keys(comparatorWords)) : ""
    return cursor.expected("an operator or one of >=, <=, >, <, =, !=", hint)
  }
  cursor.next()
  const wrong = cursor.take("=", ">", "<")
  if (wrong === undefined) return comparator
  const written = cursor.source.slice(token.start, wrong.end)
  const near = comparatorMeant(written)
  const hint = near === undefined ? "" : ` (did you mean ${near}?)`
  cursor.fault({ start: token.start, end: wrong.end }, `no comparator is written ${written}${hint}`)
  return comparator
}

/** The name that stands where a comparison could, or undefined when it is a comparison (or means to be one). */
const nameAt = (cursor: Cursor): string | undefined => {
  let ahead = 0
  for (; !["end", "sign"].includes(cursor.peek(ahead).kind) || cursor.peek(ahead).text === "-"; ahead++) {
    if (comparatorTexts.has(cursor.peek(ahead).text)) return undefined
  }
  const next = cursor.peek(ahead)
  if (ahead === 0 || (next.kind === "sign" && next.text !== "|")) return undefined
  return cursor.source.slice(cursor.peek().start, cursor.peek(ahead - 1).end)
}

const parseNamed = (cursor: Cursor, { named }: Dialect): Comparison | "unnamed" | undefined => {
  const name = named === undefined ? undefined : nameAt(cursor)
  const comparison = name === undefined ? undefined : named?.(name)
  if (name === undefined || comparison === undefined) return "unnamed"
  const span = { start: cursor.peek().start, end: cursor.peek().start + name.length }
  while (cursor.peek().kind !== "end" && cursor.peek().end <= span.end) cursor.next()
  if (Result.isSuccess(comparison)) return comparison.success
  cursor.fault(span, comparison.failure)
  return undefined
}

const readComparison = (cursor: Cursor, dialect: Dialect): Comparison | undefined => {
  if (cursor.sees("any", ":")) {
    cursor.fault(cursor.peek(), "groups are not nested: list all alternatives under one any")
    return undefined
  }
  const named = parseNamed(cursor, dialect)
  if (named !== "unnamed") return named
  const start = cursor.peek().start
  const left = parseSum(cursor, dialect, 0)
  const comparator = left === undefined ? undefined : parseComparator(cursor)
  const right = comparator === undefined ? undefined : parseSum(cursor, dialect, 0)
  if (left === undefined || comparator === undefined || right === undefined) return undefined
  const tooMuch = excess(left, depthLimit) ?? excess(right, depthLimit)
  if (tooMuch !== undefined) {
    cursor.fault({ start, end: cursor.source.length }, tooMuch)
    return undefined
  }
  return { left, comparator, right }
}

/** Notes what stands after the end of a condition, with the way to say it. */
const refuseRest = (cursor: Cursor): void => {
  const token = cursor.peek()
  if (token.kind === "end") return
  if (cursor.sees("and")) cursor.fault(token, "conditions are not joined by and: give each its own line of the list")
  else if (cursor.sees("or")) cursor.fault(token, "alternatives are not joined by or: list them under any")
  else if (comparatorTexts.has(token.text)) {
    cursor.fault(token, "a condition makes one comparison: write the second one as a condition of its own")
  } else cursor.expected("an operator or the end of the condition")
}

const readAlternatives = (
  cursor: Cursor,
  dialect: Dialect
): readonly [Comparison, ...Array<Comparison>] | undefined => {
  const first = readComparison(cursor, dialect)
  if (first === undefined) return undefined
  const rest: Array<Comparison> = []
  while (cursor.take("|") !== undefined) {
    const next = readComparison(cursor, dialect)
    if (next === undefined) return undefined
    rest.push(next)
  }
  return [first, ...rest]
}

const parser =
  <A>(parse: (cursor: Cursor, dialect: Dialect) => A | undefined) =>
  (text: string, dialect: Dialect = everything): Parsed<A> => {
    const at = cursor(text)
    const parsed = parse(at, dialect)
    if (parsed !== undefined) refuseRest(at)
    return parsed === undefined || at.faults.length > 0 ? Result.fail(at.faults) : Result.succeed(parsed)
  }

/** Reads one comparison: `home shots - away shots >= 3`. */
export const parseComparison = parser(readComparison)

/** Reads alternatives: `minute >= 70 | total goals >= 2`. */
export const parseAlternatives = parser(readAlternatives)

/** Reads a comparison, or a group on one line: `any: minute >= 70 | total goals >= 2`. */
export const parseCondition = parser((cursor, dialect): Condition | undefined => {
  if (!cursor.sees("any", ":")) return readComparison(cursor, dialect)
  cursor.next()
  cursor.next()
  const any = readAlternatives(cursor, dialect)
  return any && { any }
})
