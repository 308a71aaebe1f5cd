/** Brings everything that is generated from code up to date: `node scripts/docs.ts`. */
import { readFileSync, writeFileSync } from "node:fs"
import { strategySchemaText } from "../src/rules/files/strategySchema.ts"
import { withReference } from "../src/rules/language/reference.ts"

const page = new URL("../docs/language.md", import.meta.url)

writeFileSync(page, withReference(readFileSync(page, "utf8")))
writeFileSync(new URL("../strategy.schema.json", import.meta.url), strategySchemaText())
