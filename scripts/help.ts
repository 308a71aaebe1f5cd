/** Writes `src/cli/help.ts`, which `touchline --help` prints without loading the command line: `npm run docs`. */
import { writeFileSync } from "node:fs"
import { pathToFileURL } from "node:url"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect } from "effect"
import { helpTexts } from "../src/cli/cli.ts"

/** The content of `src/cli/help.ts`. */
export const helpModule = Effect.map(helpTexts, ([texts]) =>
  [
    "/** What `touchline --help` prints: `npm run docs` brings it up to date with the commands. */",
    `export const help = ${JSON.stringify(texts, null, 2)}`,
    ""
  ].join("\n")
).pipe(Effect.provide(NodeServices.layer))

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(new URL("../src/cli/help.ts", import.meta.url), await Effect.runPromise(helpModule))
}
