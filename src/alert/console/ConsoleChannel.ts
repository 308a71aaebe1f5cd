import { Effect, Layer } from "effect"
import { AlertChannel } from "../AlertChannel.ts"
import { alertLines } from "../message.ts"

/** Writes each alert to the log, as one line. */
export const layerConsole = Layer.succeed(
  AlertChannel,
  AlertChannel.of({
    name: "console",
    send: (alert) => {
      const text = alertLines(alert).join(" | ")
      return Effect.as(Effect.logInfo(`ALERT ${text}`), { channel: "console", text })
    }
  })
)
