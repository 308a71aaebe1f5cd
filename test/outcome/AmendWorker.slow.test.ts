/** The amendment of messages from the queue to the Bot API, whatever the Bot API does. */
import { assert, expect, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Option, Redacted } from "effect"
import { AlertChannel } from "../../src/alert/AlertChannel.ts"
import { Alerter } from "../../src/alert/Alerter.ts"
import { AlertQueue } from "../../src/alert/AlertQueue.ts"
import { AlertTimes } from "../../src/alert/AlertTimes.ts"
import { layerTelegram } from "../../src/alert/telegram/TelegramChannel.ts"
import { TelegramLimits } from "../../src/alert/telegram/TelegramLimits.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { Amender } from "../../src/outcome/Amender.ts"
import { Amendments } from "../../src/outcome/Amendments.ts"
import { layerAmendWorker } from "../../src/outcome/AmendWorker.ts"
import { OutcomeStore } from "../../src/outcome/OutcomeStore.ts"
import { layerEmbeddedQueue } from "../../src/queue/EmbeddedQueue.ts"
import * as Bot from "../fixtures/botApi.ts"
import { eventually } from "../fixtures/eventually.ts"
import { Logs } from "../fixtures/logs.ts"
import { expecting, fire, onDatabase, openOn, sql, verdictOn } from "./outcomes.ts"

const services = Layer.mergeAll(AlertQueue.layer, Amendments.layer).pipe(
  Layer.provideMerge(layerEmbeddedQueue),
  Layer.provideMerge(onDatabase),
  Layer.provideMerge(Logs.layer)
)

/** A send that takes longer has failed. */
const patience = Duration.seconds(2)

/** What works the queue, and the bot to which it talks. */
const working = Effect.gen(function* () {
  const bot = yield* Bot.makeBotApi
  const telegram = layerTelegram({
    token: Redacted.make(bot.token),
    chatId: Option.some("42"),
    apiRoot: bot.root,
    chatFor: "everyone"
  }).pipe(Layer.provide(TelegramLimits.layerMemory))
  const times = Effect.map(AlertTimes, (usual) => Layer.succeed(AlertTimes, { ...usual, send: patience }))
  const channels = Alerter.layer.pipe(Layer.provideMerge(telegram), Layer.provideMerge(yield* times))
  const context = yield* Layer.build(
    layerAmendWorker.pipe(Layer.provide(Amender.layer({ as: "edit" })), Layer.provideMerge(channels))
  )
  return { bot, channel: yield* Effect.provide(AlertChannel, context) }
})

const faults = [
  ["asks to wait", Bot.tooMany(1), "done", 2],
  ["has a bad gateway", Bot.badGateway, "done", 2],
  ["does not answer", "never answer", "done", 2],
  ["drops the connection", "drop the connection", "done", 2],
  ["does not know the token for a while", Bot.unauthorized, "done", 2],
  ["says that the message says so already", Bot.notModified, "done", 1],
  ["has no such message any more", Bot.messageNotFound, "failed", 1],
  ["was blocked by the reader", Bot.blocked, "failed", 1],
  ["has no such chat any more", Bot.chatNotFound, "failed", 1]
] as const

// By the clock of the machine: the queue, the channel and the Bot API wait by it.
layer(services, { excludeTestServices: true })("A verdict", (it) => {
  it.effect.each(faults.map(([what, fault, state, requests]) => ({ what, fault, state, requests })))(
    "is told, or given up, where the Bot API $what",
    ({ fault, requests, state }) =>
      Effect.gen(function* () {
        const { bot, channel } = yield* working
        const id = `amended ${state} ${JSON.stringify(fault)}`.slice(0, 200)
        const [trigger = assert.fail()] = yield* fire([expecting("total goals >= 1")], [{ id }])
        const store = yield* TriggerStore
        const fired = Option.getOrThrow(yield* store.find(trigger.id))
        const receipt = yield* channel.send({ trigger: fired, idempotencyKey: trigger.id, attempt: 1 })
        yield* store.sent(trigger.id, 1, receipt)
        const [open = assert.fail()] = yield* openOn(id)
        yield* (yield* OutcomeStore).resolve([verdictOn(open, "hit")])
        bot.play(fault)
        const before = yield* bot.requests
        yield* (yield* Amendments).offer([trigger.id])
        const row = Effect.map(
          sql(`select amendment, alert_state from triggers where id = '${trigger.id}'`),
          ([one]) => one
        )
        yield* eventually(row, (now) => (now as { readonly amendment: string }).amendment !== "pending")
        expect(yield* row).toEqual({ amendment: state, alert_state: "sent" })
        expect((yield* bot.requests) - before).toBe(requests)
        const tells = state === "done" && fault !== Bot.notModified
        expect(bot.sent.map(({ text }) => text.includes("Hit"))).toEqual([tells])
      })
  )
})
