/**
 * Three processes on one Redis and one database: `npm run bench:instances`. With a real redis-server, the real PostgREST
 * in front of PGlite, 1,000 simulated matches and 1,000 strategies it shows that ticks are shared out, that no pair is
 * triggered twice, and that each trigger has one alert. `--json` prints one object.
 */
import { createHash } from "node:crypto"
import { NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Redacted, Schedule } from "effect"
import { Database } from "../src/database/Database.ts"
import { EmbeddedPostgres } from "../src/database/embedded/EmbeddedPostgres.ts"
import { layerSupabase } from "../src/database/supabase/SupabaseDatabase.ts"
import { SupabaseProject } from "../test/fixtures/postgrest.ts"
import { touchline } from "../test/fixtures/process.ts"
import { hasRedisServer, startRedisServer } from "../test/fixtures/redisServer.ts"

const matches = 1000
const strategyCount = 1000
const processes = 3
const interval = 5000
const seconds = 60

const scopes = ["home", "away", "total", "difference", "either"]
const metrics = ["shots", "corners", "fouls", "shots_on_target", "yellow_cards"]

/** Strategies that hold now and then: each another metric, scope, threshold and part of the match. */
const strategies = Array.from({ length: strategyCount }, (_, index) => {
  const id = createHash("md5")
    .update(`instances ${index}`)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
  const condition = (left: unknown, comparator: string, right: number) => ({ left, comparator, right })
  const metric = metrics[index % metrics.length]
  const scope = scopes[Math.floor(index / 5) % scopes.length]
  const name = `Strategy ${index}`
  const when = [
    condition("minute", ">=", 10 + (index % 70)),
    condition("minute", "<=", 14 + (index % 70)),
    condition({ metric, scope }, ">=", 14 + (index % 17))
  ]
  return { id, name, is_active: true, definition: { name, when } }
})

const count = (output: string, line: RegExp): number => output.match(line)?.length ?? 0
const sum = (output: string, field: RegExp): number =>
  [...output.matchAll(field)].reduce((all, [, value]) => all + Number(value), 0)

const program = Effect.gen(function* () {
  const redis = yield* Effect.acquireRelease(
    Effect.promise(() => startRedisServer(["--maxmemory-policy", "noeviction"])),
    ({ stop }) => Effect.promise(stop)
  )
  const { settings } = yield* SupabaseProject
  const database = yield* Layer.build(layerSupabase(settings))
  const { call } = yield* Effect.provideContext(Database, database)
  yield* call("save_strategies", { definitions: strategies })

  const environment = {
    HTTP: "off",
    REDIS_HOST: "127.0.0.1",
    REDIS_PORT: `${redis.port}`,
    SUPABASE_URL: settings.url.href,
    SUPABASE_SERVICE_ROLE_KEY: Redacted.value(settings.serviceRoleKey),
    POLL_INTERVAL: `${interval}`,
    LOG_LEVEL: "debug"
  }
  const started = yield* Effect.forEach(Array.from({ length: processes }), () =>
    touchline(["start", "--matches", `${matches}`, "--speed", "20"], environment)
  )
  yield* Effect.sleep(`${seconds} seconds`)
  // Nothing new from here on: what has been triggered is to be alerted to the last one.
  const { client } = yield* EmbeddedPostgres
  const query = <R>(sql: string) =>
    Effect.map(
      Effect.promise(() => client.query<R>(sql)),
      ({ rows }) => rows
    )
  yield* query("update strategies set is_active = false")
  yield* Effect.sleep("20 seconds")
  yield* query<{ pending: number }>("select count(*)::int as pending from triggers where alert_state = 'pending'").pipe(
    Effect.repeat({ schedule: Schedule.spaced("1 second"), until: ([row]) => row?.pending === 0 })
  )
  yield* Effect.forEach(started, ({ kill }) => kill("SIGTERM"))
  const codes = yield* Effect.forEach(started, ({ ended }) => ended)
  const instances = started.map(({ output }, index) => {
    const { stderr, stdout } = output()
    return {
      exitCode: codes[index],
      ticks: count(stdout, /INFO +tick /g),
      shards: count(stdout, /INFO +scan /g),
      triggers: sum(stdout, /INFO +scan .* triggers=(\d+)/g),
      duplicates: sum(stdout, /INFO +scan .* duplicates=(\d+)/g),
      alertsSent: count(stdout, /DEBUG alert sent/g),
      warnings: count(stdout, /WARN|ERROR/g) + count(stderr, /./g)
    }
  })
  const rows = yield* query<Record<"triggers" | "pairs" | "sent" | "failed", number>>(
    `select count(*)::int as triggers, count(distinct (strategy_id, match_id))::int as pairs,
      count(*) filter (where alert_state = 'sent')::int as sent,
      count(*) filter (where alert_state = 'failed')::int as failed from triggers`
  )
  const ids = started.flatMap(({ output }) =>
    [...output().stdout.matchAll(/DEBUG alert sent trigger=(\S+)/g)].map(([, id]) => id)
  )
  return {
    matches,
    strategies: strategyCount,
    seconds,
    instances,
    database: rows[0],
    alertedTwice: ids.length - new Set(ids).size
  }
})

const main = Effect.gen(function* () {
  if (!hasRedisServer) {
    yield* Console.error("redis-server is not installed: `sudo apt-get install redis-server`.")
    process.exitCode = 1
    return
  }
  const result = yield* program
  if (process.argv.includes("--json")) return yield* Console.log(JSON.stringify(result))
  yield* Console.log(
    `${matches} matches, ${strategyCount} strategies, ${processes} processes, ${seconds} s, a tick every ${interval / 1000} s`
  )
  yield* Effect.sync(() => console.table(result.instances))
  yield* Effect.sync(() => console.table([result.database]))
  yield* Console.log(`alerts sent twice: ${result.alertedTwice}`)
}).pipe(
  Effect.scoped,
  Effect.provide(
    SupabaseProject.layer().pipe(Layer.provideMerge(EmbeddedPostgres.layer()), Layer.provideMerge(NodeServices.layer))
  )
)

await Effect.runPromise(main)
