import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { telegramSettings } from "../../../src/alert/telegram/settings.ts"
import { environment } from "../../fixtures/environment.ts"

const given = (env: Record<string, string>) => Effect.provide(telegramSettings.read, environment(env))

describe("The settings of Telegram", () => {
  it.effect("are none without a token, and a chat alone is refused", () =>
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* given({})))
      const { message } = yield* Effect.flip(given({ TELEGRAM_CHAT_ID: "42" }))
      assert.include(message, "TELEGRAM_BOT_TOKEN is not set, but TELEGRAM_CHAT_ID is. It takes")
    })
  )

  it.effect("never show the token", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(given({ TELEGRAM_BOT_TOKEN: "not a token" }))
      assert.notInclude(message, "not a token")
      const settings = yield* given({ TELEGRAM_BOT_TOKEN: "123:abc", TELEGRAM_CHAT_ID: "42" })
      assert.notInclude(JSON.stringify(settings), "123:abc")
      assert.notInclude(String(Option.getOrThrow(settings).token), "123:abc")
    })
  )
})
