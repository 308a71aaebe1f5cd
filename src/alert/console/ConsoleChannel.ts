import { Effect, Layer } from "effect"
import { matchLabel } from "../../domain/Match.ts"
import { AlertChannel } from "../AlertChannel.ts"
import { alertLines } from "../message.ts"
import { verdictText } from "../verdictText.ts"

/** Writes each alert to the log as one line, and what became of it as another. */
export const layerConsole = Layer.succeed(
  AlertChannel,
  AlertChannel.of({
    name: "console",
    isInLog: true,
    send: (alert) => {
      const text = alertLines(alert).join(" | ")
      return Effect.as(Effect.logInfo(`ALERT ${text}`), { channel: "console", text })
    },
    edit: ({ receipt, trigger }) => {
      const { match } = trigger.snapshot
      const text = [verdictText(trigger.outcome) ?? "", trigger.strategyName, matchLabel(match)].join(" | ")
      return Effect.as(Effect.logInfo(`RESULT ${text}`), receipt)
    }
  })
)
