/**
 * What the peers evaluate: rules over flat facts. None of them knows windows, scopes or missing values, so every value
 * that a strategy speaks of is computed beforehand, outside the time measured, and a missing one is replaced by a number
 * that makes its comparison false. This is to their advantage; one peer reads its facts within that time.
 */
import {
  type Comparator,
  type Comparison,
  type Condition,
  type Expression,
  isAnyOf,
  type Strategy
} from "../../src/domain/Strategy.ts"
import { type View, valueOf } from "../../src/rules/evaluate.ts"
import { printExpression } from "../../src/rules/print.ts"

/** A number, or a fact by its number and where to read it: with a missing value as a very low or a very high number. */
export type Term = number | { readonly fact: number; readonly missing: "low" | "high" }

export interface FactComparison {
  readonly left: Term
  readonly comparator: Comparator
  readonly right: Term
}

/** Alternatives, all of which must be met. */
export interface FactRule {
  readonly number: number
  readonly all: ReadonlyArray<ReadonlyArray<FactComparison>>
  readonly competitions: ReadonlyArray<string> | undefined
}

/** No value and no threshold of the benchmark comes near. */
export const missing = { low: -1e9, high: 1e9 } as const

export interface Facts {
  readonly rules: ReadonlyArray<FactRule>
  /** What the facts are, by number. */
  readonly expressions: ReadonlyArray<Expression>
  /** For each view its facts by number; NaN where there is no value. */
  readonly rows: ReadonlyArray<Float64Array>
  /** The same as objects, those that rules use: `f3` with the very low number for a missing value, `g3` with the very high one. */
  readonly objects: () => ReadonlyArray<{ readonly [fact: string]: number | string }>
}

/** The name of a fact in `Facts.objects`. */
export const factName = (term: Exclude<Term, number>): string => `${term.missing === "low" ? "f" : "g"}${term.fact}`

export const makeFacts = (strategies: ReadonlyArray<Strategy>, views: ReadonlyArray<View>): Facts => {
  const numbers = new Map<string, number>()
  const expressions: Array<Expression> = []
  const used = new Map<string, Exclude<Term, number>>()

  const term = (expression: Expression, missing: "low" | "high"): Term => {
    if (typeof expression === "number") return expression
    const text = printExpression(expression)
    const fact = numbers.get(text) ?? expressions.push(expression) - 1
    numbers.set(text, fact)
    const term = { fact, missing }
    used.set(factName(term), term)
    return term
  }

  const comparison = ({ comparator, left, right }: Comparison): FactComparison => {
    const rises = comparator === ">=" || comparator === ">" || comparator === "="
    return { left: term(left, rises ? "low" : "high"), comparator, right: term(right, rises ? "high" : "low") }
  }

  const alternatives = (condition: Condition): ReadonlyArray<FactComparison> =>
    isAnyOf(condition) ? condition.any.map(comparison) : [comparison(condition)]

  const rules = strategies.map(({ competitions, when }, number) => ({
    number,
    all: when.map(alternatives),
    competitions
  }))
  const rows = views.map((view) => Float64Array.from(expressions, (each) => valueOf(each, view) ?? Number.NaN))
  const objects = () =>
    views.map(({ snapshot }, index) => {
      const facts: { [fact: string]: number | string } = { competition: snapshot.match.competition.id }
      for (const [name, { fact, missing: side }] of used) {
        const value = rows[index]?.[fact] ?? Number.NaN
        facts[name] = Number.isNaN(value) ? missing[side] : value
      }
      return facts
    })
  return { rules, expressions, rows, objects }
}
