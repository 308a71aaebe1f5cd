/**
 * Whether the tests notice what breaks: `npm run mutations`, with `-- queue history` for those of such names alone.
 *
 * Makes one change after the other to a copy of the repository, each of which breaks a promise, and runs the tests that
 * could notice it. A change is caught when a test fails or does not end, and survives when all of them pass. Ends with
 * code 1 when fewer than 95 % are caught, or when the text that a change replaces is not in the source any more.
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Mutation, mutations } from "./mutations/list.ts"

const root = fileURLToPath(new URL("../", import.meta.url))

/** The tests of each room, the ones that notice most first. */
const testsOf: { readonly [room: string]: ReadonlyArray<string> } = {
  queue: ["test/queue", "test/alert/AlertWorker.test.ts"],
  database: ["test/database", "test/doctor"],
  history: ["test/history"],
  dedup: ["test/dedup"],
  alert: ["test/alert"],
  rules: ["test/scan/unknownPairs.test.ts", "test/rules"],
  scan: ["test/scan", "test/queue", "test/alert/telegram/delivery.test.ts"]
}

/** How long the tests of one change may take before they count as hung, in milliseconds. */
const patience = 900_000

const linked = ["node_modules", "template"]

const copied = mkdtempSync(join(tmpdir(), "touchline-mutations-"))
cpSync(root, copied, {
  recursive: true,
  filter: (path) => ![...linked, ".git", "dist", ".touchline"].some((name) => path === join(root, name))
})
for (const name of linked) symlinkSync(join(root, name), join(copied, name))

type Verdict = "caught" | "hung" | "survived" | "stale"

const judge = ({ file, put, take }: Mutation): Verdict => {
  const path = join(copied, file)
  const source = readFileSync(path, "utf8")
  if (source.split(take).length !== 2) return "stale"
  writeFileSync(
    path,
    source.replace(take, () => put)
  )
  const [, room = ""] = file.split("/")
  const run = spawnSync("npx", ["vitest", "run", "--bail", "1", "--reporter", "dot", ...(testsOf[room] ?? ["test"])], {
    cwd: copied,
    stdio: "ignore",
    timeout: patience,
    killSignal: "SIGKILL"
  })
  writeFileSync(path, source)
  if (run.signal !== null) return "hung"
  return run.status === 0 ? "survived" : "caught"
}

const named = process.argv.slice(2)
const chosen = mutations.filter(
  ({ file, what }) => named.length === 0 || named.some((name) => `${file}: ${what}`.includes(name))
)
const counts: { [verdict in Verdict]: number } = { caught: 0, hung: 0, survived: 0, stale: 0 }
try {
  for (const mutation of chosen) {
    const verdict = judge(mutation)
    counts[verdict] += 1
    console.log(`${verdict.padEnd(9)} ${mutation.file}: ${mutation.what}`)
  }
} finally {
  rmSync(copied, { recursive: true, force: true })
}
const noticed = counts.caught + counts.hung
console.log(
  `${chosen.length} changes: ${counts.caught} caught, ${counts.hung} hung, ${counts.survived} survived, ${counts.stale} stale`
)
if (counts.stale > 0 || noticed < 0.95 * chosen.length) process.exitCode = 1
