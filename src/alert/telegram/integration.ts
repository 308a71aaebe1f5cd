import { Layer } from "effect"
import { integration } from "../../Integration.ts"
import { checkTelegram } from "./checks.ts"
import { layerLinking } from "./linking.ts"
import { telegramSettings } from "./settings.ts"
import { layerTelegram } from "./TelegramChannel.ts"
import { TelegramLimits } from "./TelegramLimits.ts"

/** Alerts through a Telegram bot. */
export const telegram = integration({
  name: "telegram",
  settings: telegramSettings,
  brings: ["channel"],
  absent: "not configured: alerts go to the console",
  bring: (settings) => ({
    parts: { channel: Layer.provide(layerTelegram(settings), TelegramLimits.layer) },
    checks: () => checkTelegram(settings),
    ...(settings.linking === "poll" ? { runs: Layer.provide(layerLinking(settings), TelegramLimits.layer) } : undefined)
  })
})
