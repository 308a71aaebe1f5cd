#!/usr/bin/env node
import "./quietDebug.ts"
import module from "node:module"
import { fileURLToPath } from "node:url"
import { builtProgram } from "./builtProgram.ts"
import { help } from "./cli/help.ts"
import { ownVersion, refuseOldNode } from "./nodeVersion.ts"
import { packageFile } from "./packageFile.ts"

const [first, ...others] = process.argv.slice(2)

refuseOldNode()

// What was compiled once need not be again. Beside the package, where only whoever installs it writes; without effect where
// nothing may be written. npm's scripts name the same directory in NODE_COMPILE_CACHE, and so have this file from there too.
module.enableCompileCache(fileURLToPath(packageFile("node_modules/.cache/touchline")))

const isAsked = (...names: ReadonlyArray<string | undefined>) => others.length === 0 && names.includes(first)

// What needs nothing is answered before anything is loaded; all else is loaded by the command that runs it.
if (isAsked("--version", "-v")) console.log(`touchline v${ownVersion()}`)
else if (isAsked("--help", "-h")) {
  console.log(process.stdout.isTTY && !process.env.NO_COLOR ? help.coloured : help.plain)
} else {
  const built = builtProgram(packageFile(""))
  await (built === undefined ? import("./program.ts") : import(built.href))
}
