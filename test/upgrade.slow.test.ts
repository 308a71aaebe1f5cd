/**
 * An upgrade without a gap: the version before this one works beside this one, on one Redis and one database that this
 * version has migrated. Nothing is lost, nothing comes twice, and neither of them meets an error.
 */
import { execFileSync } from "node:child_process"
import { globSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { EmbeddedPostgres } from "../src/database/embedded/EmbeddedPostgres.ts"
import { eventually } from "./fixtures/eventually.ts"
import { noPostgrest, SupabaseProject } from "./fixtures/postgrest.ts"
import { temporaryDirectory, touchline } from "./fixtures/process.ts"
import { memoryRedis, RedisServer, realRedis } from "./fixtures/redis.ts"
import { hasRedisServer } from "./fixtures/redisServer.ts"

/** The version before this one: the last commit of what was published. */
const previous = "fafcdc1"

const root = fileURLToPath(new URL("../", import.meta.url))

const git = (...args: ReadonlyArray<string>) => execFileSync("git", args, { cwd: root, maxBuffer: 1e8, stdio: "pipe" })

const missing = ((): string | undefined => {
  try {
    git("cat-file", "-e", `${previous}^{commit}`)
    return noPostgrest
  } catch {
    return `the history has no ${previous}: it needs a full clone`
  }
})()

/** The version before this one, as it was committed. */
const checkOut = Effect.map(temporaryDirectory, (directory) => {
  execFileSync("tar", ["-x", "-C", directory], { input: git("archive", previous) })
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"))
  const migrations = globSync(join(directory, "supabase/migrations/*.sql")).sort()
  return { main: join(directory, "src/main.ts"), migrations: migrations.map((file) => readFileSync(file, "utf8")) }
})

/** What one trigger and one alert leave behind, counted. */
const counted = Effect.flatMap(SupabaseProject, ({ exec }) =>
  Effect.promise(async () => {
    const [result] = await exec(
      `select count(*)::int as triggers, count(distinct (strategy_id, match_id))::int as pairs,
        count(*) filter (where alert_state = 'sent')::int as sent, array_agg(alert_receipt ->> 'text') as texts
      from triggers`
    )
    return result?.rows[0] as
      | { triggers: number; pairs: number; sent: number; texts: ReadonlyArray<string> }
      | undefined
  })
)

/** What a machine that is busy elsewhere makes any version say. */
const isSlowness = (line: string) => /no answer within|could not renew lock/.test(line)

const evening = Effect.gen(function* () {
  const old = yield* checkOut
  const project = SupabaseProject.layer({ older: old.migrations.join("\n") })
  return yield* Effect.gen(function* () {
    const [redis, { settings }] = [yield* RedisServer, yield* SupabaseProject]
    const environment = {
      REDIS_HOST: redis.host,
      REDIS_PORT: `${redis.port}`,
      SUPABASE_URL: settings.url.href,
      SUPABASE_SERVICE_ROLE_KEY: Redacted.value(settings.serviceRoleKey),
      POLL_INTERVAL: "500",
      // Whether Redis answers in time is not asked here.
      DEDUP_TIMEOUT: "10000",
      // So that what one version puts into the queue of shards is worked by the other.
      SHARD_SIZE: "20"
    }
    const start = ["start", "--matches", "60", "--seed", "7", "--speed", "300"]
    const before = yield* touchline(start, environment, old.main)
    yield* before.saying(/scan .*triggers=[1-9]/)
    const after = yield* touchline(start, environment)
    // Both work side by side until each of them has created triggers and sent alerts of what the other may have created.
    yield* Effect.forEach([before, after], (process) =>
      process
        .saying(/(?:scan .*triggers=[1-9][\s\S]*?){4}/)
        .pipe(Effect.andThen(process.saying(/(?:ALERT [\s\S]*?){10}/)))
    )
    yield* before.kill("SIGTERM")
    const codes = [yield* before.ended]
    yield* after.kill("SIGTERM")
    codes.push(yield* after.ended)
    // What either has left is sent by who comes next. It starts with no strategy, so that nothing new fires meanwhile.
    const { exec } = yield* SupabaseProject
    yield* Effect.promise(() => exec("update strategies set is_active = false"))
    const next = yield* touchline(start, environment)
    yield* next.saying(/scan /)
    yield* eventually(counted, (rows) => rows?.triggers === rows?.sent)
    yield* next.kill("SIGTERM")
    codes.push(yield* next.ended)
    const outputs = [before.output(), after.output(), next.output()]
    return {
      codes,
      rows: yield* counted,
      alerts: outputs.flatMap(({ stdout }) => [...stdout.matchAll(/INFO +ALERT (.*)/g)].map(([, text = ""]) => text)),
      faults: outputs
        .flatMap(({ stderr, stdout }) => `${stderr}${stdout}`.match(/^.*(?:WARN|ERROR|FATAL).*$/gm) ?? [])
        .filter((line) => !isSlowness(line))
    }
  }).pipe(Effect.provide(project))
}).pipe(
  Effect.scoped,
  Effect.provide([
    EmbeddedPostgres.layer().pipe(Layer.provideMerge(NodeServices.layer)),
    hasRedisServer ? realRedis(["--maxmemory-policy", "noeviction"]) : memoryRedis
  ])
)

describe(`The version before this one${missing === undefined ? "" : ` [skipped: ${missing}]`}`, () => {
  it.live.skipIf(missing !== undefined)("works beside this one for an evening, and each pair is alerted once", () =>
    Effect.gen(function* () {
      const { alerts, codes, faults, rows } = yield* evening
      expect(faults).toEqual([])
      expect(codes).toEqual([0, 0, 0])
      expect(rows?.pairs).toBe(rows?.triggers)
      expect(rows?.sent).toBe(rows?.triggers)
      // The console's receipt is what it wrote: each trigger has its line, and no line is there twice.
      expect(alerts.sort()).toEqual(rows?.texts.toSorted())
    })
  )
})
