import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { supabaseSettings } from "../../../src/database/supabase/settings.ts"
import { environment } from "../../fixtures/environment.ts"

const given = (env: Record<string, string>) => Effect.provide(supabaseSettings.read, environment(env))

describe("The settings of Supabase", () => {
  it.effect("are both or none; half of them is refused, whichever half, without the key", () =>
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* given({})))
      const withoutKey = yield* Effect.flip(given({ SUPABASE_URL: "https://abc.supabase.co" }))
      assert.include(withoutKey.message, "SUPABASE_SERVICE_ROLE_KEY is not set, but SUPABASE_URL is. It takes")
      const withoutUrl = yield* Effect.flip(given({ SUPABASE_SERVICE_ROLE_KEY: "very-secret" }))
      assert.include(withoutUrl.message, "SUPABASE_URL is not set, but SUPABASE_SERVICE_ROLE_KEY is. It takes")
      assert.notInclude(withoutUrl.message, "very-secret")
    })
  )

  it.effect("keep the key to themselves", () =>
    Effect.gen(function* () {
      const both = yield* given({ SUPABASE_URL: "https://abc.supabase.co", SUPABASE_SERVICE_ROLE_KEY: "very-secret" })
      assert.strictEqual(Option.getOrThrow(both).url.host, "abc.supabase.co")
      assert.notInclude(JSON.stringify(both), "very-secret")
    })
  )
})
