/**
 * Asking Redis which of 1,000 pairs are known: Dedup's way, in one round trip, against one EXISTS at a time and against
 * the bare MGET that no way can beat by much. On a private redis-server. No pair of a batch is known to the process, and
 * one in ten is to Redis: what a process asks about is what it did not remember itself, which is new for the most part.
 *
 * `npm run bench:dedup -- --json`: the last line is the figures as one object.
 */
import { spawnSync } from "node:child_process"
import { availableParallelism } from "node:os"
import { type Context, Duration, Effect, Layer, Option } from "effect"
import type { Redis as Client } from "ioredis"
import { Dedup } from "../src/dedup/Dedup.ts"
import { layerRedisDedup } from "../src/dedup/RedisDedup.ts"
import { dedupKey, type Pair } from "../src/domain/Trigger.ts"
import { Redis } from "../src/redis/Redis.ts"
import { hasRedisServer, startRedisServer } from "../test/fixtures/redisServer.ts"

const batchSize = 1000
/** The ways take turns, each for as many batches as a block has. The first blocks only warm up. */
const blocks = 12
const warmUps = 2
const batchesOfBlock = 20
/** One EXISTS at a time takes so long that it gets only so many of them. */
const serialBatches = 5

/** At least so many times faster than one at a time, and at most so many times slower than the bare MGET. */
const goals = { vsSerial: 50, vsMget: 2 }

const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`

const batchOf = (number: number): ReadonlyArray<Pair> =>
  Array.from({ length: batchSize }, (_, index) => ({
    strategyId: uuid(index % 50),
    matchId: `${number * batchSize + index}`
  }))

const median = (numbers: ReadonlyArray<number>): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

type Way = (pairs: ReadonlyArray<Pair>, keys: Array<string>) => Promise<ReadonlyArray<Pair>>

/** The ways to ask, by name; each answers with the pairs that are not known. */
const waysOf = (client: Client, dedup: Context.Service.Shape<typeof Dedup>) =>
  ({
    serial: async (pairs: ReadonlyArray<Pair>, keys: Array<string>) => {
      const unknown: Array<Pair> = []
      for (const [index, pair] of pairs.entries()) {
        if ((await client.exists(keys[index] ?? "")) === 0) unknown.push(pair)
      }
      return unknown
    },
    mget: async (pairs: ReadonlyArray<Pair>, keys: Array<string>) => {
      const values = await client.mget(keys)
      return pairs.filter((_, index) => values[index] === null)
    },
    dedup: (pairs: ReadonlyArray<Pair>) => Effect.runPromise(dedup.unknown(pairs))
  }) satisfies Record<string, Way>

/** Whether Redis knows the pair at this place of its batch. */
const isKnown = (index: number): boolean => index % 10 === 0

/** A batch of pairs that no other batch has. */
const seed = async (client: Client, number: number) => {
  const pairs = batchOf(number)
  const keys = pairs.map(dedupKey)
  const known = client.pipeline()
  for (const key of keys.filter((_, index) => isKnown(index))) known.set(key, "1", "EX", 7200)
  await known.exec()
  return { pairs, keys, unknown: pairs.filter((_, index) => !isKnown(index)) }
}

/** The median milliseconds of each way for a batch. */
const measure = async (client: Client, dedup: Context.Service.Shape<typeof Dedup>) => {
  const ways = waysOf(client, dedup)
  const names = ["serial", "mget", "dedup"] as const
  const times = { serial: [] as number[], mget: [] as number[], dedup: [] as number[] }
  for (let block = 0; block < warmUps + blocks; block++) {
    const batches = []
    for (let batch = 0; batch < batchesOfBlock; batch++) {
      batches.push(await seed(client, block * batchesOfBlock + batch))
    }
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(block + turn) % names.length] ?? "dedup"
      for (const { keys, pairs, unknown } of name === "serial" ? batches.slice(0, serialBatches) : batches) {
        const started = performance.now()
        const answer = await ways[name](pairs, keys)
        const took = performance.now() - started
        if (answer.length !== unknown.length || answer.some((pair, index) => pair !== unknown[index])) {
          throw new Error(`${name} gives a wrong answer`)
        }
        if (block >= warmUps) times[name].push(took)
      }
    }
  }
  return { serialMs: median(times.serial), mgetMs: median(times.mget), dedupMs: median(times.dedup) }
}

const bench = (port: number) =>
  Effect.gen(function* () {
    const dedup = yield* Dedup
    const client = yield* Effect.flatMap(Redis, ({ connect }) => connect({ whenLost: "wait" }))
    return yield* Effect.promise(() => measure(client, dedup))
  }).pipe(
    Effect.scoped,
    Effect.provide(
      layerRedisDedup({ ttl: Duration.hours(2), timeout: Duration.seconds(10) }).pipe(
        Layer.provideMerge(
          Redis.layer({
            host: "127.0.0.1",
            port,
            username: Option.none(),
            password: Option.none(),
            db: 0,
            tls: false
          })
        )
      )
    )
  )

if (!hasRedisServer) {
  console.error("This bench needs a redis-server on the PATH: sudo apt-get install redis-server")
  process.exit(1)
}

/**
 * In production Redis has cores of its own. Where both share one, asking a thousand times costs no waiting, only
 * switching, and the ways come closer; so each gets its own core, where the system can do that (Linux, `taskset`).
 */
const pin = (core: number, pid: number): boolean => spawnSync("taskset", ["-acp", `${core}`, `${pid}`]).status === 0

const server = await startRedisServer()
const isPinned = availableParallelism() > 1 && pin(0, process.pid) && pin(1, server.pid)
const figures = await Effect.runPromise(bench(server.port)).finally(server.stop)
const vsSerial = figures.serialMs / figures.dedupMs
const vsMget = figures.dedupMs / figures.mgetMs

const row = (way: string, ms: number, note: string) => `${way.padEnd(26)}${ms.toFixed(3).padStart(9)} ms   ${note}`
console.log(
  `${batchSize} pairs, one in ten known to Redis; medians of ${blocks * batchesOfBlock} batches; all ways gave the same answers; ${isPinned ? "Redis and Node on a core each" : "cores as the system gives them"}\n`
)
console.log(row("one EXISTS at a time", figures.serialMs, `${vsSerial.toFixed(0)}x Dedup (goal: ${goals.vsSerial}x)`))
console.log(row("bare MGET", figures.mgetMs, ""))
console.log(row("Dedup.unknown", figures.dedupMs, `${vsMget.toFixed(2)}x MGET (goal: at most ${goals.vsMget}x)`))

if (process.argv.includes("--json")) {
  const isMet = vsSerial >= goals.vsSerial && vsMget <= goals.vsMget
  console.log(
    JSON.stringify({
      bench: "dedup",
      batchSize,
      batches: blocks * batchesOfBlock,
      ...figures,
      isPinned,
      vsSerial,
      vsMget,
      isMet
    })
  )
}
