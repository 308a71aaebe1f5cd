/** Settings that went bad, by the thousands: each is told in one line and in no secret, and none is passed over. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, FileSystem, Option, Redacted } from "effect"
import { telegramSettings } from "../../src/alert/telegram/settings.ts"
import { layerEnvironment, type Settings, SettingsError } from "../../src/Config.ts"
import { supabaseSettings } from "../../src/database/supabase/settings.ts"
import { apiFootballSettings } from "../../src/feed/apiFootball/settings.ts"
import { sportMonksSettings } from "../../src/feed/sportmonks/settings.ts"
import { redisSettings } from "../../src/redis/settings.ts"
import { serviceSettings } from "../../src/ServiceConfig.ts"
import { environment } from "../fixtures/environment.ts"
import { badTexts } from "../fixtures/mutated.ts"

const groups: ReadonlyArray<Settings<unknown>> = [
  serviceSettings,
  redisSettings,
  supabaseSettings,
  telegramSettings,
  sportMonksSettings,
  apiFootballSettings
]

const good: { readonly [name: string]: string } = {
  ALERT_EXPIRES: "45 minutes",
  SUPABASE_URL: "https://abc.supabase.co",
  REDIS_URL: "redis://:geheim@127.0.0.1:6379/1",
  TELEGRAM_API_ROOT: "https://api.telegram.org",
  SPORTMONKS_URL: "https://api.sportmonks.com",
  API_FOOTBALL_URL: "https://v3.football.api-sports.io"
}

const readRedis = (url: string) => Effect.exit(redisSettings.read).pipe(Effect.provide(environment({ REDIS_URL: url })))

describe("Settings", () => {
  it.effect("are read or told of, ten thousand times", () =>
    Effect.gen(function* () {
      const settings = groups.flatMap(({ all, read }) => all.map((setting) => ({ setting, read })))
      const each = Math.ceil(10_000 / settings.length)
      let [cases, bad] = [0, 0]
      for (const { read, setting } of settings) {
        const value = setting.default ?? good[setting.name] ?? "1"
        for (const text of badTexts(setting.name, [value], each)) {
          cases += 1
          const exit = yield* Effect.exit(read).pipe(Effect.provide(environment({ [setting.name]: text })))
          if (Exit.isSuccess(exit)) continue
          bad += 1
          const error = Option.getOrUndefined(Exit.findErrorOption(exit))
          assert.instanceOf(error, SettingsError, `${setting.name}=${JSON.stringify(text)}`)
          assert.notInclude(error?.message, "geheim")
        }
      }
      assert.isAtLeast(cases, 10_000)
      assert.isAbove(bad, 1000)
    })
  )

  it.effect("tell of a REDIS_URL with a bare %, and read one that is escaped", () =>
    Effect.gen(function* () {
      for (const password of ["50%", "%zz", "a%b", "%ff"]) {
        const error = Option.getOrUndefined(
          Exit.findErrorOption(yield* readRedis(`redis://:${password}@127.0.0.1:6379`))
        )
        assert.instanceOf(error, SettingsError)
        expect(error?.message).toContain("%25")
        expect(error?.message).not.toContain(password)
      }
      const exit = yield* readRedis("redis://:50%25@127.0.0.1:6379")
      const server = Option.getOrThrow(Exit.isSuccess(exit) ? exit.value : Option.none()).server
      assert.strictEqual(Redacted.value(Option.getOrThrow(server.password)), "50%")
    })
  )

  const dotEnv = (bytes: Uint8Array) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const before = process.cwd()
      yield* fs.writeFile(`${directory}/.env`, bytes)
      process.chdir(directory)
      const port = Effect.flatMap(ConfigProvider.ConfigProvider, (provider) => provider.load(["SOME_PORT"]))
      return yield* Effect.exit(Effect.provide(port, layerEnvironment)).pipe(
        Effect.ensuring(Effect.sync(() => process.chdir(before)))
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

  const text = "SOME_PORT=8080\n"

  it.effect("are read from a .env in UTF-8, with or without a byte order mark", () =>
    Effect.gen(function* () {
      for (const content of [text, `\ufeff${text}`]) {
        const exit = yield* dotEnv(new TextEncoder().encode(content))
        expect(Exit.isSuccess(exit) ? exit.value : exit).toMatchObject({ value: "8080" })
      }
    })
  )

  it.effect("tell of a .env in UTF-16, as PowerShell writes it, and of one that is no text", () =>
    Effect.gen(function* () {
      const utf16 = Buffer.from(`\ufeff${text}`, "utf16le")
      for (const bytes of [utf16, Buffer.from(utf16).swap16(), Buffer.from([0x41, 0x3d, 0xff, 0xfe, 0xfd])]) {
        const error = Option.getOrUndefined(Exit.findErrorOption(yield* dotEnv(bytes)))
        assert.instanceOf(error, SettingsError)
        expect(error?.message).toContain("Save it as UTF-8")
      }
    })
  )
})
