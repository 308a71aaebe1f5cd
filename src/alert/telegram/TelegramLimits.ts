/**
 * The pace at which Telegram takes messages: 30 a second in all, 1 a second to a chat, 20 a minute to a group.
 * Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
 *
 * Guarantees: of the turns given, no second has more than 30 nor more than 1 for a chat, and no minute more than 20 for
 * a group, wherever the second or minute begins; with the layer on Redis, over all processes that share it and by its
 * clock. That takes turns of one: a limit of n in a window is n slots, each free again one window after it was taken. What
 * counts is when Telegram has a message, so that in a process the next one to a chat begins a second after the answer to
 * the last; between processes there is a tenth of a second to spare.
 *
 * A chat that takes no more for now is `congested`, and its alerts are put off one by one: nobody waits for it here, where
 * others would wait as well. That it refuses, as Telegram says with 429, concerns this chat alone, unless several chats do.
 * Only the limit of all chats together is waited for, a moment, because nobody else could be served meanwhile.
 *
 * When the store does not answer, messages go out as they come, and Telegram's own 429 sets the pace.
 */
import { Context, Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { makeOutage } from "../../health/Outage.ts"
import { bySteadyClock, steadyMillis } from "../../health/steady.ts"
import { ChannelError } from "../AlertChannel.ts"

/** How long one send may wait for the limit of all. */
const patience = Duration.seconds(1)

/** How long a send may wait for its chat: as much as its job may have come early. */
const earliness = Duration.millis(100)

/** How long the store may take over one answer. */
const storeTimeout = Duration.seconds(1)

/** The time from the answer to a message to the next one to the chat. */
const afterAnswer = Duration.seconds(1)

/** So many chats that refuse at a time are all of them. */
const several = 3

const hour = Duration.hours(1)

/** Chats that are remembered before those are forgotten that are free. */
const manyChats = 10_000

interface Limit {
  readonly key: string
  readonly slots: number
  readonly window: Duration.Duration
}

/** Thirty a second, evenly: bursts gain nothing where a process sends five messages at a time. */
const overall: Limit = { key: "telegram:all", slots: 1, window: Duration.millis(Math.ceil(1000 / 30)) }

/** Groups and channels have negative ids; what is given by its @name is one or the other. */
const isGroup = (chat: string): boolean => chat.startsWith("-") || chat.startsWith("@")

const limitOfChat = (chat: string): Limit => ({
  key: `telegram:chat:${chat}`,
  slots: 1,
  window: Duration.millis(1100)
})

const limitOfGroup = (chat: string): Limit => ({
  key: `telegram:group:${chat}`,
  slots: 20,
  window: Duration.millis(60_100)
})

/** How often a chat takes a message in the long run. */
export const everyOf = (chat: string): Duration.Duration =>
  isGroup(chat) ? Duration.seconds(3) : Duration.millis(1100)

/** One spelling for each chat: a number as Telegram writes it, a @name in small letters. */
export const chatKey = (chat: string): string => {
  const text = chat.trim()
  return /^[+-]?\d+$/.test(text) ? `${BigInt(text.replace("+", ""))}` : text.toLowerCase()
}

/** What this process knows of a chat. */
interface Chat {
  /** Whether a message is under way to it. */
  isBusy: boolean
  /** When it takes the next one, in milliseconds. */
  free: number
  /** Until when it refuses, as Telegram said. */
  refuses: number
  /** Until when it has had its alerts of the hour. */
  full: number
}

export class TelegramLimits extends Context.Service<
  TelegramLimits,
  {
    /** Takes the turn of a message to this chat. Fails as `congested` where the chat takes none for now. */
    readonly turn: (chat: string) => Effect.Effect<void, ChannelError>
    /** The message whose turn it was has come to an end; where it was taken, by the chat of this number. */
    readonly answered: (chat: string, number?: number) => Effect.Effect<void>
    /** Takes one of so many alerts that the chat gets in an hour. Answers whether it gets another. */
    readonly takeOfHour: (chat: string, most: number) => Effect.Effect<boolean>
    /** Whether the chat is known to have had its alerts of the hour: that costs nothing to ask. */
    readonly hasHadHour: (chat: string) => Effect.Effect<boolean>
    /** A turn that was given is not used. */
    readonly unused: (chat: string) => Effect.Effect<void>
    /** Telegram takes no more for so long. Answers with what that means: for this chat alone, or for all. */
    readonly refused: (chat: string, error: ChannelError) => Effect.Effect<ChannelError>
  }
>()("touchline/alert/telegram/TelegramLimits") {
  /** On the RateLimiter in use, whose store says how far the limits reach. */
  static readonly layer = Layer.effect(
    TelegramLimits,
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const outage = makeOutage({
        part: "limits",
        begins: "Telegram's limits are not kept: their store does not answer",
        ends: "Telegram's limits are kept again"
      })
      /** The slot that this process took last, by key: the next one is the likeliest to be free. */
      const lastSlots = new Map<string, number>()
      const chats = new Map<string, Chat>()
      /** The number of each chat that was given by its @name, once it is known. */
      const numbers = new Map<string, string>()

      const keyOf = (chat: string): string => {
        const key = chatKey(chat)
        return numbers.get(key) ?? key
      }

      const chatOf = (key: string, now: number): Chat => {
        const known = chats.get(key)
        if (known !== undefined) return known
        if (chats.size >= manyChats) {
          for (const [each, { free, full, isBusy, refuses }] of chats) {
            if (!isBusy && Math.max(free, full, refuses) < now) chats.delete(each)
          }
        }
        const chat = { isBusy: false, free: 0, refuses: 0, full: 0 }
        chats.set(key, chat)
        return chat
      }

      /** Takes a slot. Answers with how long it is taken by others: zero when it is ours now. */
      const takeSlot = (key: string, window: Duration.Duration, limit = 1): Effect.Effect<Duration.Duration> =>
        bySteadyClock(limiter.consume({ key, window, limit })).pipe(
          Effect.as(Duration.zero),
          Effect.catch(({ reason }) =>
            reason._tag === "RateLimitExceeded"
              ? Effect.succeed(Duration.max(reason.retryAfter, Duration.millis(1)))
              : Effect.fail(reason)
          ),
          Effect.tap(() => outage.over),
          Effect.timeoutOrElse({
            duration: storeTimeout,
            orElse: () => Effect.fail({ message: `no answer within ${Duration.format(storeTimeout)}` })
          }),
          Effect.catch(({ message }) => Effect.as(outage.met(message), Duration.zero))
        )

      /** Takes any slot of a limit. Answers with the time until one is free: zero when one was. */
      const take = Effect.fnUntraced(function* ({ key, slots, window }: Limit) {
        if (slots === 1) return yield* takeSlot(key, window)
        const first = (lastSlots.get(key) ?? -1) + 1
        let soonest = window
        for (let index = 0; index < slots; index++) {
          const slot = (first + index) % slots
          const wait = yield* takeSlot(`${key}:${slot}`, window)
          if (Duration.isZero(wait)) {
            lastSlots.set(key, slot)
            return wait
          }
          soonest = Duration.min(soonest, wait)
        }
        return soonest
      })

      const congested = (chat: string, wait: Duration.Duration) =>
        new ChannelError({
          channel: "telegram",
          reason: "congested",
          message: `chat ${chat} takes no more messages for ${Math.ceil(Duration.toSeconds(wait))} s`,
          destination: chat,
          retryAfter: wait,
          every: everyOf(chat)
        })

      /** Takes a turn of a limit, waiting for no longer than this. */
      const takeWithin = Effect.fnUntraced(function* (chat: string, limit: Limit, longest: Duration.Duration) {
        const deadline = (yield* steadyMillis) + Duration.toMillis(longest)
        while (true) {
          const wait = yield* take(limit)
          if (Duration.isZero(wait)) return
          if ((yield* steadyMillis) + Duration.toMillis(wait) > deadline) return yield* congested(chat, wait)
          yield* Effect.sleep(wait)
        }
      })

      /** What this process knows by itself costs no call of the store. */
      const takeHere = Effect.fnUntraced(function* (key: string, chat: Chat) {
        const now = yield* steadyMillis
        const wait = Math.max(chat.isBusy ? Duration.toMillis(afterAnswer) : 0, chat.free - now, chat.refuses - now)
        if (wait > Duration.toMillis(earliness)) return yield* congested(key, Duration.millis(wait))
        chat.isBusy = true
        if (wait > 0) yield* Effect.sleep(wait)
      })

      return TelegramLimits.of({
        turn: Effect.fn("TelegramLimits.turn")(function* (given) {
          const key = keyOf(given)
          const chat = chatOf(key, yield* steadyMillis)
          yield* takeHere(key, chat)
          yield* takeWithin(key, limitOfChat(key), earliness).pipe(
            Effect.andThen(isGroup(key) ? takeWithin(key, limitOfGroup(key), Duration.zero) : Effect.void),
            Effect.andThen(takeWithin(key, overall, patience)),
            Effect.onError(() =>
              Effect.sync(() => {
                chat.isBusy = false
              })
            )
          )
        }),
        answered: Effect.fnUntraced(function* (given, number) {
          const now = yield* steadyMillis
          const over = (key: string) => {
            const chat = chatOf(key, now)
            chat.isBusy = false
            chat.free = now + Duration.toMillis(afterAnswer)
          }
          over(keyOf(given))
          if (number === undefined || keyOf(given) === `${number}`) return
          numbers.set(chatKey(given), `${number}`)
          over(`${number}`)
        }),
        takeOfHour: Effect.fnUntraced(function* (given, most) {
          const key = keyOf(given)
          const wait = yield* takeSlot(`telegram:hour:${key}`, hour, most)
          if (Duration.isZero(wait)) return true
          const now = yield* steadyMillis
          chatOf(key, now).full = now + Duration.toMillis(wait)
          return false
        }),
        hasHadHour: (given) => Effect.map(steadyMillis, (now) => (chats.get(keyOf(given))?.full ?? 0) > now),
        unused: (given) =>
          Effect.map(steadyMillis, (now) => {
            chatOf(keyOf(given), now).isBusy = false
          }),
        refused: Effect.fnUntraced(function* (given, error) {
          const now = yield* steadyMillis
          const key = keyOf(given)
          chatOf(key, now).refuses = now + Duration.toMillis(error.retryAfter ?? afterAnswer)
          const refusing = [...chats.values()].filter(({ refuses }) => refuses > now).length
          if (refusing >= several) return error
          return new ChannelError({
            channel: error.channel,
            reason: "congested",
            message: error.message,
            destination: key,
            retryAfter: error.retryAfter ?? afterAnswer,
            every: everyOf(key)
          })
        })
      })
    })
  )

  /** For one process. */
  static readonly layerMemory = TelegramLimits.layer.pipe(
    Layer.provide(RateLimiter.layer),
    Layer.provide(RateLimiter.layerStoreMemory)
  )
}
