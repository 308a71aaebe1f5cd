/**
 * Whether the tests notice what breaks: `npm run mutations`, with `-- queue history` for those of such names alone, with
 * `-- --jobs 2` for two at a time.
 *
 * Makes one change after the other to a copy of the repository, each of which breaks a promise, and runs the tests that
 * could notice it. A change is caught when a test fails or does not end, and survives when all of them pass. Ends with
 * code 1 when fewer than 95 % are caught, or when the text that a change replaces is not in the source any more.
 */
import { spawn } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { type Mutation, mutations } from "./mutations/list.ts"

const root = fileURLToPath(new URL("../", import.meta.url))

/** How long a file of tests may take before it counts as hung, in milliseconds. */
const patience = 300_000

const linked = ["node_modules", "template"]

const copies: Array<string> = []
const running = new Set<number>()

/** Ends a run with all processes that it started. */
const end = (pid: number) => process.kill(-pid, "SIGKILL")

process.once("exit", () => {
  for (const pid of running) end(pid)
  for (const copied of copies) rmSync(copied, { recursive: true, force: true })
})
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))

const copyRepository = (): string => {
  const copied = mkdtempSync(join(tmpdir(), "touchline-mutations-"))
  copies.push(copied)
  cpSync(root, copied, {
    recursive: true,
    filter: (path) => ![...linked, ".git", "dist", ".touchline"].some((name) => path === join(root, name))
  })
  for (const name of linked) symlinkSync(join(root, name), join(copied, name))
  return copied
}

type Verdict = "caught" | "hung" | "survived" | "stale"

/** Runs one file of tests. */
const run = (copied: string, file: string) =>
  new Promise<Verdict>((resolve, reject) => {
    const args = [join("node_modules", "vitest", "vitest.mjs"), "run", "--bail", "1", "--reporter", "dot", file]
    const vitest = spawn(process.execPath, args, { cwd: copied, stdio: "ignore", detached: true })
    vitest.once("error", reject)
    const { pid } = vitest
    if (pid === undefined) return
    running.add(pid)
    const late = setTimeout(() => end(pid), patience)
    vitest.once("exit", (code) => {
      clearTimeout(late)
      running.delete(pid)
      resolve(code === null ? "hung" : code === 0 ? "survived" : "caught")
    })
  })

const judge = async (copied: string, { file, put, take, tests }: Mutation): Promise<Verdict> => {
  const path = join(copied, file)
  const source = readFileSync(path, "utf8")
  if (source.split(take).length !== 2) return "stale"
  writeFileSync(
    path,
    source.replace(take, () => put)
  )
  try {
    for (const name of tests) {
      const verdict = await run(copied, `test/${name}.test.ts`)
      if (verdict !== "survived") return verdict
    }
    return "survived"
  } finally {
    writeFileSync(path, source)
  }
}

const { positionals: named, values } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: "string", default: "1" } }
})
const chosen = mutations.filter(
  ({ file, what }) => named.length === 0 || named.some((name) => `${file}: ${what}`.includes(name))
)
// Vitest fails where no file is found, which would pass for a change that is caught.
for (const name of new Set(chosen.flatMap(({ tests }) => tests))) {
  if (!existsSync(join(root, `test/${name}.test.ts`))) throw new Error(`test/${name}.test.ts does not exist`)
}

const counts: { [verdict in Verdict]: number } = { caught: 0, hung: 0, survived: 0, stale: 0 }
const waiting = chosen.values()

/** Judges what is waiting, in a copy of its own. */
const work = async () => {
  const copied = copyRepository()
  for (const mutation of waiting) {
    const began = Date.now()
    const verdict = await judge(copied, mutation)
    counts[verdict] += 1
    const seconds = Math.round((Date.now() - began) / 1000)
    console.log(`${verdict.padEnd(9)} ${mutation.file}: ${mutation.what} (${seconds} s)`)
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, work))

const noticed = counts.caught + counts.hung
console.log(
  `${chosen.length} changes: ${counts.caught} caught, ${counts.hung} hung, ${counts.survived} survived, ${counts.stale} stale`
)
if (counts.stale > 0 || noticed < 0.95 * chosen.length) process.exitCode = 1
