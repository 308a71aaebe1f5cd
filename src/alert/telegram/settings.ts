/** The Telegram bot and its chat. */
import { Effect, Option, Redacted, Schema } from "effect"
import { choice, missing, optional, plainUrl, setting, settingsOf } from "../../Config.ts"

/** A Telegram bot. */
export interface TelegramSettings {
  readonly token: Redacted.Redacted
  /** The operator's chat: of strategies without an owner. */
  readonly chatId: Option.Option<string>
  readonly apiRoot: URL
  /** Whether `chatId` gets the alerts of owners without a chat, too. */
  readonly chatFor: "operator" | "everyone"
  /** Whether the bot answers those who link chats. */
  readonly linking: "poll" | "off"
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
    meaning: "The operator's chat: it gets the alerts of strategies without an owner.",
    schema: Schema.String.pipe(Schema.check(Schema.isPattern(/^(-?\d+|@\w+)$/)))
  }),
  chatFor: setting({
    name: "TELEGRAM_CHAT_FOR",
    takes: "operator or everyone",
    default: "operator",
    meaning:
      "Whose alerts TELEGRAM_CHAT_ID gets: `operator` those of strategies without an owner, `everyone` also those of owners without a chat of their own.",
    schema: choice(["operator", "everyone"])
  }),
  linking: setting({
    name: "TELEGRAM_LINKING",
    takes: "poll or off",
    default: "poll",
    meaning:
      "How owners link their chats: with `poll` the bot answers `/start TOKEN` (one instance at a time asks Telegram); `off` where another program answers for the bot.",
    schema: choice(["poll", "off"])
  }),
  apiRoot: setting({
    name: "TELEGRAM_API_ROOT",
    takes: "the URL of a Telegram Bot API server",
    default: "https://api.telegram.org",
    meaning: "The Bot API server, for those who run their own.",
    schema: plainUrl
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
    const [chatFor, linking] = [yield* settings.chatFor.read, yield* settings.linking.read]
    return Option.map(
      token,
      (token): TelegramSettings => ({ token: Redacted.make(token), chatId, apiRoot, chatFor, linking })
    )
  })
)
