import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect } from "effect"
import { envExample } from "../scripts/env-example.ts"
import { asFarAsUsable } from "../src/Config.ts"
import { serviceSettings } from "../src/ServiceConfig.ts"
import { chosenBy } from "../src/Touchline.ts"
import { environment } from "./fixtures/environment.ts"

const given = (env: Record<string, string>) => Effect.provide(serviceSettings.read, environment(env))

describe("Settings", () => {
  it("are mirrored by .env.example (npm run docs writes it)", () => {
    assert.strictEqual(readFileSync(new URL("../.env.example", import.meta.url), "utf8"), envExample)
  })

  it.effect("of .env.example as it stands are the defaults", () =>
    Effect.gen(function* () {
      const copied = ConfigProvider.layer(ConfigProvider.fromDotEnvContents(envExample))
      const { filledBy, service } = yield* Effect.provide(
        chosenBy(() => ({})),
        copied
      )
      assert.deepStrictEqual(service, yield* given({}))
      assert.strictEqual(filledBy("queue")?.name, "embedded")
    })
  )

  it.effect("of the service have defaults, all of them", () =>
    Effect.gen(function* () {
      const { dedupTtl, pollInterval } = yield* given({})
      assert.strictEqual(Duration.toMillis(pollInterval), 15_000)
      assert.strictEqual(Duration.toMillis(dedupTtl), 7_200_000)
    })
  )

  it.effect("take choices in any case, and an empty value for none", () =>
    Effect.gen(function* () {
      const service = yield* given({ LOG_LEVEL: "WARN", LOG_FORMAT: "json", POLL_INTERVAL: "" })
      assert.strictEqual(service.logLevel, "warn")
      assert.strictEqual(service.logFormat, "json")
      assert.strictEqual(Duration.toMillis(service.pollInterval), 15_000)
    })
  )

  it.effect("that cannot be used are all named, with what each got and what it takes", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(given({ POLL_INTERVAL: "abc", DEDUP_TTL: "0", LOG_LEVEL: "warning" }))
      assert.deepStrictEqual(message.split("\n").sort(), [
        'DEDUP_TTL is "0". It takes a whole number of seconds from 1 to 604800.',
        'LOG_LEVEL is "warning" (did you mean warn?). It takes trace, debug, info, warn, error, fatal, none.',
        'POLL_INTERVAL is "abc". It takes a whole number of milliseconds from 100 to 3600000.'
      ])
    })
  )

  it.effect("that cannot be used count as not set where the others are wanted all the same", () =>
    Effect.gen(function* () {
      const { problems, value } = yield* asFarAsUsable(serviceSettings)
      assert.strictEqual(problems.length, 1)
      assert.strictEqual(value.logLevel, "info")
      assert.strictEqual(Duration.toMillis(value.pollInterval), 500)
    }).pipe(Effect.provide(environment({ LOG_LEVEL: "loud", POLL_INTERVAL: "500" })))
  )
})
