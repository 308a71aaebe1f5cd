import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Redacted } from "effect"
import { redisSettings } from "../../src/redis/settings.ts"
import { environment } from "../fixtures/environment.ts"

const given = (env: Record<string, string>) => Effect.provide(redisSettings.read, environment(env))
const serverOf = (env: Record<string, string>) => Effect.map(given(env), (config) => Option.getOrThrow(config).server)

describe("The settings of Redis", () => {
  it.effect("are none without a URL or a host, whatever else is set", () =>
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* given({ REDIS_PORT: "6380", DEDUP_TIMEOUT: "5" })))
    })
  )

  it.effect("are a URL or parts", () =>
    Effect.gen(function* () {
      const url = yield* serverOf({ REDIS_URL: "rediss://me:p%40ss@redis.example:6380/2" })
      assert.deepInclude(url, { host: "redis.example", port: 6380, db: 2, tls: true })
      assert.strictEqual(Redacted.value(Option.getOrThrow(url.password)), "p@ss")
      const parts = yield* serverOf({ REDIS_HOST: "localhost", REDIS_PASSWORD: "x" })
      assert.deepInclude(parts, { host: "localhost", port: 6379, db: 0, tls: false })
      const { dedupTimeout } = Option.getOrThrow(yield* given({ REDIS_HOST: "localhost" }))
      assert.strictEqual(Duration.toMillis(dedupTimeout), 250)
    })
  )

  it.effect("are not both", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(given({ REDIS_HOST: "a", REDIS_URL: "redis://b" }))
      assert.strictEqual(message, "REDIS_URL and REDIS_HOST are both set. Unset one: either says where Redis is.")
    })
  )

  it.effect("never show a secret", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(given({ REDIS_URL: "http://:hunter2@redis", REDIS_DB: "99" }))
      assert.strictEqual(message.split("\n").length, 2)
      assert.notInclude(message, "hunter2")
      assert.notInclude(JSON.stringify(yield* given({ REDIS_URL: "redis://:hunter2@redis" })), "hunter2")
    })
  )
})
