import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { afterAll, assert, describe, expect, it, layer } from "@effect/vitest"
import { ConfigProvider, Context, Duration, Effect, Exit, Layer, Option, Redacted, Schema, Scope } from "effect"
import { checkedLine } from "../../src/cli/doctor.ts"
import { idleCalls } from "../../src/database/checks.ts"
import { lockDataDir } from "../../src/database/embedded/DataDirLock.ts"
import { layerEmbedded, migrations } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import type { Checked, CheckStatus } from "../../src/doctor/Check.ts"
import { diagnose } from "../../src/doctor/diagnose.ts"
import { checkRedis } from "../../src/redis/checks.ts"
import { Redis } from "../../src/redis/Redis.ts"
import { botName, makeBotApi } from "../fixtures/botApi.ts"
import { eventually } from "../fixtures/eventually.ts"
import { quiet } from "../fixtures/logs.ts"
import { noPostgrest, SupabaseProject } from "../fixtures/postgrest.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"
import { memoryRedis, onRealRedis, RedisServer, realRedis, redisOnServer, redisServers } from "../fixtures/redis.ts"
import { hasRedisServer } from "../fixtures/redisServer.ts"

const diagnosed = (env: Record<string, string>) =>
  diagnose(() => Effect.void).pipe(
    Effect.provide(
      Layer.mergeAll(
        ConfigProvider.layer(ConfigProvider.fromEnv({ env: { PORT: "0", ...env } })),
        NodeServices.layer,
        quiet
      )
    )
  )

/** The answers by name, those of one name in their order. */
const named = (checks: ReadonlyArray<Checked>, name: string) => checks.filter((each) => each.name === name)

const statuses = (checks: ReadonlyArray<Checked>) => checks.map(({ name, status }) => [name, status] as const)

const withStatus = (checks: ReadonlyArray<Checked>, status: CheckStatus) =>
  checks.filter((each) => each.status === status).map(({ name }) => name)

const decodeReport = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({
      ok: Schema.Boolean,
      checks: Schema.Array(
        Schema.Struct({
          name: Schema.String,
          status: Schema.Literals(["ok", "warning", "failed", "skipped"]),
          latencyMs: Schema.Finite,
          message: Schema.String,
          todo: Schema.optionalKey(Schema.String)
        })
      )
    })
  ),
  { onExcessProperty: "error" }
)

const freshDirectory = Effect.map(temporaryDirectory, (DATA_DIR) => ({ DATA_DIR }))

/** A data directory for those who ask about something else: what it holds is made once. */
const anyDirectory = { DATA_DIR: mkdtempSync(join(tmpdir(), "touchline-")) }
afterAll(() => rmSync(anyDirectory.DATA_DIR, { recursive: true, force: true }))

/** Nothing listens on this port. */
const noRedis = { REDIS_URL: "redis://:s3cret@127.0.0.1:1" }

describe("touchline doctor, as a process", () => {
  it.live("finds nothing wrong with an embedded service, a line each, and ends with code 0", () =>
    Effect.gen(function* () {
      const run = yield* touchline(["doctor"], yield* freshDirectory)
      assert.strictEqual(yield* run.ended, 0, run.output().stderr)
      const { stderr, stdout } = run.output()
      assert.match(stdout, /^✓ node +[\d.]+ ms {2}Node\.js \d+/m)
      assert.match(stdout, /^✓ strategies +[\d.]+ ms {2}the database has none that is switched on$/m)
      assert.match(stdout, /^– telegram +not configured: alerts go to the console$/m)
      assert.match(stdout, /^✓ queue send-alert +[\d.]+ ms {2}0 waiting, 0 active, 0 delayed, 0 failed$/m)
      assert.match(stdout, /\nAll is well\.\n$/)
      assert.strictEqual(stderr, "")
    })
  )

  it.live("ends with code 1 when something needed fails, and with --json prints one object and no secret", () =>
    Effect.gen(function* () {
      const run = yield* touchline(["doctor", "--json"], { ...(yield* freshDirectory), ...noRedis })
      assert.strictEqual(yield* run.ended, 1)
      const { stderr, stdout } = run.output()
      assert.match(stderr, /^touchline: checks failed: 1 of \d+\n$/)
      const report = decodeReport(stdout)
      assert.isFalse(report.ok)
      expect(withStatus(report.checks, "failed")).toEqual(["redis"])
      expect(withStatus(report.checks, "ok")).toEqual([
        "node",
        "settings",
        "database",
        "migrations",
        "strategies",
        "feed"
      ])
      assert.notInclude(`${stdout}${stderr}`, "s3cret")
    })
  )
})

describe("The doctor", () => {
  it.live("tells where Redis should be and what to do when it cannot be reached", () =>
    Effect.gen(function* () {
      const checks = yield* diagnosed({ ...anyDirectory, ...noRedis })
      const [redis] = named(checks, "redis")
      expect(redis?.message).toBe("Redis at 127.0.0.1:1 cannot be reached: nothing listens there")
      expect(redis?.todo).toContain("Start it, for example with `docker run")
      assert.notInclude(checks.map(checkedLine).join("\n"), "s3cret")
    })
  )

  it.live("names each setting that cannot be used, and checks what the others ask for", () =>
    Effect.gen(function* () {
      const checks = yield* diagnosed({
        ...anyDirectory,
        POLL_INTERVAL: "abc",
        TELEGRAM_BOT_TOKEN: "my token",
        SUPABASE_URL: "https://abc.supabase.co"
      })
      const lines = named(checks, "settings").map(checkedLine).join("\n")
      for (const name of ["POLL_INTERVAL is", "TELEGRAM_BOT_TOKEN cannot", "SUPABASE_SERVICE_ROLE_KEY is not set"]) {
        assert.include(lines, name)
      }
      assert.notInclude(lines, "my token")
      expect(withStatus(checks, "skipped")).toEqual(["redis", "database", "migrations", "telegram"])
      expect(withStatus(checks, "ok")).toEqual(["node", "http", "feed", "queue scan-tick", "queue send-alert"])
    })
  )

  it.live("takes a data directory that a running Touchline holds for as it should be, and says which process", () =>
    Effect.gen(function* () {
      const settings = yield* freshDirectory
      yield* lockDataDir(settings.DATA_DIR)
      const checks = yield* diagnosed(settings)
      const [database] = named(checks, "database")
      expect(database).toMatchObject({ status: "ok" })
      expect(database?.message).toContain(`a running Touchline, process ${process.pid}, has it open`)
      expect(withStatus(checks, "failed")).toEqual([])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("lists the strategies that are left out, with what to do, also of a database that a service holds", () =>
    Effect.gen(function* () {
      const settings = yield* freshDirectory
      const held = yield* Scope.make()
      const holding = layerEmbedded.pipe(Layer.provideMerge(EmbeddedPostgres.layer(settings.DATA_DIR)))
      const { client } = Context.get(yield* Scope.provide(Layer.build(holding), held), EmbeddedPostgres)
      yield* Effect.promise(() =>
        client.exec(`
          insert into strategies (id, name)
            values ('11111111-1111-4111-8111-111111111111', 'Ball'), ('22222222-2222-4222-8222-222222222222', 'Goals');
          insert into rules (strategy_id, metric, comparator, value)
            values ('11111111-1111-4111-8111-111111111111', 'possession', 'GTE', 60),
              ('22222222-2222-4222-8222-222222222222', 'goals', 'GTE', 1);
        `)
      )
      const said = {
        status: "warning",
        message: expect.stringMatching(
          /^1 of 2 of the database are left out: strategy 1111[-\d]*1 \(Ball\): .*possession of both teams is always 100/
        ),
        todo: expect.stringContaining("Edit or switch off")
      }
      const beside = yield* eventually(
        Effect.map(diagnosed(settings), (checks) => named(checks, "strategies")),
        ([strategies]) => strategies?.status !== "skipped"
      )
      expect(beside).toMatchObject([said])
      yield* Scope.close(held, Exit.void)
      expect(named(yield* diagnosed(settings), "strategies")).toMatchObject([said])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("fails for a data directory that cannot be written", () =>
    Effect.gen(function* () {
      const checks = yield* diagnosed({ DATA_DIR: "/dev/null/data" })
      expect(withStatus(checks, "failed")).toEqual(["database"])
      expect(named(checks, "database")[0]?.todo).toContain("Name a directory that this user may write.")
    })
  )

  it.live("fails for a token that Telegram refuses, and shows it nowhere", () =>
    Effect.gen(function* () {
      const bot = yield* makeBotApi
      const token = "8117:of-another-bot"
      const checks = yield* diagnosed({
        ...anyDirectory,
        TELEGRAM_BOT_TOKEN: token,
        TELEGRAM_API_ROOT: bot.root.href,
        TELEGRAM_CHAT_ID: "42"
      })
      const lines = checks.map(checkedLine).join("\n")
      expect(withStatus(checks, "failed")).toEqual(["telegram bot", "telegram chat"])
      assert.match(
        lines,
        /✗ telegram bot .* 401: Unauthorized; TELEGRAM_BOT_TOKEN is wrong .* → Set TELEGRAM_BOT_TOKEN/
      )
      assert.notInclude(lines, "of-another-bot")
    })
  )

  it.live("fails for a chat that the bot does not find, and warns where none is set", () =>
    Effect.gen(function* () {
      const bot = yield* makeBotApi
      const settings = {
        ...anyDirectory,
        TELEGRAM_BOT_TOKEN: bot.token,
        TELEGRAM_API_ROOT: bot.root.href
      }
      const unknown = yield* diagnosed({ ...settings, TELEGRAM_CHAT_ID: "@nobody" })
      expect(withStatus(unknown, "failed")).toEqual(["telegram chat"])
      expect(named(unknown, "telegram chat")[0]?.message).toContain("chat not found (chat @nobody)")
      const unset = yield* diagnosed(settings)
      expect(withStatus(unset, "failed")).toEqual([])
      expect(withStatus(unset, "warning")).toEqual(["telegram chat"])
    })
  )

  it.effect("knows every function that the service may call", () =>
    Effect.gen(function* () {
      const sql = (yield* migrations).map((each) => each.sql).join("\n")
      const made = sql.matchAll(/create or replace function public\.(\w+)\([^)]*\) returns setof jsonb/g)
      const functions = [...new Set([...made].map(([, name]) => name))]
      // For the version before this one; there is no call of them that reads little.
      const kept = ["active_strategies", "add_sample_strategies"]
      expect([...Object.keys(idleCalls), ...kept].sort()).toEqual(functions.sort())
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

/** A Supabase project of the test's own. */
const project = (options?: { readonly migrated: boolean }) =>
  SupabaseProject.layer(options).pipe(
    Layer.provideMerge(EmbeddedPostgres.layer()),
    Layer.provideMerge(NodeServices.layer)
  )

const supabaseSettings = Effect.map(SupabaseProject, ({ settings: { serviceRoleKey, url } }) => ({
  SUPABASE_URL: url.href,
  SUPABASE_SERVICE_ROLE_KEY: Redacted.value(serviceRoleKey)
}))

/** The clock of the machine goes on. */
const live = { excludeTestServices: true }

describe.skipIf(noPostgrest !== undefined)(`The doctor with Supabase${noPostgrest ? ` [${noPostgrest}]` : ""}`, () => {
  layer(project(), live)("and its migrations", (it) => {
    for (const { server, where } of redisServers) {
      it.effect(`finds all that is configured well, with ${where}, and shows no secret`, () =>
        Effect.gen(function* () {
          const bot = yield* makeBotApi
          const { port } = yield* RedisServer
          const supabase = yield* supabaseSettings
          const checks = yield* diagnosed({
            ...supabase,
            // A machine under load may be slow to answer, which is worth a warning.
            DEDUP_TIMEOUT: "10000",
            REDIS_HOST: "127.0.0.1",
            REDIS_PORT: `${port}`,
            TELEGRAM_BOT_TOKEN: bot.token,
            TELEGRAM_API_ROOT: bot.root.href,
            TELEGRAM_CHAT_ID: "42"
          })
          const queues = ["queue scan-tick", "queue scan-shard", "queue send-alert"]
          const redis = ["redis", "redis persistence", "redis eviction", "redis clock"]
          const rest = [
            "database",
            "migrations",
            "telegram bot",
            "telegram chat",
            "strategies",
            "http",
            "feed",
            ...queues
          ]
          expect(checks.map(({ name }) => name)).toEqual(["node", "settings", ...redis, ...rest])
          // The private instance of the real Redis keeps nothing on disk.
          expect(statuses(checks).filter(([name, status]) => status !== "ok" && name !== "redis persistence")).toEqual(
            []
          )
          const lines = checks.map(checkedLine).join("\n")
          assert.match(lines, /^✓ database .* accepts the service role key$/m)
          assert.match(lines, new RegExp(`^✓ telegram bot .* @${botName} at `, "m"))
          assert.match(lines, /^✓ telegram chat .* 42 \(private\)$/m)
          for (const secret of [bot.token, supabase.SUPABASE_SERVICE_ROLE_KEY]) assert.notInclude(lines, secret)
          assert.strictEqual(bot.sent.length, 0)
        }).pipe(Effect.provide(server))
      )
    }

    it.effect("fails for a key that is refused, and does not show it", () =>
      Effect.gen(function* () {
        const { keyOf } = yield* SupabaseProject
        const key = keyOf({ role: "service_role" }, "another secret, of 32 characters at least")
        const checks = yield* diagnosed({
          ...anyDirectory,
          ...(yield* supabaseSettings),
          SUPABASE_SERVICE_ROLE_KEY: key
        })
        expect(withStatus(checks, "failed")).toEqual(["database"])
        const lines = checks.map(checkedLine).join("\n")
        assert.match(lines, /✗ database .*refuses the key.*SUPABASE_SERVICE_ROLE_KEY takes the service role key/)
        assert.notInclude(lines, key)
      })
    )

    // It leaves the project without them.
    it.effect("fails for the functions that are missing, and says to apply the migrations", () =>
      Effect.gen(function* () {
        const { exec } = yield* SupabaseProject
        yield* Effect.promise(() => exec("drop function public.moments_since, public.retry_alerts"))
        const checks = yield* diagnosed({ ...anyDirectory, ...(yield* supabaseSettings) })
        expect(withStatus(checks, "failed")).toEqual(["migrations"])
        const [found] = named(checks, "migrations")
        expect(found?.message).toContain("has no function retry_alerts")
        expect(found?.message).toContain("(and so for moments_since)")
        expect(found?.todo).toContain("Apply supabase/migrations")
      })
    )
  })

  layer(project({ migrated: false }), live)("without its migrations", (it) => {
    it.effect("fails, says to apply them, and checks the rest", () =>
      Effect.gen(function* () {
        const checks = yield* diagnosed({ ...anyDirectory, ...(yield* supabaseSettings) })
        expect(withStatus(checks, "failed")).toEqual(["database"])
        expect(named(checks, "database")[0]?.todo).toContain("Apply supabase/migrations")
        expect(withStatus(checks, "ok")).toEqual([
          "node",
          "settings",
          "http",
          "feed",
          "queue scan-tick",
          "queue send-alert"
        ])
      })
    )
  })
})

const redisChecks = Effect.gen(function* () {
  const redis = yield* Redis
  return yield* Effect.forEach(checkRedis(Effect.succeed(redis), Duration.seconds(10)), (each) => each)
})

describe("The doctor of Redis", () => {
  // The TestClock stands at 1970.
  it.effect("warns when the clocks are apart", () =>
    Effect.gen(function* () {
      const [clock] = named(yield* redisChecks, "redis clock")
      assert.strictEqual(clock?.status, "warning")
      assert.match(clock?.message ?? "", /^its clock is \d+ ms ahead of ours$/)
      assert.isTrue(Option.isSome(Option.fromUndefinedOr(clock?.todo)))
    }).pipe(Effect.provide(redisOnServer.pipe(Layer.provide(memoryRedis))))
  )
})

describe.skipIf(!hasRedisServer)(onRealRedis("The doctor of a real Redis"), () => {
  const look = (...settings: ReadonlyArray<string>) =>
    redisChecks.pipe(Effect.provide(redisOnServer.pipe(Layer.provide(realRedis(settings)), Layer.provideMerge(quiet))))

  it.live("is content with one that logs its writes and evicts nothing", () =>
    Effect.gen(function* () {
      const checks = yield* look("--appendonly", "yes", "--maxmemory-policy", "noeviction")
      expect(withStatus(checks, "ok")).toEqual(["redis", "redis persistence", "redis eviction", "redis clock"])
      assert.match(named(checks, "redis")[0]?.message ?? "", /^Redis \d+\.\d+\.\d+ at 127\.0\.0\.1:\d+$/)
    })
  )

  it.live("warns of one that keeps nothing on disk and may evict jobs, and says what to set", () =>
    Effect.gen(function* () {
      const checks = yield* look("--maxmemory-policy", "allkeys-lru")
      expect(withStatus(checks, "warning")).toEqual(["redis persistence", "redis eviction"])
      assert.include(named(checks, "redis persistence")[0]?.todo, "appendonly yes")
      assert.include(named(checks, "redis eviction")[0]?.todo, "maxmemory-policy noeviction")
    })
  )

  it.live("says of one that hides its settings that they were not checked", () =>
    Effect.gen(function* () {
      const checks = yield* look("--rename-command", "CONFIG", "", "--rename-command", "INFO", "")
      expect(withStatus(checks, "ok")).toEqual(["redis", "redis clock"])
      expect(withStatus(checks, "skipped")).toEqual(["redis persistence", "redis eviction"])
    })
  )
})
