/**
 * What a failed call of the Bot API means for an alert.
 *
 * Guarantees: nothing of a client's error but its code gets through. The messages of HTTP clients name the URL, and the
 * URL of the Bot API holds the token.
 */
import { Data, Duration, Option, Schema } from "effect"
import { ChannelError } from "../AlertChannel.ts"

/** The group has become a supergroup, and that is another chat: https://core.telegram.org/bots/api#responseparameters */
export class ChatMoved extends Data.TaggedError("ChatMoved")<{ readonly from: string; readonly to: string }> {}

/** The Bot API's own answer, in grammY's GrammyError: https://core.telegram.org/bots/api#making-requests */
const decodeAnswer = Schema.decodeUnknownOption(
  Schema.Struct({
    error_code: Schema.Int,
    description: Schema.String,
    parameters: Schema.Struct({
      retry_after: Schema.optionalKey(Schema.Finite),
      migrate_to_chat_id: Schema.optionalKey(Schema.Finite)
    })
  })
)
type Answer = Option.Option.Value<ReturnType<typeof decodeAnswer>>

/** A request without an answer, in grammY's HttpError: `code` is that of the system, such as ECONNRESET. */
const decodeFault = Schema.decodeUnknownOption(
  Schema.Struct({
    error: Schema.Struct({ code: Schema.optional(Schema.String), type: Schema.optional(Schema.String) })
  })
)

/** How long to wait where a 429 does not say. */
const defaultRetryAfter = Duration.seconds(1)

/** Answers that concern the bot and not the message, and what to do about them. */
const ofTheBot: { readonly [code: number]: string } = {
  401: "TELEGRAM_BOT_TOKEN is wrong or was revoked",
  404: "TELEGRAM_BOT_TOKEN or TELEGRAM_API_ROOT is wrong"
}

const failure = (fields: Omit<ConstructorParameters<typeof ChannelError>[0], "channel">) =>
  new ChannelError({ channel: "telegram", ...fields })

const fromAnswer = ({ description, error_code, parameters }: Answer, chat: string | undefined, token: string) => {
  const { migrate_to_chat_id, retry_after } = parameters
  if (migrate_to_chat_id !== undefined) return new ChatMoved({ from: chat ?? "", to: `${migrate_to_chat_id}` })
  const message = `Telegram answered ${error_code}: ${description.replaceAll(token, "<token>")}`
  const advice = ofTheBot[error_code]
  if (advice !== undefined) return failure({ reason: "barred", message: `${message}; ${advice}` })
  if (error_code === 429) {
    const retryAfter = retry_after === undefined ? defaultRetryAfter : Duration.seconds(retry_after)
    return failure({ reason: "rate-limited", message, retryAfter })
  }
  if (error_code === 403 && chat !== undefined) {
    return failure({ reason: "blocked", message: `${message} (chat ${chat})`, destination: chat })
  }
  return error_code >= 400 && error_code < 500
    ? failure({ reason: "refused", message: chat === undefined ? message : `${message} (chat ${chat})` })
    : failure({ reason: "unavailable", message })
}

/**
 * The meaning of whatever a call through grammY failed with: 429 is `rate-limited` for as long as Telegram says, 401 and
 * 404 are `barred`, 403 is `blocked`, any other 4xx is `refused`, and what is left (5xx, no connection, no Bot API at the other end) `unavailable`.
 */
export const telegramError = (
  error: unknown,
  { chat, host, token }: { readonly chat?: string; readonly host: string; readonly token: string }
): ChannelError | ChatMoved => {
  const answer = decodeAnswer(error)
  if (Option.isSome(answer)) return fromAnswer(answer.value, chat, token)
  const fault = decodeFault(error)
  const { code, type } = Option.isSome(fault) ? fault.value.error : {}
  const detail = code ?? type
  return failure({
    reason: "unavailable",
    message: `no answer of a Bot API from ${host}${detail === undefined ? "" : ` (${detail.replaceAll(token, "<token>")})`}`
  })
}
