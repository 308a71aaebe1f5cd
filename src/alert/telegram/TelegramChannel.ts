/**
 * Alerts through a Telegram bot.
 *
 * Guarantees: a message goes to the chat that the strategy's owner has linked and, of a strategy without an owner, to
 * TELEGRAM_CHAT_ID, at the pace that TelegramLimits sets; amendments go after messages. What comes beyond an owner's alerts
 * of an hour is taken to be told in a digest: at its first attempt, where as many wait already as the chat gets in an hour. The bot's token is in no error, log line, span or receipt.
 * A send that got no answer in time is `unavailable`, though Telegram may have taken the message: the API has no way to ask.
 */
import { Data, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import type { Alert, Amendment, Digest, Receipt } from "../../domain/Alert.ts"
import { oneLine } from "../../domain/oneLine.ts"
import type { Trigger, TriggerId } from "../../domain/Trigger.ts"
import { steadyMillis } from "../../health/steady.ts"
import { OwnerLimits } from "../../rules/rows/limits.ts"
import { AlertChannel, ChannelError } from "../AlertChannel.ts"
import { AlertTimes } from "../AlertTimes.ts"
import { verdictText } from "../verdictText.ts"
import { makeBotApiFetch } from "./botApiFetch.ts"
import { alertHtml, digestHtml, escapeHtml } from "./html.ts"
import type { TelegramSettings } from "./settings.ts"
import { chatKey, everyOf, TelegramLimits } from "./TelegramLimits.ts"
import { type ChatMoved, telegramError } from "./telegramError.ts"
import { makeWaitingAlerts } from "./WaitingAlerts.ts"

/** How long Telegram may take over one message at most. */
const longestRequest = Duration.seconds(10)

/** How much less than a send a request may take: what waiting for its turn takes. */
const besideRequest = Duration.seconds(1)

/** What sending needs to know of the settings. */
type ChannelSettings = Omit<TelegramSettings, "linking">

const failure = (reason: ChannelError["reason"], message: string) =>
  new ChannelError({ channel: "telegram", reason, message })

/** What is read of a message that was sent. */
const decodeSent = Schema.decodeUnknownOption(
  Schema.Struct({ message_id: Schema.Int, chat: Schema.Struct({ id: Schema.Int }) })
)

/** The chat has had its alerts of the hour: this one is told in a digest. */
class Gathered extends Data.TaggedError("Gathered") {}

/** Where the alert goes. */
const destination = ({ owner, ownerChat }: Trigger, { chatFor, chatId }: ChannelSettings) => {
  const fallback = owner === null || chatFor === "everyone" ? chatId : Option.none()
  const chat = Option.orElse(Option.fromNullishOr(ownerChat), () => fallback)
  return Effect.fromOption(chat).pipe(
    Effect.mapError(() =>
      failure(
        "refused",
        owner === null
          ? "the strategy has no owner, and TELEGRAM_CHAT_ID is not set. Set it to the chat that is to get such alerts."
          : `the owner ${owner} has no chat that takes alerts: none is linked, or it has blocked the bot. The owner links one.`
      )
    )
  )
}

/** grammY's client of the Bot API. Loaded here because it takes a while, and the console needs none. */
export const makeApi = Effect.fnUntraced(function* (token: string, apiRoot: URL) {
  const { Api } = yield* Effect.promise(() => import("grammy"))
  const fetch = yield* makeBotApiFetch(apiRoot)
  return new Api(token, {
    apiRoot: apiRoot.href.replace(/\/+$/, ""),
    fetch,
    // The request is given up before; this ends the connection.
    timeoutSeconds: Duration.toSeconds(longestRequest) + 1
  })
})

/** How long after a chat is free again its waiting alerts have it to themselves. */
const behindAlerts = Duration.seconds(2)

/** How long after its place in the line an alert that has not come back is another process's. */
const gone = Duration.minutes(1)

/** The chat is another one by now: told for good. */
const movedAway = ({ from, to }: ChatMoved) =>
  Effect.fail(failure("refused", `Telegram says that chat ${from} has moved on to ${to}`))

/** AlertChannel on Telegram. TelegramLimits says over how many processes its limits are kept. */
export const layerTelegram = (settings: ChannelSettings): Layer.Layer<AlertChannel, never, TelegramLimits> =>
  Layer.effect(
    AlertChannel,
    Effect.gen(function* () {
      const limits = yield* TelegramLimits
      const requestTimeout = Duration.min(longestRequest, Duration.subtract((yield* AlertTimes).send, besideRequest))
      const token = Redacted.value(settings.token)
      const { host } = settings.apiRoot
      const api = yield* makeApi(token, settings.apiRoot)
      const { alerts: alertsOfHour } = yield* OwnerLimits
      /** Until when alerts of this process are known to wait for a chat: amendments of its messages come after them. */
      const waiting = new Map<string, number>()
      const line = makeWaitingAlerts()

      /**
       * Whether the chat has had its alerts of the hour, or will have when those are sent that wait for it: of very many alerts at a
       * time none waits only to be gathered in the end.
       */
      const isBeyondHour = Effect.fnUntraced(function* (chat: string, id: TriggerId) {
        line.leave(chatKey(chat), id)
        return (
          (yield* limits.hasHadHour(chat)) ||
          line.count(chatKey(chat), yield* steadyMillis) >= Math.max(1, alertsOfHour)
        )
      })

      /** The alert is put off, and comes back when those before it are sent. */
      const joinLine = Effect.fnUntraced(function* (chat: string, id: TriggerId, { retryAfter }: ChannelError) {
        const now = yield* steadyMillis
        const longest = Duration.sum(
          Duration.times(everyOf(chat), alertsOfHour),
          Duration.sum(retryAfter ?? gone, gone)
        )
        line.join(chatKey(chat), id, now + Duration.toMillis(longest), now)
      })

      const noteWaiting = (chat: string, error: ChannelError) =>
        Effect.map(steadyMillis, (now) => {
          if (error.reason !== "congested") return
          for (const [each, until] of waiting) if (until < now) waiting.delete(each)
          waiting.set(chat, now + Duration.toMillis(Duration.sum(error.retryAfter ?? Duration.zero, behindAlerts)))
        })

      /** Asks the Bot API something about a chat, when it is the chat's turn. */
      const ask = Effect.fnUntraced(function* <A, E>(
        chat: string,
        question: () => Promise<A>,
        mayAsk: Effect.Effect<void, E>
      ) {
        yield* limits.turn(chat)
        yield* Effect.onError(mayAsk, () => limits.unused(chat))
        return yield* Effect.tryPromise({
          try: question,
          catch: (error) => telegramError(error, { chat, host, token })
        }).pipe(
          Effect.timeoutOrElse({
            duration: requestTimeout,
            orElse: () =>
              Effect.fail(failure("unavailable", `no answer from ${host} within ${Duration.format(requestTimeout)}`))
          }),
          Effect.ensuring(limits.answered(chat)),
          Effect.catchTag("ChannelError", (error) =>
            error.reason === "rate-limited"
              ? Effect.flatMap(limits.refused(chat, error), Effect.fail)
              : Effect.fail(error)
          )
        )
      })

      const post = Effect.fnUntraced(function* <E>(chat: string, text: string, mayAsk: Effect.Effect<void, E>) {
        const answer: unknown = yield* ask(
          chat,
          () => api.sendMessage(chat, text, { parse_mode: "HTML", link_preview_options: { is_disabled: true } }),
          mayAsk
        ).pipe(Effect.tapError((error) => (error instanceof ChannelError ? noteWaiting(chat, error) : Effect.void)))
        const sent = decodeSent(answer)
        if (Option.isNone(sent)) {
          // Telegram has said that it took the message: to send it again would double it.
          yield* Effect.logWarning(
            "Telegram took a message and does not say which: it cannot tell what becomes of its trigger"
          ).pipe(Effect.annotateLogs({ chat }))
          return { channel: "telegram", text }
        }
        const message = sent.value
        yield* limits.answered(chat, message.chat.id)
        // The chat by its number, even where it was given by its @name.
        return { channel: "telegram", messageId: `${message.message_id}`, chatId: `${message.chat.id}`, text }
      })

      /** Sends to the chat that this one has become: once, for a chat does not move twice in a moment. */
      const follow = Effect.fnUntraced(function* ({ from, to }: ChatMoved, text: string) {
        yield* Effect.logWarning(
          "a Telegram group has a new chat id; user_telegram or TELEGRAM_CHAT_ID has the old"
        ).pipe(Effect.annotateLogs({ from, to }))
        return yield* post(to, text, Effect.void)
      })

      const edited = Effect.fnUntraced(
        function* (chat: string, question: () => Promise<unknown>) {
          const wait = (waiting.get(chat) ?? 0) - (yield* steadyMillis)
          if (wait > 0) {
            return yield* new ChannelError({
              channel: "telegram",
              reason: "congested",
              message: `alerts wait for chat ${chat}`,
              retryAfter: Duration.millis(wait)
            })
          }
          yield* ask(chat, question, Effect.void)
        },
        Effect.catchTag("ChatMoved", movedAway)
      )

      return AlertChannel.of({
        name: "telegram",
        edit: Effect.fn("TelegramChannel.edit")(function* ({
          as,
          receipt,
          trigger
        }: Amendment): Effect.fn.Return<Receipt, ChannelError> {
          const { chatId, messageId } = receipt
          const verdict = verdictText(trigger.outcome)
          if (chatId === undefined || messageId === undefined || verdict === undefined) return receipt
          const message = Number(messageId)
          const off = { is_disabled: true }
          if (as === "reply") {
            // An answer is a message of its own: who has stopped the chat gets none.
            const isStopped =
              trigger.owner !== null && Option.isNone(yield* Effect.option(destination(trigger, settings)))
            if (isStopped) return receipt
            yield* edited(chatId, () =>
              api.sendMessage(chatId, escapeHtml(oneLine(verdict, 300)), {
                parse_mode: "HTML",
                reply_parameters: { message_id: message, allow_sending_without_reply: false }
              })
            )
            return receipt
          }
          const text = alertHtml({ trigger })
          return yield* edited(chatId, () =>
            api.editMessageText(chatId, message, text, { parse_mode: "HTML", link_preview_options: off })
          ).pipe(
            Effect.as({ ...receipt, text }),
            // It tells so already: an answer was lost.
            Effect.catchIf(
              ({ message, reason }) => reason === "refused" && message.includes("message is not modified"),
              () => Effect.succeed({ ...receipt, text })
            )
          )
        }),
        send: Effect.fn("TelegramChannel.send")(function* (alert: Alert): Effect.fn.Return<Receipt, ChannelError> {
          const chat = yield* destination(alert.trigger, settings)
          yield* Effect.annotateCurrentSpan({ chat })
          const text = alertHtml(alert)
          const gathered: Receipt = { channel: "telegram", chatId: chat, text, digest: "waiting" }
          const { id, owner } = alert.trigger
          const isOperators = owner === null
          if (!isOperators && (yield* isBeyondHour(chat, id))) return gathered
          const mayAsk = isOperators
            ? Effect.void
            : Effect.flatMap(limits.takeOfHour(chat, alertsOfHour), (may) =>
                may ? Effect.void : Effect.fail(new Gathered())
              )
          return yield* post(chat, text, mayAsk).pipe(
            Effect.catchTag("ChatMoved", (moved) => follow(moved, text)),
            Effect.catchTags({ ChatMoved: movedAway, Gathered: () => Effect.succeed(gathered) }),
            Effect.tapError((error) =>
              !isOperators && error.reason === "congested" ? joinLine(chat, id, error) : Effect.void
            )
          )
        }),
        digest: Effect.fn("TelegramChannel.digest")(function* (
          digest: Digest
        ): Effect.fn.Return<Receipt, ChannelError> {
          const text = digestHtml(digest, alertsOfHour)
          return yield* post(digest.chat, text, Effect.void).pipe(
            Effect.catchTag("ChatMoved", (moved) => follow(moved, text)),
            Effect.catchTag("ChatMoved", movedAway)
          )
        })
      })
    })
  )
