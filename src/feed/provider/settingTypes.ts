/** What the settings of providers take. */
import { Schema, SchemaGetter } from "effect"

/** Ids between commas. */
export const idList = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^\s*\d{1,9}\s*(,\s*\d{1,9}\s*)*$/)),
  Schema.decodeTo(Schema.Array(Schema.Int), {
    decode: SchemaGetter.transform((text: string) => [...new Set(text.split(",").map(Number))]),
    encode: SchemaGetter.transform((ids: ReadonlyArray<number>) => ids.join(","))
  })
)

/** A key that can travel in a header. */
export const headerText = Schema.String.pipe(Schema.check(Schema.isPattern(/^[\x21-\x7e]+$/)))
