/**
 * The rule engines that people reach for, each given the same rules in its own form. A peer is prepared outside the time
 * measured; `run` evaluates all rules on all views and answers with the pairs that fired.
 */
import { ZenEngine } from "@gorules/zen-engine"
import { Schema } from "effect"
import { LogicEngine } from "json-logic-engine"
import { Engine, type NestedCondition } from "json-rules-engine"
import type { Strategy } from "../../src/domain/Strategy.ts"
import type { View } from "../../src/rules/evaluate.ts"
import { closureOnFacts, closureOnViews, reading } from "./closures.ts"
import { type FactComparison, type FactRule, factName, makeFacts, type Term } from "./facts.ts"

/** The pairs that fired, as strategy number × number of views + view number. */
export type FiredPairs = ReadonlyArray<number>

export interface Peer {
  readonly name: string
  readonly what: string
  /** How many strategies and views it manages in about a second. */
  readonly share: readonly [strategies: number, views: number]
  readonly prepare: (
    strategies: ReadonlyArray<Strategy>,
    views: ReadonlyArray<View>
  ) => () => FiredPairs | Promise<FiredPairs>
}

/** Tries every test on every subject, strategy by strategy. */
const loop = <A>(tests: ReadonlyArray<(subject: A) => boolean>, subjects: ReadonlyArray<A>): FiredPairs => {
  const fired: Array<number> = []
  tests.forEach((test, strategy) => {
    for (let view = 0; view < subjects.length; view++) {
      const subject = subjects[view]
      if (subject !== undefined && test(subject)) fired.push(strategy * subjects.length + view)
    }
  })
  return fired
}

const closures: Peer = {
  name: "closures",
  what: "compiled closures, over prepared facts",
  share: [100_000, 250],
  prepare: (strategies, views) => {
    const { rows, rules } = makeFacts(strategies, views)
    const tests = rules.map(closureOnFacts)
    const subjects = views.map(({ snapshot }, index) => ({
      facts: rows[index] ?? new Float64Array(0),
      competition: snapshot.match.competition.id
    }))
    return () => loop(tests, subjects)
  }
}

const closuresReadingFacts: Peer = {
  name: "closuresReadingFacts",
  what: "compiled closures, facts read from the matches",
  share: [100_000, 250],
  prepare: (strategies, views) => {
    const { expressions, rules } = makeFacts(strategies, [])
    const tests = rules.map(closureOnFacts)
    const reads = expressions.map(reading)
    return () => {
      const subjects = views.map((view) => ({
        facts: Float64Array.from(reads, (read) => read(view)),
        competition: view.snapshot.match.competition.id
      }))
      return loop(tests, subjects)
    }
  }
}

const closuresOnViews: Peer = {
  name: "closuresOnViews",
  what: "compiled closures, each value read when asked for",
  share: [100_000, 50],
  prepare: (strategies, views) => {
    const tests = strategies.map(closureOnViews)
    return () => loop(tests, views)
  }
}

const logicTerm = (term: Term) => (typeof term === "number" ? term : { var: factName(term) })

const logicComparison = ({ comparator, left, right }: FactComparison) => ({
  [comparator === "=" ? "===" : comparator === "!=" ? "!==" : comparator]: [logicTerm(left), logicTerm(right)]
})

const logicOf = ({ all, competitions }: FactRule) => {
  const conditions = all.map((alternatives) => {
    const [first, ...rest] = alternatives.map(logicComparison)
    return rest.length === 0 ? first : { or: [first, ...rest] }
  })
  const watched = competitions === undefined ? [] : [{ in: [{ var: "competition" }, competitions] }]
  return { and: [...watched, ...conditions] }
}

const jsonLogicEngine: Peer = {
  name: "jsonLogicEngine",
  what: "json-logic-engine, compiled",
  share: [20_000, 100],
  prepare: (strategies, views) => {
    const { objects, rules } = makeFacts(strategies, views)
    const engine = new LogicEngine()
    const built = rules.map((rule) => engine.build(logicOf(rule)))
    const tests = built.map((run) => (facts: object) => typeof run === "function" && run(facts) === true)
    const subjects = objects()
    return () => loop(tests, subjects)
  }
}

const operators = {
  ">=": "greaterThanInclusive",
  "<=": "lessThanInclusive",
  ">": "greaterThan",
  "<": "lessThan",
  "=": "equal",
  "!=": "notEqual"
} as const

const engineCondition = ({ comparator, left, right }: FactComparison): NestedCondition => {
  if (typeof left === "number") throw new Error("the benchmark has no comparison with a number on the left")
  const value = typeof right === "number" ? right : { fact: factName(right) }
  return { fact: factName(left), operator: operators[comparator], value }
}

const engineConditions = ({ all, competitions }: FactRule): ReadonlyArray<NestedCondition> => [
  ...(competitions === undefined ? [] : [{ fact: "competition", operator: "in", value: competitions }]),
  ...all.map((alternatives): NestedCondition => {
    const [first, ...rest] = alternatives.map(engineCondition)
    return first !== undefined && rest.length === 0 ? first : { any: alternatives.map(engineCondition) }
  })
]

const jsonRulesEngine: Peer = {
  name: "jsonRulesEngine",
  what: "json-rules-engine",
  share: [1000, 20],
  prepare: (strategies, views) => {
    const { objects, rules } = makeFacts(strategies, views)
    const engine = new Engine()
    for (const rule of rules) {
      engine.addRule({ conditions: { all: [...engineConditions(rule)] }, event: { type: `${rule.number}` } })
    }
    const subjects = objects()
    return async () => {
      const fired: Array<number> = []
      for (const [view, facts] of subjects.entries()) {
        const { events } = await engine.run(facts)
        for (const { type } of events) fired.push(Number(type) * subjects.length + view)
      }
      return fired
    }
  }
}

const zenTerm = (term: Term): string => (typeof term === "number" ? `${term}` : factName(term))

const zenExpression = ({ all, competitions }: FactRule): string => {
  const conditions = all.map((alternatives) => {
    const text = alternatives.map(
      ({ comparator, left, right }) => `${zenTerm(left)} ${comparator === "=" ? "==" : comparator} ${zenTerm(right)}`
    )
    return text.length === 1 ? text.join() : `(${text.join(" or ")})`
  })
  const watched = competitions === undefined ? [] : [`competition in ${JSON.stringify(competitions)}`]
  return [...watched, ...conditions].join(" and ")
}

const decodeZen = Schema.decodeUnknownSync(Schema.Array(Schema.Struct({ rule: Schema.Int })))

const zen: Peer = {
  name: "zen",
  what: "@gorules/zen-engine, a decision table",
  share: [1000, 50],
  prepare: (strategies, views) => {
    const { objects, rules } = makeFacts(strategies, views)
    const at = { position: { x: 0, y: 0 } }
    const decision = new ZenEngine().createDecision({
      contentType: "application/vnd.gorules.decision",
      nodes: [
        { id: "in", type: "inputNode", name: "in", ...at },
        {
          id: "table",
          type: "decisionTableNode",
          name: "table",
          ...at,
          content: {
            hitPolicy: "collect",
            inputs: [{ id: "when", name: "when" }],
            outputs: [{ id: "rule", field: "rule", name: "rule" }],
            rules: rules.map((rule) => ({
              _id: `${rule.number}`,
              when: zenExpression(rule),
              rule: `${rule.number}`
            }))
          }
        },
        { id: "out", type: "outputNode", name: "out", ...at }
      ],
      edges: [
        { id: "1", sourceId: "in", targetId: "table", type: "edge" },
        { id: "2", sourceId: "table", targetId: "out", type: "edge" }
      ]
    })
    const subjects = objects()
    return async () => {
      const fired: Array<number> = []
      for (const [view, facts] of subjects.entries()) {
        const { result } = await decision.evaluate(facts)
        for (const { rule } of decodeZen(result)) fired.push(rule * subjects.length + view)
      }
      return fired
    }
  }
}

export const peers: ReadonlyArray<Peer> = [
  closures,
  closuresReadingFacts,
  closuresOnViews,
  jsonLogicEngine,
  zen,
  jsonRulesEngine
]
