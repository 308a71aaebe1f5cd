/**
 * `npm run soak -- --minutes 20`: 200 matches and 1,000 strategies for a while, embedded and then on Redis. What a process holds
 * must not grow with what is past: memory, handles and files are measured every few seconds, jobs and keys every half minute, and
 * the last third of each half is compared with the middle one. A table is printed, then one object; ends with code 1 where
 * something grows. Linux.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Effect } from "effect"
import { Redis as Client } from "ioredis"
import { temporaryDirectory, touchline } from "../test/fixtures/process.ts"
import { hasRedisServer, startRedisServer } from "../test/fixtures/redisServer.ts"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    matches: { type: "string", default: "200" },
    strategies: { type: "string", default: "1000" }
  }
})

const root = fileURLToPath(new URL("../", import.meta.url))

/** One look at a process. */
interface Sample {
  readonly memoryMb: number
  /** What it holds open, its data directory's files aside. */
  readonly handles: number
  /** Jobs in all queues, or all keys of Redis. Not with every look: to be told them takes a busy service a while. */
  readonly kept: number | undefined
  /** Files in the data directory, but for the log's segments and for the two beside each table that its first vacuum makes. */
  readonly files: number
}

const isCounted = (file: string) => !/(^|\/)pg_wal\/|_(fsm|vm)$/.test(file)

/** One that was closed since it was listed is none. */
const isHandle = (link: string, data: string): boolean => {
  try {
    return !readlinkSync(link).startsWith(data)
  } catch {
    return false
  }
}

const memoryOf = (pid: number): number => {
  const [, kb = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  return Number(kb) / 1024
}

/** Every so many looks jobs and keys are counted. */
const countEvery = 6

/** NaN where nothing was measured, which is within no bound. */
const mean = (samples: ReadonlyArray<Sample>, name: keyof Sample): number => {
  const measured = samples.flatMap((each) => each[name] ?? [])
  return measured.reduce((sum, each) => sum + each, 0) / measured.length
}

/** By how much the last third may be above the middle one: memory is what V8 has not given back yet. */
const bounds: { readonly [name in keyof Sample]: (middle: number) => number } = {
  memoryMb: (middle) => 1.1 * middle + 10,
  handles: (middle) => middle + 5,
  files: (middle) => middle + 5,
  kept: (middle) => 1.2 * middle + 100
}

const metrics = ["shots", "corners", "fouls", "shots_on_target", "yellow_cards"]

const writeStrategies = (directory: string, count: number) => {
  mkdirSync(directory)
  for (let index = 0; index < count; index += 1) {
    // Rare enough that no backlog grows at this speed: a match is over in three minutes.
    const left = `total ${metrics[index % metrics.length]} last ${5 + (index % 5)} minutes`
    const when = [`minute >= ${index % 80}`, `${left} >= ${11 + (index % 5)}`]
    writeFileSync(join(directory, `soak-${index}.json`), JSON.stringify({ name: `Soak ${index}`, when }))
  }
}

/** Runs a service for so long and looks at it every few seconds. */
const watched = Effect.fnUntraced(function* (
  minutes: number,
  settings: { readonly [name: string]: string },
  kept: (directory: string) => Effect.Effect<number | undefined>
) {
  const directory = yield* temporaryDirectory
  const [strategies, data] = [join(directory, "strategies"), join(directory, "data")]
  writeStrategies(strategies, Number(values.strategies))
  const service = yield* touchline(
    ["start", "--matches", values.matches, "--speed", "30", "--strategies", strategies],
    { HTTP: "off", DATA_DIR: data, LOG_LEVEL: "warn", POLL_INTERVAL: "2000", ...settings }
  )
  // Where the socket is the service answers commands.
  while (!existsSync(join(data, "touchline.sock"))) yield* Effect.promise(() => setTimeout(100))
  const open = `/proc/${service.pid}/fd`
  const samples: Array<Sample> = []
  const until = performance.now() + minutes * 60_000
  while (performance.now() < until) {
    yield* Effect.promise(() => setTimeout(5000))
    samples.push({
      memoryMb: memoryOf(service.pid),
      handles: readdirSync(open).filter((handle) => isHandle(join(open, handle), data)).length,
      files: readdirSync(data, { recursive: true, encoding: "utf8" }).filter(isCounted).length,
      kept: samples.length % countEvery === 0 ? yield* kept(data) : undefined
    })
  }
  yield* service.kill("SIGTERM")
  const code = yield* service.ended
  const third = Math.floor(samples.length / 3)
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)]
  const rows = (["memoryMb", "handles", "files", "kept"] as const).map((name) => {
    const [before, after] = [mean(middle, name), mean(last, name)]
    return { name, middle: Math.round(before), last: Math.round(after), grows: !(after <= bounds[name](before)) }
  })
  return { code, samples: samples.length, rows }
}, Effect.scoped)

/** The jobs of an embedded service, as `touchline queues` tells them, or none where a busy machine does not let it answer. */
const jobsOf = (data: string) =>
  Effect.gen(function* () {
    const command = yield* touchline(["queues", "--json"], { DATA_DIR: data })
    if ((yield* command.ended) !== 0) {
      const { stderr } = command.output()
      console.error(stderr)
      return stderr.includes("has not answered") ? undefined : yield* Effect.die(new Error("touchline queues failed"))
    }
    const counts = command.output().stdout.match(/"(?:waiting|active|delayed|failed)":\s*\d+/g) ?? []
    return counts.reduce((sum, each) => sum + Number(each.split(":")[1]), 0)
  }).pipe(Effect.scoped, Effect.orDie)

const program = Effect.gen(function* () {
  const half = Number(values.minutes) / 2
  const embedded = yield* watched(half, {}, jobsOf)
  if (!hasRedisServer) return { embedded }
  const redis = yield* Effect.acquireRelease(
    Effect.promise(() => startRedisServer(["--maxmemory-policy", "noeviction"])),
    ({ stop }) => Effect.promise(stop)
  )
  const client = new Client(redis.port, "127.0.0.1")
  yield* Effect.addFinalizer(() => Effect.sync(() => client.disconnect()))
  // Keys of dedup are as many as pairs fired in its time: it is short here, so that they come and go.
  const onRedis = yield* watched(half, { REDIS_HOST: "127.0.0.1", REDIS_PORT: `${redis.port}`, DEDUP_TTL: "60" }, () =>
    Effect.promise(() => client.dbsize())
  )
  return { embedded, redis: onRedis }
}).pipe(Effect.scoped)

process.chdir(root)
const result = await Effect.runPromise(program)
for (const [name, { rows }] of Object.entries(result)) {
  console.log(name)
  console.table(rows)
}
console.log(JSON.stringify(result))
const isRight = Object.values(result).every(({ code, rows }) => code === 0 && rows.every(({ grows }) => !grows))
process.exit(isRight ? 0 : 1)
