/**
 * How fast the command line starts, and how much memory that and a small service take: `npm run bench:start`, with
 * `-- --json` for one object on the last line of stdout.
 *
 * Commands are run by Node as `npm run touchline` does, from the built program where it is one of the sources as they are, beside
 * a Node that does nothing; times are the medians of several runs, each from the start of the process to its end; what a process
 * computed itself says more beside other work. The service is `npm start` on an embedded database with twelve simulated matches:
 * the time to its first scan with a new DATA_DIR and with one that was used before, its peak of memory over a minute, and what it
 * holds at the end of it. Memory is told where the system does (Linux).
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import { builtProgram } from "../src/builtProgram.ts"
import { median } from "./rules/measure.ts"

const root = resolve(import.meta.dirname, "..")
const isBuilt = builtProgram(pathToFileURL(`${root}/`)) !== undefined
const main = join(root, "src/main.ts")
const strategy = join(root, "examples/strategies/favourite-behind.yaml")

const timedRuns = 7
const starts = 3
/** How long a service is watched, in milliseconds. */
const watched = 60_000

/** At most so long, in milliseconds, and so much memory, in MB. */
const goals = {
  version: { ms: 350, overBareMs: 250, peakMB: 120 },
  help: { ms: 350, overBareMs: 250 },
  check: { ms: 500 },
  start: { firstScanMs: 5000, peakMB: 450, settledMB: 400 }
}

const { HOME = "", PATH = "" } = process.env
/** What processes are started with: as npm's scripts start them. */
const environment = { HOME, PATH, NODE_COMPILE_CACHE: join(root, "node_modules/.cache/touchline") }

/** A module that tells on descriptor 3, when the process ends, the most memory it had and how long it computed. */
const telling = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs"
  process.on("exit", () => {
    const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage()
    writeSync(3, maxRSS / 1024 + " " + (systemCPUTime + userCPUTime) / 1000)
  })
`)}`

/** Runs Node to its end: how long that took, and with `isTold` its peak of memory in MB and its own time. */
const run = (args: ReadonlyArray<string>, isTold: boolean) =>
  new Promise<{ readonly ms: number; readonly peakMB: number; readonly cpuMs: number }>((done, fail) => {
    const started = performance.now()
    const child = spawn(process.execPath, [...(isTold ? ["--import", telling] : []), ...args], {
      cwd: root,
      env: environment,
      stdio: ["ignore", "ignore", "inherit", "pipe"]
    })
    const heard = { told: "", ms: 0 }
    child.stdio[3]?.on("data", (chunk) => {
      heard.told += chunk
    })
    child.once("exit", () => {
      heard.ms = performance.now() - started
    })
    child.once("close", (code) => {
      if (code !== 0) return fail(new Error(`node ${args.join(" ")} ended with ${code}`))
      const [peakMB = 0, cpuMs = 0] = heard.told.split(" ").map(Number)
      done({ ms: heard.ms, peakMB, cpuMs })
    })
  })

const medianOf = async (args: ReadonlyArray<string>, isTold: boolean) => {
  const runs: Array<Awaited<ReturnType<typeof run>>> = []
  for (let times = 0; times < timedRuns; times++) runs.push(await run(args, isTold))
  const of = (field: "ms" | "peakMB" | "cpuMs") => Math.round(median(runs.map((each) => each[field])))
  return { ms: of("ms"), peakMB: of("peakMB"), cpuMs: of("cpuMs") }
}

/** A command: its time when nobody listens, and what it tells of itself in other runs. */
const command = async (args: ReadonlyArray<string>) => {
  await run(args, false)
  const { ms } = await medianOf(args, false)
  const { cpuMs, peakMB } = await medianOf(args, true)
  return { ms, cpuMs, peakMB }
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    // The process may be gone by now.
    return ""
  }
}

/** The processes of Touchline below one: npm and its shell are none of them. */
const below = (pid: number): ReadonlyArray<number> =>
  read(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .filter((child) => child !== "")
    .flatMap((child) => {
      const isOurs = read(`/proc/${child}/cmdline`).includes("main.ts")
      return [...(isOurs ? [Number(child)] : []), ...below(Number(child))]
    })

/** What the system says of the memory of a process and those below it that are ours, in MB. */
const memoryOf = (pid: number, field: "VmHWM" | "VmRSS"): number =>
  below(pid).reduce(
    (sum, each) =>
      sum + Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(read(`/proc/${each}/status`))?.[1] ?? 0),
    0
  ) / 1024

/** One life of the service: until its first scan, or for a minute. */
const live = async (directory: string, forMs: number) => {
  const started = performance.now()
  const child = spawn("npm", ["start"], {
    cwd: root,
    env: { ...environment, DATA_DIR: directory },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true
  })
  const ended = new Promise<void>((done) => child.once("close", () => done()))
  const firstScanMs = await new Promise<number>((done, fail) => {
    let heard = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      heard += chunk
      if (/INFO +scan /.test(heard)) done(performance.now() - started)
    })
    child.once("close", () => fail(new Error(`npm start ended before its first scan:\n${heard}`)))
  })
  const pid = child.pid ?? -1
  let peakMB = memoryOf(pid, "VmHWM")
  while (performance.now() - started < forMs) {
    await setTimeout(250)
    peakMB = Math.max(peakMB, memoryOf(pid, "VmHWM"))
  }
  const settledMB = memoryOf(pid, "VmRSS")
  for (const each of below(pid)) process.kill(each, "SIGTERM")
  await ended
  return { firstScanMs, peakMB, settledMB }
}

/** Two lives on one directory, the first of which makes it. */
const twoLives = async (forMs: number) => {
  const directory = mkdtempSync(join(tmpdir(), "touchline-bench-"))
  try {
    return { first: await live(directory, forMs), second: await live(directory, forMs) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const line = (label: string, ...values: ReadonlyArray<string>): void =>
  console.log(`  ${label.padEnd(36)}${values.map((value) => value.padStart(16)).join("")}`)

const what = isBuilt ? "the built program" : "the sources (`npm run build` builds the program)"
console.log(`Starting ${what}, on Node ${process.version}; load ${loadavg()[0]?.toFixed(1)}`)
line("", "time", "goal", "of it computing", "peak", "goal")
const bare = await command(["-e", "0"])
line("node -e 0", `${bare.ms} ms`, "", `${bare.cpuMs} ms`, `${bare.peakMB} MB`)
const version = await command([main, "--version"])
line(
  "--version",
  `${version.ms} ms`,
  `${goals.version.ms} ms`,
  `${version.cpuMs} ms`,
  `${version.peakMB} MB`,
  `${goals.version.peakMB} MB`
)
const help = await command([main, "--help"])
line("--help", `${help.ms} ms`, `${goals.help.ms} ms`, `${help.cpuMs} ms`, `${help.peakMB} MB`)
const check = await command([main, "strategies", "check", strategy])
line("strategies check, one file", `${check.ms} ms`, `${goals.check.ms} ms`, `${check.cpuMs} ms`, `${check.peakMB} MB`)

const lives: Array<Awaited<ReturnType<typeof twoLives>>> = []
for (let times = 0; times < starts; times++) lives.push(await twoLives(0))
const firstScan = (which: "first" | "second"): number =>
  Math.round(median(lives.map((each) => each[which].firstScanMs)))
const minute = await twoLives(watched)
const startOf = (which: "first" | "second") => ({
  firstScanMs: firstScan(which),
  peakMB: Math.round(minute[which].peakMB),
  settledMB: Math.round(minute[which].settledMB)
})
const start = { first: startOf("first"), second: startOf("second") }
console.log()
line("npm start", "first scan", "goal", "peak", "goal", "settled", "goal")
for (const [which, { firstScanMs, peakMB, settledMB }] of Object.entries(start)) {
  line(
    `the ${which} on a directory`,
    `${firstScanMs} ms`,
    `${goals.start.firstScanMs} ms`,
    `${peakMB} MB`,
    `${goals.start.peakMB} MB`,
    `${settledMB} MB`,
    `${goals.start.settledMB} MB`
  )
}
console.log(`  load ${loadavg()[0]?.toFixed(1)} at the end`)
if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ node: bare, version, help, check, start, goals, load: loadavg()[0] }))
}
