import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Option, Redacted } from "effect"
import { envExample } from "../scripts/env-example.ts"
import { config } from "../src/Config.ts"

const given = (env: Record<string, string>) =>
  config.pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))

const messageOf = (env: Record<string, string>) => Effect.map(Effect.flip(given(env)), ({ message }) => message)

describe("config", () => {
  it("is mirrored by .env.example (npm run docs writes it)", () => {
    assert.strictEqual(readFileSync(new URL("../.env.example", import.meta.url), "utf8"), envExample)
  })

  it.effect("has defaults for everything", () =>
    Effect.gen(function* () {
      const settings = yield* given({})
      assert.strictEqual(Duration.toMillis(settings.pollInterval), 15_000)
      assert.strictEqual(Duration.toMillis(settings.dedupTtl), 7_200_000)
      assert.strictEqual(settings.dataDir, ".touchline")
      assert.isTrue(Option.isNone(settings.supabase))
      assert.isTrue(Option.isNone(settings.redis))
      assert.isTrue(Option.isNone(settings.telegram))
    })
  )

  it.effect("takes .env.example as it stands for the defaults", () =>
    Effect.gen(function* () {
      const copied = config.pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromDotEnvContents(envExample))))
      assert.deepStrictEqual(yield* copied, yield* given({}))
    })
  )

  it.effect("takes choices in any case, and an empty value for none", () =>
    Effect.gen(function* () {
      const settings = yield* given({ LOG_LEVEL: "WARN", LOG_FORMAT: "json", POLL_INTERVAL: "" })
      assert.strictEqual(settings.logLevel, "warn")
      assert.strictEqual(settings.logFormat, "json")
      assert.strictEqual(Duration.toMillis(settings.pollInterval), 15_000)
    })
  )

  it.effect("names every setting that cannot be used, what it got and what it takes", () =>
    Effect.gen(function* () {
      const message = yield* messageOf({ POLL_INTERVAL: "abc", DEDUP_TTL: "0", LOG_LEVEL: "warning" })
      assert.deepStrictEqual(message.split("\n").sort(), [
        'DEDUP_TTL is "0". It takes a whole number of seconds from 1 to 604800.',
        'LOG_LEVEL is "warning" (did you mean warn?). It takes trace, debug, info, warn, error, fatal, none.',
        'POLL_INTERVAL is "abc". It takes a whole number of milliseconds from 100 to 3600000.'
      ])
    })
  )

  it.effect("refuses half a Supabase configuration, whichever half", () =>
    Effect.gen(function* () {
      const withoutKey = yield* messageOf({ SUPABASE_URL: "https://abc.supabase.co" })
      assert.include(withoutKey, "SUPABASE_SERVICE_ROLE_KEY is not set, but SUPABASE_URL is.")
      const withoutUrl = yield* messageOf({ SUPABASE_SERVICE_ROLE_KEY: "very-secret" })
      assert.include(withoutUrl, "SUPABASE_URL is not set, but SUPABASE_SERVICE_ROLE_KEY is.")
      assert.notInclude(withoutUrl, "very-secret")
    })
  )

  it.effect("takes Redis as a URL or in parts, but not both", () =>
    Effect.gen(function* () {
      const url = yield* given({ REDIS_URL: "rediss://me:p%40ss@redis.example:6380/2" })
      const redis = Option.getOrThrow(url.redis)
      assert.deepInclude(redis, { host: "redis.example", port: 6380, db: 2, tls: true })
      assert.strictEqual(Redacted.value(Option.getOrThrow(redis.password)), "p@ss")
      const parts = yield* given({ REDIS_HOST: "localhost", REDIS_PASSWORD: "x" })
      assert.deepInclude(Option.getOrThrow(parts.redis), { host: "localhost", port: 6379, db: 0, tls: false })
      assert.include(yield* messageOf({ REDIS_HOST: "a", REDIS_URL: "redis://b" }), "both set")
    })
  )

  it.effect("never shows a secret", () =>
    Effect.gen(function* () {
      const message = yield* messageOf({ TELEGRAM_BOT_TOKEN: "not a token", REDIS_URL: "http://:hunter2@redis" })
      assert.notInclude(message, "not a token")
      assert.notInclude(message, "hunter2")
      const settings = yield* given({ TELEGRAM_BOT_TOKEN: "123:abc", TELEGRAM_CHAT_ID: "42" })
      assert.notInclude(JSON.stringify(settings), "123:abc")
      assert.notInclude(String(Option.getOrThrow(settings.telegram).token), "123:abc")
    })
  )
})
