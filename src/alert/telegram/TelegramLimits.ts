/**
 * The pace at which Telegram takes messages: 30 a second in all, 1 a second to a chat, 20 a minute to a group.
 * Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
 *
 * Guarantees: of the turns given, no second has more than 30 nor more than 1 for a chat, and no minute more than 20 for
 * a group, wherever the second or minute begins; with the layer on Redis, over all processes that share it and by its
 * clock. That takes turns of one: a limit of n in a window is n slots, each free again one window after it was taken.
 *
 * A full limit is waited for here, not in the queue, because the queue would hold back the alerts to every other chat;
 * but not for long, because a send that waits takes up one of the queue's active jobs. Where the wait would be longer
 * than `patience`, the answer is `congested` with the wait: what is full is one group, and the others have their turn.
 *
 * When the store does not answer, messages go out as they come, and Telegram's own 429 sets the pace.
 */
import { Clock, Context, Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { makeOutage } from "../../health/Outage.ts"
import { ChannelError } from "../AlertChannel.ts"

/** How long one send may wait for its turn. */
export const patience = Duration.seconds(5)

/** How long the store may take over one answer. */
const storeTimeout = Duration.seconds(1)

interface Limit {
  readonly key: string
  readonly slots: number
  readonly window: Duration.Duration
}

/** Thirty a second, evenly: bursts gain nothing where a process sends five messages at a time. */
const overall: Limit = { key: "telegram:all", slots: 1, window: Duration.millis(Math.ceil(1000 / 30)) }

/** Groups and channels have negative ids; what is given by its @name is one or the other. */
const isGroup = (chat: string): boolean => chat.startsWith("-") || chat.startsWith("@")

/** The limits of a message, that of all messages last: its wait is short, so no turn of a chat is taken in vain. */
const limitsOf = (chat: string): ReadonlyArray<Limit> => [
  { key: `telegram:chat:${chat}`, slots: 1, window: Duration.seconds(1) },
  ...(isGroup(chat) ? [{ key: `telegram:group:${chat}`, slots: 20, window: Duration.minutes(1) }] : []),
  overall
]

export class TelegramLimits extends Context.Service<
  TelegramLimits,
  {
    /** Waits until a message to this chat may go out. Fails as `congested` when that takes longer than `patience`. */
    readonly turn: (chat: string) => Effect.Effect<void, ChannelError>
  }
>()("touchline/alert/telegram/TelegramLimits") {
  /** On the RateLimiter in use, whose store says how far the limits reach. */
  static readonly layer = Layer.effect(
    TelegramLimits,
    Effect.gen(function* () {
      const limiter = yield* RateLimiter.RateLimiter
      const outage = makeOutage({
        begins: "Telegram's limits are not kept: their store does not answer",
        ends: "Telegram's limits are kept again"
      })
      /** The slot that this process took last, by key: the next one is the likeliest to be free. */
      const lastSlots = new Map<string, number>()

      /** Takes a slot. Answers with how long it is taken by others: zero when it is ours now. */
      const takeSlot = (key: string, window: Duration.Duration): Effect.Effect<Duration.Duration> =>
        limiter.consume({ key, window, limit: 1 }).pipe(
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

      return TelegramLimits.of({
        turn: Effect.fn("TelegramLimits.turn")(function* (chat) {
          const deadline = (yield* Clock.currentTimeMillis) + Duration.toMillis(patience)
          for (const limit of limitsOf(chat)) {
            while (true) {
              const wait = yield* take(limit)
              if (Duration.isZero(wait)) break
              if ((yield* Clock.currentTimeMillis) + Duration.toMillis(wait) > deadline) {
                return yield* new ChannelError({
                  channel: "telegram",
                  reason: "congested",
                  message: `chat ${chat} takes no more messages for ${Math.ceil(Duration.toSeconds(wait))} s`,
                  retryAfter: wait
                })
              }
              yield* Effect.sleep(wait)
            }
          }
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
