/**
 * A hostile owner among a thousand: `npm run bench:strangers`. 1,000 owners with 100,000 strategies and a chat each get 2,000
 * alerts in 100 s, on a real PostgreSQL, PostgREST and redis-server, through a stand-in that enforces Telegram's limits: twice by
 * themselves and twice beside an owner who does everything at once, in the order ABBA, each time on new databases. It tells how
 * long the others' alerts took, from the poll in which they came true to the stand-in, and how the two kinds compare, how much of
 * the processor each part kept busy (that of PostgREST and PostgreSQL for the hostile owner's requests is another machine's in a
 * Supabase project, and this one's here), what reading the slowest rows costs, and what the costliest
 * strategies that the price of one owner admits cost a tick. It takes about ten minutes. Its last line is one
 * JSON object; `--json` prints nothing else; `--small` plays a tenth of it.
 */
import { availableParallelism, loadavg } from "node:os"
import { setTimeout } from "node:timers/promises"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Schema } from "effect"
import { migrations } from "../src/database/embedded/EmbeddedDatabase.ts"
import { sign, startPostgrest } from "../test/fixtures/postgrest.ts"
import { touchline } from "../test/fixtures/process.ts"
import { hasRedisServer, startRedisServer } from "../test/fixtures/redisServer.ts"
import { startAttack } from "./strangers/attack.ts"
import { makeLimitedBotApi } from "./strangers/botApi.ts"
import { makeCpu } from "./strangers/cpu.ts"
import * as evening from "./strangers/evening.ts"
import { costOfPrice } from "./strangers/price.ts"
import { readRows } from "./strangers/rows.ts"
import { serveSurroundings } from "./tick/gateway.ts"
import { type PostgresServer, startPostgres } from "./tick/postgres.ts"
import { Calls } from "./tick/task.ts"

/** How much longer the others' alerts may take beside the hostile owner, at the 99th percentile. */
const goal = 1.5

/** How long what fired last may take to arrive. */
const patience = 60_000

/** How long the hostile owner is under way before the evening begins. */
const before = 5000

/** The parts of an evening in each of which the hostile owner must have fired. */
const parts = 5

const quantile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN

const sum = (counts: { readonly [name: string]: number }): number =>
  Object.values(counts).reduce((total, each) => total + each, 0)

const decodeCalls = Schema.decodeUnknownSync(Calls)

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
  const loadBefore = loadavg()[0] ?? Number.NaN
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
    redis: redis.port,
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
  // A machine that is busy elsewhere reads so many strategies slowly.
  yield* Effect.retry(service.saying(/INFO +scan /), { times: 2 })
  const token = sign({ role: "authenticated", sub: evening.hostile })
  const attack = isBesideHostile
    ? yield* Effect.acquireRelease(
        Effect.sync(() => startAttack(`http://127.0.0.1:${attacked.port}`, token, evening.hostile)),
        ({ kill }) => Effect.sync(kill)
      )
    : undefined
  yield* Effect.promise(() => setTimeout(before))
  const others = new Map<string, { readonly chat: string; readonly latency: number }>()
  const calls = Effect.promise(async () => decodeCalls(await (await fetch(`${url}/calls`)).json()))
  const callsBefore = yield* calls
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
  const callsAfter = yield* calls
  const ask = (query: string) => Effect.promise(async () => Number(await database.loader.exec(query)))
  const hostile = {
    writes: Object.values(attacks).reduce((sum, { made, refused }) => sum + made - refused, 0),
    refused: Object.values(attacks).reduce((sum, { refused }) => sum + refused, 0),
    changes: yield* ask(`select coalesce(sum(count), 0) from owner_usage where what = 'changes'`),
    triggers: yield* ask(
      `select coalesce(sum(count), 0) from owner_usage where owner = '${evening.hostile}' and what = 'triggers'`
    ),
    /** In how many parts of the evening it fired: those of what it has deleted since included. */
    activeParts: yield* ask(`select count(distinct part) from (
      select floor((extract(epoch from t.triggered_at) * 1000 - ${began ?? 0}) / ${(evening.ticks * evening.interval) / parts}) as part
      from triggers t where t.strategy_id not in (select id from strategies where user_id <> '${evening.hostile}')
    ) fired where part >= 0 and part < ${parts}`),
    alerts: bot.arrivals.filter(({ chat }) => chat === evening.hostileChat).length,
    gathered: yield* ask("select count(*) from triggers where alert_digest is not null")
  }
  yield* service.kill("SIGTERM")
  yield* service.ended
  const { stdout } = service.output()
  const ms = [...stdout.matchAll(/INFO +scan .* ms=(\d+)/g)].map(([, each]) => Number(each)).sort((a, b) => a - b)
  const latencies = [...others.values()].map(({ latency }) => latency).sort((a, b) => a - b)
  return {
    isBesideHostile,
    latencies,
    chats: new Set([...others.values()].map(({ chat }) => chat)).size,
    tickP50: quantile(ms, 0.5),
    tickP99: quantile(ms, 0.99),
    refusedByTelegram: bot.refused(),
    hostile,
    attacks,
    databaseCalls: sum(callsAfter.database) - sum(callsBefore.database),
    redisCommands: sum(callsAfter.redis) - sum(callsBefore.redis),
    /** How many processors each kind of process kept busy, of those that the machine has, and how many processes wanted them before. */
    processors: Object.fromEntries(
      Object.entries(cpu.seconds()).map(([kind, seconds]) => [kind, Math.round((1000 * seconds) / lasted) / 1000])
    ),
    loadBefore
  }
}, Effect.scoped)

type Run = Effect.Success<ReturnType<typeof run>>

/** What the runs of one kind tell together. */
const together = (runs: ReadonlyArray<Run>) => {
  const latencies = runs.flatMap((each) => each.latencies).sort((a, b) => a - b)
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    worst: latencies.at(-1) ?? Number.NaN,
    alerts: latencies.length,
    chats: Math.min(...runs.map(({ chats }) => chats)),
    runs: runs.map(({ latencies, ...figures }) => ({
      alerts: latencies.length,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      ...figures
    }))
  }
}

const main = Effect.gen(function* () {
  if (!hasRedisServer) {
    yield* Console.error("redis-server is not installed: `sudo apt-get install redis-server`.")
    process.exitCode = 1
    return
  }
  const server = yield* startPostgres
  const load = loadavg()[0] ?? Number.NaN
  const runs: Array<Run> = []
  for (const isBesideHostile of [false, true, true, false]) {
    const each = yield* run(server, isBesideHostile)
    runs.push(each)
    const told = `${isBesideHostile ? "beside the hostile owner" : "by themselves"}: ${each.latencies.length} alerts, p99`
    yield* Console.error(`run ${runs.length} of 4, ${told} ${quantile(each.latencies, 0.99)} ms`)
  }
  const without = together(runs.filter(({ isBesideHostile }) => !isBesideHostile))
  const beside = together(runs.filter(({ isBesideHostile }) => isBesideHostile))
  const ratio = beside.p99 / without.p99
  const rows = readRows()
  const price = costOfPrice()
  const strategies = evening.owners * evening.strategiesOfOwner
  if (!process.argv.includes("--json")) {
    yield* Console.log(`${evening.owners} owners, ${strategies} strategies, ${server.name}; times in ms`)
    const figures = [...without.runs, ...beside.runs].map(({ attacks: _, hostile, processors: __, ...each }) => ({
      ...each,
      alertsOfHostile: hostile.alerts,
      triggersOfHostile: hostile.triggers
    }))
    yield* Effect.sync(() => console.table(figures))
    yield* Console.log(`Processors that were kept busy, of ${availableParallelism()}, run by run:`)
    yield* Effect.sync(() => console.table([...without.runs, ...beside.runs].map(({ processors }) => processors)))
    yield* Effect.sync(() => console.table(beside.runs[0]?.attacks))
    yield* Console.log(`p99 beside the hostile owner: ${ratio.toFixed(2)} times that without (goal: ${goal})`)
    yield* Console.log(
      `reading a row: at most ${rows.ms.ms.toFixed(1)} ms (${rows.ms.what}; goal: 20) and ${rows.perKb.perKb.toFixed(2)} ms a kB (${rows.perKb.what}; goal: 1), of ${rows.rows} rows`
    )
    yield* Console.log(
      `a tick of ${price.matches} matches, for the strategies that the price of one owner admits: at most ${price.most.ms.toFixed(1)} ms (${price.most.kind})`
    )
    yield* Effect.sync(() => console.table(price.costs))
  }
  const { owners } = evening
  yield* Console.log(
    JSON.stringify({ on: server.name, owners, strategies, load, without, beside, ratio, goal, rows, price })
  )
  const isComplete = runs.every(
    ({ chats, hostile, isBesideHostile, latencies }) =>
      latencies.length === evening.expected.size &&
      chats === owners &&
      hostile.activeParts === (isBesideHostile ? parts : 0)
  )
  if (!isComplete || ratio > goal || rows.beyond.length > 0) process.exitCode = 1
}).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

// Whoever interrupts it leaves no process behind.
NodeRuntime.runMain(main)
