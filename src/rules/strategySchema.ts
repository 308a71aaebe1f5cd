/** The JSON Schema of strategy files, with which editors complete and check them. */
import { JsonSchema, Schema } from "effect"
import { StrategyFile } from "./StrategyFile.ts"

/**
 * The schema as the text of the file `strategy.schema.json`. It is generated from the schema that decodes, in draft 7,
 * the dialect that editors for YAML and JSON know best. A condition may be text of any kind as far as it is concerned:
 * what the text says is checked by the service.
 */
export const strategySchemaText = (): string => {
  const { definitions, schema } = JsonSchema.toDocumentDraft07(
    Schema.toJsonSchemaDocument(StrategyFile, { onExcessProperty: "error" })
  )
  return `${JSON.stringify({ $schema: JsonSchema.META_SCHEMA_URI_DRAFT_07, ...schema, definitions }, null, 2)}\n`
}
