/**
 * Builds the program: all that commands load, in few files. Runs after `npm install`, since what is installed becomes a part of
 * it; `src/builtProgram.ts` says when it is what runs.
 */
import { rm, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { builtOf, builtOfFile, programDirectory } from "../src/builtProgram.ts"

const root = new URL("../", import.meta.url)
const directory = new URL(programDirectory, root)

// Before anything is read: what is edited meanwhile is in the program or not, and is not told as built.
const told = builtOf(root)
const build = await rolldown({
  cwd: fileURLToPath(root),
  input: { program: "src/program.ts", worker: "src/backtest/worker.ts" },
  platform: "node",
  // They find files of their own beside their modules.
  external: [/^@electric-sql\//, /^@bull-board\//]
})
await rm(directory, { recursive: true, force: true })
await build.write({ dir: fileURLToPath(directory), format: "esm", chunkFileNames: "[name]-[hash].js" })
await build.close()
if (told !== undefined) await writeFile(new URL(builtOfFile, directory), told)
