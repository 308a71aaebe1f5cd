import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { Predicate, Result } from "effect"
import { metrics } from "../../../src/domain/Metric.ts"
import { conditionExamples } from "../../../src/rules/files/conditionExamples.ts"
import { strategySchemaText } from "../../../src/rules/files/strategySchema.ts"
import { requirementDialect } from "../../../src/rules/files/WrittenCondition.ts"
import { parseCondition } from "../../../src/rules/language/parse.ts"
import { printCondition } from "../../../src/rules/print.ts"

const schema = JSON.parse(strategySchemaText())
const { definitions } = schema

/** Every node of the schema that describes a value. */
const nodes = (node: unknown): ReadonlyArray<object> =>
  Array.isArray(node)
    ? node.flatMap(nodes)
    : Predicate.isObject(node)
      ? [node, ...Object.values(node).flatMap(nodes)]
      : []

describe("strategy.schema.json", () => {
  it("is what the code generates: node scripts/docs.ts", () => {
    expect(readFileSync(new URL("../../../strategy.schema.json", import.meta.url), "utf8")).toBe(strategySchemaText())
  })

  it("takes a condition as text and in the structured form", () => {
    expect(definitions.Condition.anyOf.map(({ $ref, type }: { $ref?: string; type?: string }) => $ref ?? type)).toEqual(
      ["#/definitions/Comparison", "object", "string"]
    )
  })

  it("names scopes and outcomes", () => {
    expect(definitions.Scope.enum).toContain("away underdog")
    expect(definitions.ExpectationText.examples).toContain("OVER_2_5_GOALS")
  })

  it("says what each metric is", () => {
    const [value] = definitions.Expression.anyOf.filter(Predicate.hasProperty("properties"))
    expect(value.properties.metric.oneOf).toEqual(
      [...metrics].map(([name, { meaning }]) => ({ const: name, description: meaning }))
    )
  })

  it("describes every key of a comparison, of arithmetic and of a strategy but expect, whose conditions are described", () => {
    const { expect: _, ...keys } = definitions.Strategy.properties
    for (const { properties } of [definitions.Comparison, definitions.Arithmetic, { properties: keys }]) {
      for (const property of Object.values(properties)) expect(JSON.stringify(property)).toContain('"description":"')
    }
  })

  it("describes every window that is a mapping", () => {
    const forms = definitions.Window.anyOf.filter(Predicate.hasProperty("properties"))
    for (const { properties } of forms) {
      for (const property of Object.values(properties)) expect(property).toHaveProperty("description")
    }
    expect(forms).toHaveLength(5)
  })

  it("has no list that a strict validator takes for a tuple without an end", () => {
    for (const node of nodes(schema)) expect(node).not.toHaveProperty("additionalItems")
  })

  it.each(["minute >= 70", "TOTAL CORNERS PAST_X 15 GTE 4", "minute lt 5", "goals ≠ 1"])(
    "takes the text %s for a condition",
    (text) => {
      expect(text).toMatch(new RegExp(definitions.ComparisonText.pattern, "u"))
    }
  )

  it.each(["minute", "total goals last 15 minutes", "HOME_WIN", ""])("takes %j for none", (text) => {
    expect(text).not.toMatch(new RegExp(definitions.ComparisonText.pattern, "u"))
  })

  it("lets an expectation be a name", () => {
    expect(definitions.ExpectationText).not.toHaveProperty("pattern")
  })

  it("takes no blank name", () => {
    expect("  ").not.toMatch(new RegExp(definitions.Strategy.properties.name.pattern, "u"))
  })
})

describe("an example that editors offer", () => {
  it.each(conditionExamples)("is a condition in its normal form: %s", (example) => {
    expect(Result.map(parseCondition(example, requirementDialect), printCondition)).toEqual(Result.succeed(example))
  })

  it("exists for every metric, or for one of its family", () => {
    const words = new Set(conditionExamples.flatMap((example) => example.split(" ")))
    const families = new Set([...words].flatMap((word) => metrics.get(word)?.family?.pattern ?? []))
    const without = [...metrics].filter(
      ([name, { family }]) => !words.has(name) && !families.has(family?.pattern ?? "")
    )
    expect(without).toEqual([])
  })
})
