/**
 * Builds the program: all that commands load, in few files. Runs after `npm install`, since what is installed becomes a part of
 * it; `src/builtProgram.ts` says when it is what runs.
 */
import { rm } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { programDirectory } from "../src/builtProgram.ts"

const root = fileURLToPath(new URL("../", import.meta.url))
const directory = `${root}${programDirectory}`

const build = await rolldown({
  cwd: root,
  input: { program: "src/program.ts", worker: "src/backtest/worker.ts" },
  platform: "node",
  // They find files of their own beside their modules.
  external: [/^@electric-sql\//, /^@bull-board\//]
})
await rm(directory, { recursive: true, force: true })
await build.write({ dir: directory, format: "esm", chunkFileNames: "[name]-[hash].js" })
await build.close()
