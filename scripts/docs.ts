/** Brings everything that is generated from code up to date: `node scripts/docs.ts`. */
import { readFileSync, writeFileSync } from "node:fs"
import { withReference } from "../src/rules/reference.ts"
import { strategySchemaText } from "../src/rules/strategySchema.ts"

const page = new URL("../docs/language.md", import.meta.url)

writeFileSync(page, withReference(readFileSync(page, "utf8")))
writeFileSync(new URL("../strategy.schema.json", import.meta.url), strategySchemaText())
