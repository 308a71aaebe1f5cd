import { mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { telegramSettings } from "../../src/alert/telegram/settings.ts"
import { csvText } from "../../src/cli/csvText.ts"
import { lockDataDir } from "../../src/database/embedded/DataDirLock.ts"
import { supabaseSettings } from "../../src/database/supabase/settings.ts"
import { oneLine } from "../../src/domain/oneLine.ts"
import { temporaryDirectory } from "../fixtures/process.ts"

const secret = "hunter2"

/** What reading these settings fails with. */
const refusal = <A, E>(read: Effect.Effect<A, E>, env: { readonly [name: string]: string }) =>
  Effect.flip(read).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
    Effect.map((error) => JSON.stringify(error))
  )

describe("Secrets", () => {
  it.effect("in the URL of a setting are refused, and not told", () =>
    Effect.gen(function* () {
      const url = `https://service:${secret}@abc.supabase.co`
      const supabase = yield* refusal(supabaseSettings.read, { SUPABASE_URL: url, SUPABASE_SERVICE_ROLE_KEY: "key" })
      expect(supabase).toContain("SUPABASE_URL holds a name or a password")
      const telegram = yield* refusal(telegramSettings.read, { TELEGRAM_BOT_TOKEN: "1:a", TELEGRAM_API_ROOT: url })
      expect(telegram).toContain("TELEGRAM_API_ROOT holds a name or a password")
      expect(`${supabase}${telegram}`).not.toContain(secret)
    })
  )

  it("cells of a CSV file that begin a formula are quoted", () => {
    for (const text of ['=HYPERLINK("http://x")', "+1", "-1+2", "@SUM(A1)", "\uff1d1"]) {
      for (const before of ["", "\t", "\r", "\n", "\r\n \t", "\u001b", "\u202e", "\u0085"]) {
        expect(csvText(`${before}${text}`)).toBe(`'${text}`)
      }
    }
    expect(csvText("Late goals = many")).toBe("Late goals = many")
    expect(csvText("Late\u001b[31m\r\n=1\u202egoals")).toBe("Late [31m =1 goals")
    expect(csvText("")).toBe("")
  })

  it("a name from outside is one line, of a length, and turns nothing around", () => {
    expect(oneLine("Goal\n09:00 ERROR lost\u001b[31m\u202eabc\u0000", 100)).toBe("Goal 09:00 ERROR lost [31m abc")
    expect(oneLine("x".repeat(14_000_000), 10)).toBe(`${"x".repeat(9)}…`)
    for (const nothing of [" \n ", "\u200b\u200b", "\u2060 \ufeff\u00ad", "\u3164", "\u200b".repeat(50)]) {
      expect(oneLine(nothing, 10)).toBe("?")
    }
    // What joins letters stays.
    for (const text of ["می‌خواهم", "👨‍👩‍👧"]) expect(oneLine(text, 20)).toBe(text)
  })

  it.effect.each(["touchline.lock", "touchline.pid"])("a data directory whose %s is a link is refused", (name) =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const dataDir = join(directory, "data")
      mkdirSync(dataDir)
      symlinkSync(join(directory, "elsewhere"), join(dataDir, name))
      expect((yield* Effect.flip(lockDataDir(dataDir))).message).toContain("is a link")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
