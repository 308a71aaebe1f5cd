/** The Telegram bot and its chat. */
import { Effect, Option, Redacted, Schema } from "effect"
import { missing, optional, setting, settingsOf } from "../../Config.ts"

/** A Telegram bot. */
export interface TelegramSettings {
  readonly token: Redacted.Redacted
  /** The chat of strategies whose owner has none. */
  readonly chatId: Option.Option<string>
  readonly apiRoot: URL
}

const settings = {
  token: optional({
    name: "TELEGRAM_BOT_TOKEN",
    takes: "the token that @BotFather gave the bot, such as 123456:ABC-DEF",
    meaning: "The Telegram bot that sends the alerts. Without it they are written to the console.",
    isSecret: true,
    schema: Schema.String.pipe(Schema.check(Schema.isPattern(/^\d+:[\w-]+$/)))
  }),
  chatId: optional({
    name: "TELEGRAM_CHAT_ID",
    takes: "the number of a chat, such as 42 or -1001234567890, or the @name of a channel",
    meaning: "The chat that gets the alerts of strategies whose owner has none in user_telegram.",
    schema: Schema.String.pipe(Schema.check(Schema.isPattern(/^(-?\d+|@\w+)$/)))
  }),
  apiRoot: setting({
    name: "TELEGRAM_API_ROOT",
    takes: "the URL of a Telegram Bot API server",
    default: "https://api.telegram.org",
    meaning: "The Bot API server, for those who run their own.",
    schema: Schema.URLFromString
  })
}

/** The settings of the Telegram bot: none without a token. */
export const telegramSettings = settingsOf(
  settings,
  Effect.gen(function* () {
    const token = yield* settings.token.read
    const chatId = yield* settings.chatId.read
    const apiRoot = yield* settings.apiRoot.read
    if (Option.isNone(token) && Option.isSome(chatId)) {
      return yield* missing(settings.token, `${settings.chatId.name} is`)
    }
    return Option.map(token, (token): TelegramSettings => ({ token: Redacted.make(token), chatId, apiRoot }))
  })
)
