import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Context, Duration, Effect, Exit, Fiber, Layer, Option, Redacted, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { AlertChannel, ChannelError } from "../../../src/alert/AlertChannel.ts"
import { layerTelegram } from "../../../src/alert/telegram/TelegramChannel.ts"
import { TelegramLimits } from "../../../src/alert/telegram/TelegramLimits.ts"
import { OwnerId } from "../../../src/domain/Strategy.ts"
import { alertOf } from "../../fixtures/alertOf.ts"
import * as Bot from "../../fixtures/botApi.ts"
import { eventually } from "../../fixtures/eventually.ts"
import { Logs, quiet } from "../../fixtures/logs.ts"

type BotApi = Effect.Success<typeof Bot.makeBotApi>

interface Setup {
  readonly chatId?: string
  /** Whose alerts that chat gets. Unless told, everyone's. */
  readonly chatFor?: "operator" | "everyone"
  /** The pace at which messages may go out. Unless told, any. */
  readonly turn?: TelegramLimits["Service"]["turn"]
}

/** The channel to a bot. */
const channelTo = (
  { root, token }: BotApi,
  { chatFor = "everyone", chatId, turn = () => Effect.void }: Setup = { chatId: "42" }
) =>
  Effect.map(
    Layer.build(
      layerTelegram({
        token: Redacted.make(token),
        chatId: Option.fromUndefinedOr(chatId),
        apiRoot: root,
        chatFor
      }).pipe(
        Layer.provide(
          Layer.succeed(TelegramLimits, {
            turn,
            answered: () => Effect.void,
            takeOfHour: () => Effect.succeed(true),
            hasHadHour: () => Effect.succeed(false),
            unused: () => Effect.void,
            refused: (_chat, error) => Effect.succeed(error)
          })
        )
      )
    ),
    (context) => Context.get(context, AlertChannel)
  )

/** What sending fails with while the bot plays these faults. */
const failureOf = Effect.fnUntraced(function* (...faults: ReadonlyArray<Bot.Fault>) {
  const bot = yield* Bot.makeBotApi
  bot.play(...faults)
  const { send } = yield* channelTo(bot)
  return yield* Effect.flip(send(alertOf()))
})

describe("an alert through Telegram", () => {
  it.effect("is a message that Telegram takes, whose id, chat and text make the receipt", () =>
    Effect.gen(function* () {
      const bot = yield* Bot.makeBotApi
      const { name, send } = yield* channelTo(bot)
      const receipt = yield* send(alertOf({ strategyName: "A < B & C" }))
      expect(name).toBe("telegram")
      expect(bot.sent).toEqual([
        {
          messageId: 101,
          chat: "42",
          html: receipt.text,
          text: expect.stringMatching(/^A < B & C\nBrazil 0-0 Belgium/)
        }
      ])
      expect(receipt).toMatchObject({ channel: "telegram", messageId: "101", chatId: "42" })
    })
  )

  it.effect("goes to the chat of the strategy's owner", () =>
    Effect.gen(function* () {
      const bot = yield* Bot.makeBotApi
      const { send } = yield* channelTo(bot)
      yield* send(alertOf({ owner: OwnerId.make("u1"), ownerChat: "77" }))
      expect(bot.sent.map(({ chat }) => chat)).toEqual(["77"])
    })
  )

  it.effect("goes to TELEGRAM_CHAT_ID when the owner has no chat", () =>
    Effect.gen(function* () {
      const bot = yield* Bot.makeBotApi
      const { send } = yield* channelTo(bot)
      yield* send(alertOf({ owner: OwnerId.make("u1"), ownerChat: null }))
      expect(bot.sent.map(({ chat }) => chat)).toEqual(["42"])
    })
  )

  it.effect("to a channel by its @name has the chat's number in its receipt", () =>
    Effect.gen(function* () {
      const { send } = yield* channelTo(yield* Bot.makeBotApi, { chatId: "@late_goals" })
      expect(yield* send(alertOf())).toMatchObject({ chatId: "-1001" })
    })
  )

  it.effect("without a chat to go to is refused, and the message says what to set", () =>
    Effect.gen(function* () {
      const bot = yield* Bot.makeBotApi
      const { send } = yield* channelTo(bot, {})
      const ofOwner = yield* Effect.flip(send(alertOf({ owner: OwnerId.make("u1") })))
      expect(ofOwner).toMatchObject({
        reason: "refused",
        message: expect.stringMatching(/^the owner u1 has no chat that takes alerts: none is linked/)
      })
      const ofNobody = yield* Effect.flip(send(alertOf()))
      expect(ofNobody).toMatchObject({ reason: "refused", message: expect.stringContaining("TELEGRAM_CHAT_ID") })
      expect(yield* bot.requests).toBe(0)
    })
  )

  it.effect("of an owner without a chat does not go to the operator's, unless that is set", () =>
    Effect.gen(function* () {
      const bot = yield* Bot.makeBotApi
      const ofOwner = alertOf({ owner: OwnerId.make("u1") })
      const { send } = yield* channelTo(bot, { chatId: "42", chatFor: "operator" })
      expect(yield* Effect.flip(send(ofOwner))).toMatchObject({ reason: "refused" })
      expect(yield* send(alertOf())).toMatchObject({ chatId: "42" })
      expect(yield* (yield* channelTo(bot)).send(ofOwner)).toMatchObject({ chatId: "42" })
    })
  )

  it.effect("waits for its turn at each chat that it is sent to", () =>
    Effect.gen(function* () {
      const bot = yield* Bot.makeBotApi
      bot.play(Bot.movedTo(-10042))
      const asked: Array<string> = []
      const turn = (chat: string) => Effect.asVoid(Effect.sync(() => asked.push(chat)))
      yield* (yield* channelTo(bot, { chatId: "-42", turn })).send(alertOf())
      expect(asked).toEqual(["-42", "-10042"])
    }).pipe(Effect.provide(quiet))
  )

  it.effect("is not sent when it gets no turn", () =>
    Effect.gen(function* () {
      const bot = yield* Bot.makeBotApi
      const full = new ChannelError({ channel: "telegram", reason: "rate-limited", message: "full" })
      const { send } = yield* channelTo(bot, { chatId: "42", turn: () => Effect.fail(full) })
      expect(yield* Effect.flip(send(alertOf()))).toBe(full)
      expect(yield* bot.requests).toBe(0)
    })
  )

  it.effect("follows a group that has become a supergroup, and says that its id has changed", () =>
    Effect.gen(function* () {
      const [bot, logs] = [yield* Bot.makeBotApi, yield* Logs]
      bot.play(Bot.movedTo(-10042))
      const { send } = yield* channelTo(bot, { chatId: "-42" })
      expect(yield* send(alertOf())).toMatchObject({ chatId: "-10042" })
      expect(bot.sent.map(({ chat }) => chat)).toEqual(["-10042"])
      expect((yield* logs.lines()).map(({ fields, level }) => ({ fields, level }))).toEqual([
        { level: "WARN", fields: { from: "-42", to: "-10042" } }
      ])
    }).pipe(Effect.provide(Logs.layer))
  )

  it.effect("follows a group once only", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(Bot.movedTo(-10042), Bot.movedTo(-10043))
      expect(failure).toMatchObject({
        reason: "refused",
        message: "Telegram says that chat -10042 has moved on to -10043"
      })
    }).pipe(Effect.provide(quiet))
  )
})

describe("a failure of Telegram", () => {
  it.effect("429 is a rate limit, for as long as Telegram says", () =>
    Effect.gen(function* () {
      expect(yield* failureOf(Bot.tooMany(7))).toMatchObject({
        channel: "telegram",
        reason: "rate-limited",
        message: "Telegram answered 429: Too Many Requests: retry after 7",
        retryAfter: Duration.seconds(7)
      })
    })
  )

  it.effect.each([
    {
      fault: Bot.chatNotFound,
      reason: "refused",
      message: "Telegram answered 400: Bad Request: chat not found (chat 42)"
    },
    {
      fault: Bot.blocked,
      reason: "blocked",
      message: "Telegram answered 403: Forbidden: bot was blocked by the user (chat 42)"
    }
  ])("$message is final", ({ fault, message, reason }) =>
    Effect.gen(function* () {
      expect(yield* failureOf(fault)).toMatchObject({ channel: "telegram", reason, message })
    })
  )

  it.effect.each([
    {
      fault: Bot.notFound,
      message: "Telegram answered 404: Not Found; TELEGRAM_BOT_TOKEN or TELEGRAM_API_ROOT is wrong"
    },
    {
      fault: Bot.unauthorized,
      message: "Telegram answered 401: Unauthorized; TELEGRAM_BOT_TOKEN is wrong or was revoked"
    }
  ])("$message concerns the bot, not the message", ({ fault, message }) =>
    Effect.gen(function* () {
      expect(yield* failureOf(fault)).toMatchObject({ channel: "telegram", reason: "barred", message })
    })
  )

  it.effect.each([
    { fault: Bot.internalError, message: "Telegram answered 500: Internal Server Error" },
    { fault: Bot.badGateway, message: /^no answer of a Bot API from 127\.0\.0\.1:\d+ \(invalid-json\)$/ },
    { fault: "drop the connection" as const, message: /^no answer of a Bot API from 127\.0\.0\.1:\d+ \(ECONNRESET\)$/ }
  ])("$message may pass", ({ fault, message }) =>
    Effect.gen(function* () {
      expect(yield* failureOf(fault)).toMatchObject({
        channel: "telegram",
        reason: "unavailable",
        message: expect.stringMatching(message)
      })
    })
  )

  it.effect("a server that never answers may be back later", () =>
    Effect.gen(function* () {
      const bot = yield* Bot.makeBotApi
      bot.play("never answer")
      const { send } = yield* channelTo(bot)
      const sending = yield* Effect.forkChild(Effect.flip(send(alertOf())))
      yield* eventually(bot.requests, (requests) => requests === 1)
      yield* TestClock.adjust("7 seconds")
      expect(yield* Fiber.join(sending)).toMatchObject({
        reason: "unavailable",
        message: `no answer from ${bot.root.host} within 7s`
      })
    })
  )

  it.effect("a server that is not there may be back later", () =>
    Effect.gen(function* () {
      const bot = yield* Effect.scoped(Bot.makeBotApi)
      const { send } = yield* channelTo(bot)
      expect(yield* Effect.flip(send(alertOf()))).toMatchObject({
        reason: "unavailable",
        message: `no answer of a Bot API from ${bot.root.host} (ECONNREFUSED)`
      })
    })
  )
})

describe("the token", () => {
  const secret = "AAH-secret_of_the_bot"

  /** Everything that can be seen of an effect: its exit and every cause in it, the spans, the log. */
  const seen = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const exit = yield* Effect.exit(effect).pipe(Effect.withTracer(tracer))
      const logs = yield* (yield* Logs).lines()
      const shown = spans.map(({ attributes, name, status }) => ({ name, attributes, status }))
      const causes = Exit.isFailure(exit) ? [Cause.pretty(exit.cause), JSON.stringify(exit.cause)] : []
      expect(shown.length).toBeGreaterThan(0)
      return inspect({ exit, logs, shown, causes }, { depth: null, showHidden: true, getters: true })
    })

  const echo: Bot.Fault = {
    status: 400,
    body: JSON.stringify({ ok: false, error_code: 400, description: `no such path: /bot8117:${secret}/sendMessage` })
  }
  const faults: ReadonlyArray<ReadonlyArray<Bot.Fault>> = [
    [],
    [Bot.tooMany(7)],
    [Bot.chatNotFound],
    [Bot.blocked],
    [Bot.unauthorized],
    [Bot.notFound],
    [Bot.internalError],
    [Bot.badGateway],
    [echo],
    ["drop the connection"],
    [Bot.movedTo(-7)],
    [Bot.movedTo(-7), Bot.movedTo(-8)]
  ]

  it.effect("is not to be seen in anything that a send leaves behind, whatever Telegram answers", () =>
    Effect.gen(function* () {
      for (const fault of faults) {
        const bot = yield* Bot.makeBotApi
        bot.play(...fault)
        expect(yield* seen((yield* channelTo(bot)).send(alertOf()))).not.toContain(secret)
      }
    }).pipe(Effect.provide(Logs.layer))
  )

  it.effect("is not to be seen when nothing listens, or nothing answers", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(Bot.makeBotApi)
      expect(yield* seen((yield* channelTo(gone)).send(alertOf()))).not.toContain(secret)
      const silent = yield* Bot.makeBotApi
      silent.play("never answer")
      const watching = yield* Effect.forkChild(seen((yield* channelTo(silent)).send(alertOf())))
      yield* eventually(silent.requests, (requests) => requests === 1)
      yield* TestClock.adjust("7 seconds")
      expect(yield* Fiber.join(watching)).not.toContain(secret)
    }).pipe(Effect.provide(Logs.layer))
  )
})
