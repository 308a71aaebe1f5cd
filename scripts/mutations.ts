/**
 * Whether the tests notice what breaks: `npm run mutations`, with `-- queue history` for those of such names alone, with
 * `-- --jobs 2` for two at a time, with `-- --results FILE` to note each verdict there: a run that was cut off goes on
 * where it was when it is given the same file, and what was caught by then is not tried again.
 *
 * Makes one change after the other to a copy of the repository, each of which breaks a promise, and runs the tests that
 * could notice it. A change is caught when a test fails, hangs when the tests take many times as long as without any
 * change, and survives when all of them pass. Ends with code 1 when fewer than 95 % are caught, or when the text that a
 * change replaces is not in the source any more.
 */
import { spawn } from "node:child_process"
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { type Mutation, mutations } from "./mutations/list.ts"

const root = fileURLToPath(new URL("../", import.meta.url))

const linked = ["node_modules", "template"]

/** Where the tests of a copy keep what is temporary, so that it goes with the copy. */
const temporary = ".temporary"

const copies: Array<string> = []
const running = new Set<number>()

/** Ends what is left of a run, with all processes that it started. */
const end = (pid: number) => {
  running.delete(pid)
  try {
    process.kill(-pid, "SIGKILL")
  } catch (error) {
    // Nothing is left.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error
  }
}

process.once("exit", () => {
  for (const pid of running) end(pid)
  for (const copied of copies) rmSync(copied, { recursive: true, force: true })
})
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))

const copyRepository = (): string => {
  const copied = mkdtempSync(join(tmpdir(), "touchline-mutations-"))
  copies.push(copied)
  cpSync(root, copied, {
    recursive: true,
    filter: (path) => ![...linked, ".git", "dist", "program", ".touchline"].some((name) => path === join(root, name))
  })
  for (const name of linked) symlinkSync(join(root, name), join(copied, name))
  mkdirSync(join(copied, temporary))
  return copied
}

type Verdict = "caught" | "hung" | "survived" | "stale"

/** Runs one file of tests, for so many milliseconds at most. */
const run = (copied: string, test: string, patience: number) =>
  new Promise<Verdict>((resolve, reject) => {
    const file = `test/${test}.test.ts`
    const args = [join("node_modules", "vitest", "vitest.mjs"), "run", "--bail", "1", "--reporter", "dot", file]
    const env = { ...process.env, TMPDIR: join(copied, temporary) }
    const vitest = spawn(process.execPath, args, { cwd: copied, env, stdio: "ignore", detached: true })
    vitest.once("error", reject)
    const { pid } = vitest
    if (pid === undefined) return
    running.add(pid)
    const late = setTimeout(() => end(pid), patience)
    vitest.once("exit", (code) => {
      clearTimeout(late)
      end(pid)
      resolve(code === null ? "hung" : code === 0 ? "survived" : "caught")
    })
  })

/** How long each file of tests may take before it counts as hung: many times what it takes without any change. */
const patienceOf = new Map<string, number>()

/** Runs a file of tests on what was not changed, once: one that fails there says nothing of what was. */
const measure = async (copied: string, test: string): Promise<number> => {
  const known = patienceOf.get(test)
  if (known !== undefined) return known
  const began = Date.now()
  if ((await run(copied, test, 600_000)) !== "survived")
    throw new Error(`test/${test}.test.ts fails without any change`)
  const patience = 60_000 + 3 * (Date.now() - began)
  patienceOf.set(test, patience)
  return patience
}

const judge = async (copied: string, { file, put, take, tests }: Mutation): Promise<Verdict> => {
  const path = join(copied, file)
  const source = readFileSync(path, "utf8")
  if (source.split(take).length !== 2) return "stale"
  for (const test of tests) await measure(copied, test)
  writeFileSync(
    path,
    source.replace(take, () => put)
  )
  try {
    for (const test of tests) {
      const verdict = await run(copied, test, await measure(copied, test))
      if (verdict !== "survived") return verdict
    }
    return "survived"
  } finally {
    writeFileSync(path, source)
  }
}

const { positionals: named, values } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: "string", default: "1" }, results: { type: "string" } }
})
const chosen = mutations.filter(
  ({ file, what }) => named.length === 0 || named.some((name) => `${file}: ${what}`.includes(name))
)
// Vitest fails where no file is found, which would pass for a change that is caught.
for (const name of new Set(chosen.flatMap(({ tests }) => tests))) {
  if (!existsSync(join(root, `test/${name}.test.ts`))) throw new Error(`test/${name}.test.ts does not exist`)
}

const counts: { [verdict in Verdict]: number } = { caught: 0, hung: 0, survived: 0, stale: 0 }
const { results } = values
const noted = results !== undefined && existsSync(results) ? readFileSync(results, "utf8").split("\n") : []
const caughtBefore = (mutation: Mutation) => noted.includes(JSON.stringify({ verdict: "caught", ...mutation }))
const waiting = chosen.filter((mutation) => !caughtBefore(mutation)).values()
counts.caught = chosen.filter(caughtBefore).length

/** Judges what is waiting, in a copy of its own. */
const work = async () => {
  const copied = copyRepository()
  for (const mutation of waiting) {
    const began = Date.now()
    const verdict = await judge(copied, mutation)
    counts[verdict] += 1
    if (results !== undefined) appendFileSync(results, `${JSON.stringify({ verdict, ...mutation })}\n`)
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
