/**
 * Prepares what runs and what is worked with, after `npm install`. Where only what the service needs is installed
 * (`npm install --omit=dev`, NODE_ENV=production) there is nothing to build a program with: the sources run, a bit slower to
 * start.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import module from "node:module"
import { fileURLToPath } from "node:url"

const root = new URL("../", import.meta.url)

const isInstalled = (name: string) => existsSync(new URL(`node_modules/${name}/package.json`, root))

module.enableCompileCache(fileURLToPath(new URL("node_modules/.cache/touchline", root)))

if (isInstalled("@effect/tsgo")) {
  const patch = fileURLToPath(new URL("node_modules/.bin/effect-tsgo", root))
  const { status } = spawnSync(patch, ["patch"], { stdio: "inherit" })
  if (status !== 0) process.exit(status ?? 1)
}
await import("./postgres-template.ts")
if (isInstalled("rolldown")) await import("./program.ts")
else console.log("No program is built: what builds it is not installed. The sources run, a bit slower to start.")
