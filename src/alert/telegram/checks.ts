/** Checks of the Telegram bot. The token is in no answer. */
import { Effect, Option, Redacted } from "effect"
import { check, failed, measured, ok, warning } from "../../doctor/Check.ts"
import { ChannelError } from "../AlertChannel.ts"
import type { TelegramSettings } from "./settings.ts"
import { makeApi } from "./TelegramChannel.ts"
import { telegramError } from "./telegramError.ts"

type Api = Effect.Success<ReturnType<typeof makeApi>>

/** The checks of the configured bot: its token, and the chat that gets what nobody else does. */
export const checkTelegram = ({ apiRoot, chatId, token }: TelegramSettings) => {
  const secret = Redacted.value(token)
  const ask = <A>(question: (api: Api) => Promise<A>, chat?: string) =>
    Effect.flatMap(makeApi(secret, apiRoot), (api) =>
      measured(
        Effect.tryPromise({
          try: () => question(api),
          catch: (error) =>
            telegramError(error, { host: apiRoot.host, token: secret, ...(chat === undefined ? {} : { chat }) })
        })
      )
    ).pipe(
      Effect.scoped,
      Effect.catchTag("ChatMoved", ({ to }) =>
        Effect.fail(
          new ChannelError({
            channel: "telegram",
            reason: "refused",
            message: `the chat has become another. Set TELEGRAM_CHAT_ID to ${to}.`
          })
        )
      )
    )
  return [
    check(
      "telegram bot",
      Effect.map(
        ask((api) => api.getMe()),
        ([bot, latencyMs]) => ok(`@${bot.username} at ${apiRoot.host}`, latencyMs)
      ),
      {
        todo: "Set TELEGRAM_BOT_TOKEN to what @BotFather says (/token), and see that this machine may reach the Bot API."
      }
    ),
    check(
      "telegram chat",
      Option.match(chatId, {
        onNone: () =>
          Effect.succeed(
            warning(
              "TELEGRAM_CHAT_ID is not set: alerts fail for strategies whose owner has no chat in user_telegram",
              "Set TELEGRAM_CHAT_ID to the chat that is to get them."
            )
          ),
        onSome: (chat) =>
          ask((api) => api.getChat(chat), chat).pipe(
            Effect.map(([{ type }, latencyMs]) => ok(`${chat} (${type})`, latencyMs)),
            Effect.catch(({ message }) =>
              Effect.succeed(
                failed(message, "Write to the bot from that chat, or add it to the group, and check TELEGRAM_CHAT_ID.")
              )
            )
          )
      }),
      { todo: "See that this machine may reach the Bot API." }
    )
  ]
}
