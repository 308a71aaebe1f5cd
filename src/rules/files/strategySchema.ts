/** The JSON Schema of strategy files, with which editors complete and check them. */
import { JsonSchema, Predicate, Schema } from "effect"
import { isMetricName, metric } from "../../domain/Metric.ts"
import { StrategyFile } from "./StrategyFile.ts"

/** A list of at least one entry is generated as a first entry and others; metrics are generated without their meanings. */
const improved = (node: { readonly [key: string]: unknown }): unknown => {
  const { additionalItems, enum: names, items, ...rest } = node
  if (Array.isArray(items) && items.length === 1 && additionalItems !== undefined) return { ...rest, items: items[0] }
  if (Array.isArray(names) && names.every((name) => isMetricName(name))) {
    return { ...rest, oneOf: names.map((name) => ({ const: name, description: metric(name).meaning })) }
  }
  return node
}

const everywhere = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(everywhere)
  if (!Predicate.isObject(node)) return node
  return improved(Object.fromEntries(Object.entries(node).map(([key, value]) => [key, everywhere(value)])))
}

/**
 * The schema as the text of the file `strategy.schema.json`. It is generated from the schema that decodes, in draft 7,
 * the dialect that editors for YAML and JSON know best. Of a condition that is text it only asks for a comparator: what
 * the text says is checked by the service.
 */
export const strategySchemaText = (): string => {
  const { definitions, schema } = JsonSchema.toDocumentDraft07(
    Schema.toJsonSchemaDocument(StrategyFile, { onExcessProperty: "error" })
  )
  return `${JSON.stringify({ $schema: JsonSchema.META_SCHEMA_URI_DRAFT_07, ...schema, definitions: everywhere(definitions) }, null, 2)}\n`
}
