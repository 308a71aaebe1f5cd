import { describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Option, Redacted } from "effect"
import { AlertChannel, ChannelError } from "../../../src/alert/AlertChannel.ts"
import { layerTelegram } from "../../../src/alert/telegram/TelegramChannel.ts"
import { TelegramLimits } from "../../../src/alert/telegram/TelegramLimits.ts"
import type { Outcome } from "../../../src/domain/Outcome.ts"
import { OwnerId } from "../../../src/domain/Strategy.ts"
import type { Trigger } from "../../../src/domain/Trigger.ts"
import { condition } from "../../backtest/recordings.ts"
import { alertOf } from "../../fixtures/alertOf.ts"
import * as Bot from "../../fixtures/botApi.ts"

const outcome: Outcome = {
  expectation: condition("total goals since trigger >= 1"),
  verdict: "hit",
  decidedAt: { period: "2H", minute: 67, added: 0 },
  score: { home: 2, away: 1 },
  isFinal: false,
  revision: 1
}

/** A bot, a message that it sent, and how to amend it. */
const setUp = Effect.fnUntraced(function* (
  turn: TelegramLimits["Service"]["turn"] = () => Effect.void,
  of: Partial<Trigger> = {}
) {
  const bot = yield* Bot.makeBotApi
  const channel = yield* Effect.map(
    Layer.build(
      layerTelegram({
        token: Redacted.make(bot.token),
        chatId: Option.some("42"),
        apiRoot: bot.root,
        chatFor: "operator"
      }).pipe(
        Layer.provide(
          Layer.mock(TelegramLimits, {
            turn,
            hasHadHour: () => Effect.succeed(false),
            takeOfHour: () => Effect.succeed(true),
            answered: () => Effect.void,
            refused: (_chat, error) => Effect.succeed(error)
          })
        )
      )
    ),
    Context.get(AlertChannel)
  )
  const alert = alertOf({ strategyName: "Late goal", ...of })
  const receipt = yield* channel.send(alert)
  const edit = (fields: Partial<Outcome> = {}, as: "edit" | "reply" = "edit", now: Partial<Trigger> = {}) =>
    channel.edit?.({
      trigger: { ...alert.trigger, outcome: { ...outcome, ...fields }, ...now },
      receipt,
      attempt: 1,
      as
    }) ?? Effect.die("telegram cannot edit")
  return { bot, channel, alert, edit }
})

describe("the outcome of an alert through Telegram", () => {
  it.effect("stands in its message: early with the minute and the score, then with the final score", () =>
    Effect.gen(function* () {
      const { bot, edit } = yield* setUp()
      yield* edit()
      expect(bot.sent).toHaveLength(1)
      expect(bot.sent[0]?.text).toContain("✅ Hit at 67': total goals since trigger >= 1, 2-1\n")
      yield* edit({ isFinal: true, score: { home: 3, away: 1 } })
      expect(bot.sent[0]?.text).toContain("✅ Hit: total goals since trigger >= 1, final score 3-1\n")
      expect(bot.sent[0]?.text).not.toContain("67'")
    })
  )

  it.effect("is an answer to its message where that is wanted", () =>
    Effect.gen(function* () {
      const { bot, edit } = yield* setUp()
      yield* edit({ verdict: "miss", isFinal: true }, "reply")
      expect(bot.sent.at(-1)).toMatchObject({
        answers: 101,
        text: "❌ Miss: total goals since trigger >= 1, final score 2-1"
      })
    })
  )

  it.effect("is no message more to a chat that was stopped", () =>
    Effect.gen(function* () {
      const { bot, edit } = yield* setUp(undefined, { owner: OwnerId.make("ada"), ownerChat: "43" })
      yield* edit({}, "reply", { ownerChat: null })
      expect(bot.sent).toHaveLength(1)
      yield* edit({}, "reply")
      expect(bot.sent.map(({ chat }) => chat)).toEqual(["43", "43"])
    })
  )

  it.effect("is told once, though an answer was lost", () =>
    Effect.gen(function* () {
      const { bot, edit } = yield* setUp()
      yield* edit()
      yield* edit()
      expect(yield* bot.requests).toBe(3)
    })
  )

  it.effect("is refused where the message is gone, and worth another attempt where Telegram is away", () =>
    Effect.gen(function* () {
      const { bot, edit } = yield* setUp()
      bot.play(Bot.messageNotFound, Bot.internalError)
      expect(yield* Effect.flip(edit())).toMatchObject({ reason: "refused" })
      expect(yield* Effect.flip(edit())).toMatchObject({ reason: "unavailable" })
    })
  )

  it.effect("gives way to alerts that wait for the chat", () =>
    Effect.gen(function* () {
      const full = new ChannelError({
        channel: "telegram",
        reason: "congested",
        message: "full",
        retryAfter: Duration.seconds(3)
      })
      let isFull = false
      const { alert, bot, channel, edit } = yield* setUp(() => (isFull ? full : Effect.void))
      isFull = true
      yield* Effect.flip(channel.send(alert))
      isFull = false
      expect(yield* Effect.flip(edit())).toMatchObject({ reason: "congested" })
      expect(bot.sent[0]?.text).not.toContain("Hit")
    })
  )
})
