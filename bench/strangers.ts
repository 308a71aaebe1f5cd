/**
 * A hostile owner among a thousand: `npm run bench:strangers`. 1,000 owners with 100,000 strategies and a chat each get 2,000
 * alerts in 100 s, once by themselves and once beside an owner who does everything at once, on a real PostgreSQL, PostgREST
 * and redis-server, through a stand-in that enforces Telegram's limits. It tells how long the others' alerts took, from the
 * poll in which they came true to the stand-in, and how the two runs compare, how much of the processor each part kept busy (that
 * of PostgREST and PostgreSQL for the hostile owner's requests is another machine's in a Supabase project, and this one's here),
 * and what reading the slowest rows costs. Its last line is one JSON object; `--json` prints nothing else; `--small` plays a tenth of it.
 */
import { availableParallelism, loadavg } from "node:os"
import { setTimeout } from "node:timers/promises"
import { NodeServices } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { migrations } from "../src/database/embedded/EmbeddedDatabase.ts"
import { sign, startPostgrest } from "../test/fixtures/postgrest.ts"
import { touchline } from "../test/fixtures/process.ts"
import { hasRedisServer, startRedisServer } from "../test/fixtures/redisServer.ts"
import { startAttack } from "./strangers/attack.ts"
import { makeLimitedBotApi } from "./strangers/botApi.ts"
import { makeCpu } from "./strangers/cpu.ts"
import * as evening from "./strangers/evening.ts"
import { readRows } from "./strangers/rows.ts"
import { serveSurroundings } from "./tick/gateway.ts"
import { type PostgresServer, startPostgres } from "./tick/postgres.ts"

/** How much longer the others' alerts may take beside the hostile owner, at the 99th percentile. */
const goal = 1.5

/** How long what fired last may take to arrive. */
const patience = 120_000

const quantile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN

const field = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\t", "\\t")

const load = async ({ loader }: Effect.Success<PostgresServer["create"]>) => {
  const rows = Array.from(evening.strategyRows(), (row) => `${row.map(field).join("\t")}\ttrue\n`)
  await loader.copy("public.strategies", ["id", "user_id", "name", "definition", "is_active"], rows, "unchecked")
  await loader.exec(`insert into user_telegram (user_id, chat_id)
    values ${Array.from({ length: evening.owners }, (_, n) => `('${evening.ownerId(n)}', '${evening.chatOf(n)}')`).join(",")}`)
  await loader.exec(
    `insert into user_telegram (user_id, chat_id) values ('${evening.hostile}', '${evening.hostileChat}')`
  )
  await loader.exec("analyze")
}

const run = Effect.fnUntraced(function* (server: PostgresServer, isBesideHostile: boolean) {
  const database = yield* server.create
  const files = yield* migrations
  yield* Effect.promise(async () => {
    for (const { sql } of files) await database.loader.exec(sql)
    await load(database)
  })
  const redis = yield* Effect.acquireRelease(
    Effect.promise(() => startRedisServer(["--maxmemory-policy", "noeviction"])),
    ({ stop }) => Effect.promise(stop)
  )
  const bot = yield* makeLimitedBotApi
  /** When the evening began, and when each tick was first shown. */
  let began: number | undefined
  const shownAt = new Map<number, number>()
  // The hostile owner's requests have a PostgREST and connections of their own, so that what they take can be told apart.
  const served = yield* startPostgrest(database.served)
  const attacked = yield* startPostgrest({ ...database.served, url: `${database.served.url}?application_name=hostile` })
  const port = yield* serveSurroundings({
    postgrest: served.port,
    answer: () => {
      const now = Date.now()
      const tick = began === undefined ? 0 : Math.min(evening.ticks, 1 + Math.floor((now - began) / evening.interval))
      for (let each = tick; each > 0 && !shownAt.has(each); each--) shownAt.set(each, now)
      return tick
    }
  })
  const url = `http://127.0.0.1:${port}`
  const service = yield* touchline(
    [],
    {
      HTTP: "off",
      REDIS_HOST: "127.0.0.1",
      REDIS_PORT: `${redis.port}`,
      SUPABASE_URL: url,
      SUPABASE_SERVICE_ROLE_KEY: sign({ role: "service_role" }),
      TELEGRAM_BOT_TOKEN: "1:bench",
      TELEGRAM_API_ROOT: bot.root,
      TELEGRAM_LINKING: "off",
      POLL_INTERVAL: `${evening.interval}`,
      BENCH_FEED: `${url}/tick/0`
    },
    new URL("strangers/service.ts", import.meta.url).pathname
  )
  yield* service.saying(/INFO +scan /)
  const token = sign({ role: "authenticated", sub: evening.hostile })
  const attack = isBesideHostile
    ? yield* Effect.acquireRelease(
        Effect.sync(() => startAttack(`http://127.0.0.1:${attacked.port}`, token, evening.hostile)),
        ({ kill }) => Effect.sync(kill)
      )
    : undefined
  // The hostile one is under way when the evening begins.
  yield* Effect.promise(() => setTimeout(10_000))
  const others = new Map<string, { readonly chat: string; readonly latency: number }>()
  const cpu = makeCpu()
  const lookAtCpu = async () => {
    const backends = (await database.backends())
      .trim()
      .split("\n")
      .map((line) => line.split("|"))
      .map(
        ([name, pid]) => [name === "hostile" ? "PostgreSQL, for the hostile owner" : "PostgreSQL", Number(pid)] as const
      )
    cpu.look([
      ["service", service.pid],
      ["PostgREST", served.pid],
      ["PostgREST, for the hostile owner", attacked.pid],
      ...backends
    ])
  }
  yield* Effect.promise(async () => {
    began = Date.now()
    const end = began + evening.ticks * evening.interval + patience
    let [seen, looked] = [0, 0]
    while (others.size < evening.expected.size && Date.now() < end) {
      await setTimeout(200)
      if (Date.now() - looked >= 5000) {
        looked = Date.now()
        await lookAtCpu()
      }
      for (const { at, chat, text } of bot.arrivals.slice(seen)) {
        const name = /^<b>(Owner \d+ strategy \d+)<\/b>/.exec(text)?.[1] ?? ""
        const shown = shownAt.get(evening.expected.get(name) ?? 0)
        if (shown !== undefined) others.set(name, { chat, latency: at - shown })
        seen += 1
      }
    }
  })
  const lasted = (Date.now() - (began ?? 0)) / 1000
  const attacks = attack === undefined ? {} : yield* Effect.promise(attack.stop)
  yield* service.kill("SIGTERM")
  yield* service.ended
  const { stdout } = service.output()
  const ms = [...stdout.matchAll(/INFO +scan .* ms=(\d+)/g)].map(([, each]) => Number(each)).sort((a, b) => a - b)
  const latencies = [...others.values()].map(({ latency }) => latency).sort((a, b) => a - b)
  return {
    beside: isBesideHostile ? "a hostile owner" : "nobody",
    alerts: others.size,
    chats: new Set([...others.values()].map(({ chat }) => chat)).size,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    worst: latencies.at(-1) ?? Number.NaN,
    tickP50: quantile(ms, 0.5),
    tickP99: quantile(ms, 0.99),
    refusedByTelegram: bot.refused(),
    alertsOfHostile: bot.arrivals.filter(({ chat }) => chat === evening.hostileChat).length,
    triggersOfHostile: Number(
      yield* Effect.promise(() =>
        database.loader.exec(
          `select coalesce(max(count) filter (where what = 'triggers'), 0) from owner_usage where owner = '${evening.hostile}'`
        )
      )
    ),
    attacks,
    /** How many processors each kind of process kept busy, of those that the machine has, and how many processes wanted them. */
    processors: Object.fromEntries(
      Object.entries(cpu.seconds()).map(([kind, seconds]) => [kind, Math.round((1000 * seconds) / lasted) / 1000])
    ),
    load: loadavg()[0]
  }
}, Effect.scoped)

const main = Effect.gen(function* () {
  if (!hasRedisServer) {
    yield* Console.error("redis-server is not installed: `sudo apt-get install redis-server`.")
    process.exitCode = 1
    return
  }
  const server = yield* startPostgres
  const alone = yield* run(server, false)
  const beside = yield* run(server, true)
  const ratio = beside.p99 / alone.p99
  const rows = readRows()
  if (!process.argv.includes("--json")) {
    const strategies = evening.owners * evening.strategiesOfOwner
    yield* Console.log(`${evening.owners} owners, ${strategies} strategies, ${server.name}; times in ms`)
    yield* Effect.sync(() =>
      console.table([alone, beside].map(({ attacks: _, processors: __, ...figures }) => figures))
    )
    yield* Console.log(`Processors that were kept busy, of ${availableParallelism()}:`)
    yield* Effect.sync(() => console.table({ alone: alone.processors, beside: beside.processors }))
    yield* Effect.sync(() => console.table(beside.attacks))
    yield* Console.log(`p99 beside the hostile owner: ${ratio.toFixed(2)} times that without (goal: ${goal})`)
    yield* Console.log(
      `reading a row: at most ${rows.ms.ms.toFixed(1)} ms (${rows.ms.what}; goal: 20) and ${rows.perKb.perKb.toFixed(2)} ms a kB (${rows.perKb.what}; goal: 1), of ${rows.rows} rows`
    )
  }
  yield* Console.log(JSON.stringify({ on: server.name, alone, beside, ratio, goal, rows }))
  const isComplete = [alone, beside].every(
    ({ alerts, chats }) => alerts === evening.expected.size && chats === evening.owners
  )
  if (!isComplete || ratio > goal || rows.beyond.length > 0) process.exitCode = 1
}).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

await Effect.runPromise(main)
