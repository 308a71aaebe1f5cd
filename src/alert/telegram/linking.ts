/**
 * Links chats to owners: whoever holds a chat sends the bot `/start TOKEN` there, with a token that the owner got from the
 * database (`new_chat_link`), and from then on the chat gets that owner's alerts. `/stop` ends that.
 *
 * Guarantees: one process at a time asks Telegram, by a lease in the database. A token works for one chat and expires. A group or a
 * channel is linked by those alone who administer it, whatever others write there. A message that could not be handled is handled
 * again. Nobody makes the bot answer without end: a chat whose tokens are wrong is answered a few times an hour, and so are those of
 * a group who do not administer it. No token is in any log line.
 */

import * as Crypto from "node:crypto"
import { Clock, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { Database, type DatabaseError } from "../../database/Database.ts"
import { makeOutage } from "../../health/Outage.ts"
import type { ChannelError } from "../AlertChannel.ts"
import type { TelegramSettings } from "./settings.ts"
import { makeApi } from "./TelegramChannel.ts"
import { TelegramLimits } from "./TelegramLimits.ts"
import { type ChatMoved, telegramError } from "./telegramError.ts"

/** How long Telegram holds a question to which it has no answer, in seconds. */
const longPoll = 8

/** The least time between two questions, and between two looks at the lease of another process. */
const [pause, patience] = [Duration.seconds(1), Duration.seconds(15)]

/** How long after a failure it is tried again: another program may be asking for the same bot. */
const afterFailure = Duration.seconds(30)

const lease = { name: "telegram linking", seconds: 60 }

/** Messages may take long to handle: the lease is taken anew between them after so long, in milliseconds. */
const renewedAfter = 15_000

/** So many messages of a chat are answered in an hour; of a group, of each who writes there. */
const answersOfHour = 5

/** Chats and people whose answers are counted. */
const mostCounted = 10_000

const Message = Schema.Struct({
  text: Schema.optionalKey(Schema.String),
  chat: Schema.Struct({ id: Schema.Int, type: Schema.String, username: Schema.optionalKey(Schema.String) }),
  from: Schema.optionalKey(Schema.Struct({ id: Schema.Int })),
  /** The chat itself, where an administrator writes in its name. */
  sender_chat: Schema.optionalKey(Schema.Struct({ id: Schema.Int }))
})
type Message = typeof Message.Type

/** Whether others than those who administer the chat can write there. */
const isShared = ({ chat }: Message): boolean => chat.type !== "private" && chat.type !== "channel"

const Update = Schema.Struct({
  update_id: Schema.Int,
  message: Schema.optionalKey(Message),
  channel_post: Schema.optionalKey(Message)
})
const decodeUpdate = Schema.decodeUnknownOption(Update)
const decodeId = Schema.decodeUnknownOption(Schema.Struct({ update_id: Schema.Int }))

const command = /^\/(start|stop)(?:@\w+)?(?:\s+([\w-]{16,64}))?\s*$/

const answers = {
  linked: "This chat gets the alerts of your strategies from now on. Send /stop to end that.",
  invalid: "This link is not valid: it works once, and for 15 minutes. Ask for a new one where you got it.",
  stopped: "This chat gets no more alerts of strategies that were linked to it. Open a new link to get them again.",
  notYours: "Only those who administer this chat can link it.",
  hello:
    "To get the alerts of your strategies here, open the link that your Touchline gives you, or send /start and its token."
} as const

/** Answers for the bot while the service runs. */
export const layerLinking = ({
  apiRoot,
  token
}: Pick<TelegramSettings, "apiRoot" | "token">): Layer.Layer<never, never, Database | TelegramLimits> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { call } = yield* Database
      const limits = yield* TelegramLimits
      const secret = Redacted.value(token)
      const api = yield* makeApi(secret, apiRoot)
      const holder = Crypto.randomUUID()
      const outage = makeOutage({
        begins:
          "chats cannot be linked: set TELEGRAM_LINKING to off where another program or a webhook answers for the bot",
        ends: "chats can be linked again"
      })
      const answered = new Map<string, { count: number; readonly until: number }>()
      let offset: number | undefined

      const ask = <A>(question: () => Promise<A>) =>
        Effect.tryPromise({
          try: question,
          catch: (error) => telegramError(error, { host: apiRoot.host, token: secret })
        })

      /** Whether the chat, or somebody in it, is answered once more in this hour. */
      const mayAnswer = Effect.fnUntraced(function* (who: string) {
        const now = yield* Clock.currentTimeMillis
        if (answered.size >= mostCounted) {
          for (const [each, { until }] of answered) if (until < now) answered.delete(each)
        }
        const known = answered.get(who)
        const current =
          known === undefined || known.until < now ? { count: 0, until: now + Duration.toMillis("1 hour") } : known
        current.count += 1
        answered.set(who, current)
        return current.count <= answersOfHour && answered.size <= 2 * mostCounted
      })

      /** An answer that cannot be given is not given: it is asked for again. */
      const answer = (chat: number, text: string) =>
        limits.turn(`${chat}`).pipe(
          Effect.andThen(ask(() => api.sendMessage(chat, text))),
          Effect.ensuring(limits.answered(`${chat}`)),
          Effect.catch(({ message }) =>
            Effect.logDebug("the bot did not answer").pipe(Effect.annotateLogs({ chat, reason: message }))
          ),
          Effect.asVoid
        )

      /** Whether the message comes from whoever holds the chat. */
      const isHolder = Effect.fnUntraced(function* (message: Message) {
        const { chat, from, sender_chat } = message
        if (!isShared(message) || sender_chat?.id === chat.id) return true
        if (from === undefined) return false
        const { status } = yield* ask(() => api.getChatMember(chat.id, from.id))
        return status === "creator" || status === "administrator"
      })

      const handle = Effect.fnUntraced(function* (message: Message) {
        const { chat, text = "" } = message
        const [, word, given] = command.exec(text.trim()) ?? []
        // Whoever floods a group keeps nobody else there from linking it, nor from ending that.
        const writer = isShared(message) ? ` ${message.sender_chat?.id ?? message.from?.id}` : ""
        if (word === undefined) return
        const isAnswered = yield* mayAnswer(`${chat.id}${writer}`)
        // Whoever has a chat to himself may always end it, however much was written there before.
        if (!isAnswered && (word === "start" || isShared(message))) return
        const toAnybody = (text: string) =>
          Effect.flatMap(isShared(message) ? mayAnswer(`${chat.id}`) : Effect.succeed(true), (may) =>
            may ? answer(chat.id, text) : Effect.void
          )
        if (word === "start" && given === undefined) return yield* toAnybody(answers.hello)
        if (!(yield* isHolder(message))) return yield* toAnybody(answers.notYours)
        if (word === "stop") {
          // An older program may have kept a channel by its @name.
          for (const each of [`${chat.id}`, ...(chat.username === undefined ? [] : [`@${chat.username}`])])
            yield* call("mute_chat", { chat: each, reason: "stopped from the chat" })
          yield* Effect.logInfo("a chat was unlinked").pipe(Effect.annotateLogs({ chat: chat.id }))
          return isAnswered ? yield* answer(chat.id, answers.stopped) : undefined
        }
        const linked = yield* call("link_chat", { token: given ?? "", chat: `${chat.id}` })
        if (linked.length > 0) yield* Effect.logInfo("a chat was linked").pipe(Effect.annotateLogs({ chat: chat.id }))
        yield* answer(chat.id, linked.length > 0 ? answers.linked : answers.invalid)
      })

      /** What is refused now is refused the next time. */
      const isFinal = (error: ChannelError | ChatMoved | DatabaseError) =>
        error._tag === "ChatMoved" || error.reason === "refused" || error.reason === "blocked"
      const leaveIt = (error: { readonly message: string }) =>
        Effect.logWarning("a message to the bot cannot be handled").pipe(Effect.annotateLogs({ reason: error.message }))

      /** Whether this process goes on asking Telegram. Another one that takes over begins with what was not handled. */
      const holds = Effect.gen(function* () {
        const held = yield* call("hold_lease", { lease: lease.name, by: holder, seconds: lease.seconds })
        if (held.length === 0) offset = undefined
        return held.length > 0
      })

      const round = Effect.gen(function* () {
        if (!(yield* holds)) return patience
        const updates: ReadonlyArray<unknown> = yield* ask(() =>
          api.getUpdates({
            timeout: longPoll,
            allowed_updates: ["message", "channel_post"],
            ...(offset === undefined ? undefined : { offset })
          })
        )
        let heldAt = yield* Clock.currentTimeMillis
        for (const each of updates) {
          const now = yield* Clock.currentTimeMillis
          if (now - heldAt > renewedAfter) {
            if (!(yield* holds)) return patience
            heldAt = now
          }
          const message = Option.flatMap(decodeUpdate(each), ({ channel_post, message = channel_post }) =>
            Option.fromUndefinedOr(message)
          )
          if (Option.isSome(message)) yield* Effect.catchIf(handle(message.value), isFinal, leaveIt)
          const id = decodeId(each)
          if (Option.isSome(id)) offset = id.value.update_id + 1
        }
        yield* outage.over
        return pause
      })

      // Who stops lets another process go on at once.
      yield* Effect.addFinalizer(() =>
        Effect.ignore(
          call("hold_lease", { lease: lease.name, by: holder, seconds: 0 }).pipe(Effect.timeout("1 second"))
        )
      )
      yield* round.pipe(
        Effect.catch((error) => Effect.as(outage.met(error.message), afterFailure)),
        Effect.flatMap(Effect.sleep),
        Effect.forever,
        Effect.forkScoped
      )
    })
  )
