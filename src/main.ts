#!/usr/bin/env node
import { ownVersion, refuseOldNode } from "./nodeVersion.ts"

const [first, ...others] = process.argv.slice(2)

refuseOldNode()

// What needs nothing is answered before anything is loaded; all else is loaded by the command that runs it.
if (others.length === 0 && (first === "--version" || first === "-v")) console.log(`touchline v${ownVersion()}`)
else {
  const [{ cli }, { runMain }] = await Promise.all([import("./cli/cli.ts"), import("./run.ts")])
  runMain(cli({}))
}
