import { describe, expect, layer, it as test } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { layerLinking } from "../../src/alert/telegram/linking.ts"
import { TelegramLimits } from "../../src/alert/telegram/TelegramLimits.ts"
import { Database } from "../../src/database/Database.ts"
import { chatNotFound, makeBotApi, unauthorized } from "../fixtures/botApi.ts"
import { eventually } from "../fixtures/eventually.ts"
import { Logs } from "../fixtures/logs.ts"
import { noPostgrest } from "../fixtures/postgrest.ts"
import { ada, afresh, mallory, onProject, passing, request, sql } from "./project.ts"

type Bot = Effect.Success<typeof makeBotApi>

const linking = (bot: Bot) =>
  layerLinking({ apiRoot: bot.root, token: Redacted.make(bot.token) }).pipe(
    Layer.provide(TelegramLimits.layerMemory),
    Layer.provideMerge(Logs.layer),
    Layer.fresh
  )

/** Time passes until the bot has answered so many times. */
const answersOf = (bot: Bot, count: number) =>
  Effect.map(
    eventually(
      Effect.andThen(
        passing("2 seconds", bot),
        Effect.sync(() => bot.sent)
      ),
      (sent) => sent.length >= count
    ),
    (sent) => sent.map(({ chat, text }) => [chat, text.split(/[.:]/)[0]])
  )

const newToken = (who: string) =>
  Effect.map(
    request(who, (client) => client.rpc("new_chat_link")),
    ({ data }): string => data.token
  )

const links = sql("select user_id, chat_id, muted_at is not null as muted from chat_links order by chat_id")

const from = { id: 555 }
const person = (id: number) => ({ chat: { id, type: "private" }, from: { id } })

describe("Messages that take long", () => {
  test.effect("are handled by whoever has the lease, which is renewed meanwhile, and by nobody who has lost it", () =>
    Effect.gen(function* () {
      const calls: Array<string> = []
      let isHeld = true
      const database = Layer.succeed(
        Database,
        Database.of({
          name: "of the test",
          call: (operation, { chat }) => {
            calls.push(operation === "link_chat" ? `link ${chat}` : operation)
            if (operation === "hold_lease") return Effect.succeed(isHeld ? [{ name: "telegram linking" }] : [])
            return Effect.delay(Effect.succeed([{ owner: ada }]), "20 seconds")
          }
        })
      )
      const bot = yield* makeBotApi
      for (const chat of [1, 2, 3, 4]) bot.say({ ...person(chat), text: `/start ${`${chat}`.padStart(44, "0")}` })
      const until = (last: string) =>
        eventually(
          Effect.andThen(
            TestClock.adjust("1 second"),
            Effect.sync(() => calls.includes(last))
          ),
          (has) => has
        )
      yield* Effect.gen(function* () {
        yield* until("link 3")
        expect(calls).toEqual(["hold_lease", "link 1", "hold_lease", "link 2", "hold_lease", "link 3"])
        isHeld = false
        yield* eventually(
          Effect.andThen(
            TestClock.adjust("1 second"),
            Effect.sync(() => calls.length)
          ),
          (count) => count >= 9
        )
        expect(new Set(calls.slice(6))).toEqual(new Set(["hold_lease"]))
        isHeld = true
        yield* until("link 4")
      }).pipe(Effect.provide(linking(bot).pipe(Layer.provide(database))))
    })
  )
})

if (noPostgrest !== undefined) test.skip("Linking chats (no PostgREST here)", () => {})

describe.skipIf(noPostgrest !== undefined)("The bot", () => {
  layer(onProject)("links", (it) => {
    it.effect("the chat that sends it an owner's token, once, and unlinks the one that says so", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* sql("delete from chat_links")
        const bot = yield* makeBotApi
        const token = yield* newToken(ada)
        yield* Effect.gen(function* () {
          bot.say({ ...person(42), text: `/start ${token}` })
          expect(yield* answersOf(bot, 1)).toEqual([["42", expect.stringMatching(/^This chat gets the alerts/)]])
          expect(yield* links).toEqual([{ user_id: ada, chat_id: "42", muted: false }])
          bot.say({ ...person(77), text: `/start@touchline_test_bot ${token}` })
          expect((yield* answersOf(bot, 2))[1]).toEqual(["77", "This link is not valid"])
          bot.say({ ...person(42), text: "/stop" })
          yield* answersOf(bot, 3)
          expect(yield* links).toEqual([{ user_id: ada, chat_id: "42", muted: true }])
          const { lines } = yield* Logs
          expect(JSON.stringify(yield* lines())).not.toContain(token)
        }).pipe(Effect.provide(linking(bot)))
      })
    )

    it.effect("a group for those who administer it, and a channel by a post in it", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* sql("delete from chat_links")
        const bot = yield* makeBotApi
        const token = yield* newToken(mallory)
        const group = { id: -100, type: "supergroup" }
        yield* Effect.gen(function* () {
          bot.say({ chat: group, from, text: `/start ${token}` })
          expect((yield* answersOf(bot, 1))[0]?.[1]).toBe("Only those who administer this chat can link it")
          expect(yield* links).toEqual([])
          bot.administrators.add(from.id)
          bot.say({ chat: group, from, text: `/start ${token}` })
          yield* answersOf(bot, 2)
          expect(yield* links).toEqual([{ user_id: mallory, chat_id: "-100", muted: false }])
          bot.say({ chat: { id: -200, type: "channel" }, text: `/start ${yield* newToken(ada)}` }, "channel_post")
          yield* answersOf(bot, 3)
          expect(yield* links).toContainEqual({ user_id: ada, chat_id: "-200", muted: false })
          yield* sql(`insert into chat_links (user_id, chat_id) values ('${mallory}', '@tips')`)
          bot.say({ chat: { id: -300, type: "channel", username: "tips" }, text: "/stop" }, "channel_post")
          yield* answersOf(bot, 4)
          expect(yield* links).toContainEqual({ user_id: mallory, chat_id: "@tips", muted: true })
        }).pipe(Effect.provide(linking(bot)))
      })
    )

    it.effect("nobody who guesses: a chat is answered a few times an hour, and what is no message stops nothing", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* sql("delete from chat_links")
        const bot = yield* makeBotApi
        const token = yield* newToken(ada)
        yield* Effect.gen(function* () {
          // One after the other, so that nothing but the guesser's own hour keeps the bot from answering.
          for (let guess = 0; guess < 9; guess++) {
            bot.say({ ...person(66), text: `/start ${`${guess}`.padStart(44, "0")}` })
            const before = yield* bot.requests
            yield* eventually(Effect.andThen(passing("2 seconds", bot), bot.requests), (count) => count >= before + 2)
          }
          bot.say({ chat: "none", text: 5 })
          bot.say({ ...person(42), text: `/start ${token}` })
          yield* eventually(Effect.andThen(passing("2 seconds", bot), links), (rows) => rows.length === 1)
          expect(bot.sent.filter(({ chat }) => chat === "66").length).toBeLessThanOrEqual(5)
        }).pipe(Effect.provide(linking(bot)))
      })
    )

    it.effect("and unlinks a chat that says so, whatever was said there before", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* sql("delete from chat_links")
        const bot = yield* makeBotApi
        const token = yield* newToken(ada)
        yield* Effect.gen(function* () {
          bot.say({ ...person(42), text: `/start ${token}` })
          yield* answersOf(bot, 1)
          for (let times = 0; times < 9; times++) bot.say({ ...person(42), text: "/start" })
          bot.say({ ...person(42), text: "/stop" })
          yield* eventually(Effect.andThen(passing("2 seconds", bot), links), ([row]) =>
            JSON.stringify(row).includes("true")
          )
          expect(bot.sent.length).toBeLessThanOrEqual(5)
        }).pipe(Effect.provide(linking(bot)))
      })
    )

    it.effect("a group though its members flood it, and ends that, and answers them a few times an hour", () =>
      Effect.gen(function* () {
        yield* afresh
        yield* sql("delete from chat_links")
        const bot = yield* makeBotApi
        const token = yield* newToken(ada)
        const group = { id: -100, type: "supergroup" }
        bot.administrators.add(from.id)
        const handled = Effect.fnUntraced(function* (message: object) {
          bot.say({ chat: group, ...message })
          const before = yield* bot.requests
          yield* eventually(Effect.andThen(passing("2 seconds", bot), bot.requests), (count) => count >= before + 2)
        })
        yield* Effect.gen(function* () {
          for (let member = 1; member <= 3; member++) {
            for (let flood = 0; flood < 6; flood++) yield* handled({ from: { id: member }, text: "/start" })
            yield* handled({ from: { id: member }, text: "/stop" })
          }
          bot.say({ chat: group, from, text: `/start ${token}` })
          yield* eventually(Effect.andThen(passing("2 seconds", bot), links), (rows) => rows.length === 1)
          const floodAnswers = bot.sent.filter(({ text }) => !text.startsWith("This chat gets the alerts"))
          expect(floodAnswers.length).toBeGreaterThan(0)
          expect(floodAnswers.length).toBeLessThanOrEqual(5)
          bot.say({ chat: group, from, text: "/stop" })
          yield* eventually(Effect.andThen(passing("2 seconds", bot), links), ([row]) =>
            JSON.stringify(row).includes("true")
          )
        }).pipe(Effect.provide(linking(bot)))
      })
    )

    it.effect("by one process at a time, and says once while Telegram does not let it", () =>
      Effect.gen(function* () {
        yield* afresh
        const { call } = yield* Database
        const hold = (by: string, seconds: number) => call("hold_lease", { lease: "telegram linking", by, seconds })
        yield* sql("delete from leases")
        expect(yield* hold("one", 60)).toHaveLength(1)
        expect(yield* hold("two", 60)).toEqual([])
        expect(yield* hold("one", 0)).toHaveLength(1)
        yield* sql("update leases set until = now() - interval '1 second'")
        expect(yield* hold("two", 0)).toHaveLength(1)
        yield* sql("delete from leases")
        const bot = yield* makeBotApi
        bot.play(unauthorized, unauthorized, chatNotFound)
        yield* Effect.gen(function* () {
          const { lines } = yield* Logs
          const said = (text: string) =>
            Effect.map(lines(), (all) => all.filter(({ message }) => message.startsWith(text)).length)
          yield* eventually(
            Effect.andThen(passing("10 seconds", bot), said("chats can be linked again")),
            (n) => n === 1
          )
          expect(yield* said("chats cannot be linked")).toBe(1)
        }).pipe(Effect.provide(linking(bot)))
      })
    )
  })
})
