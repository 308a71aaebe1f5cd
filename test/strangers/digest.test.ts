import { describe, expect, layer, it as test } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { AlertChannel } from "../../src/alert/AlertChannel.ts"
import { gatherFor, layerDigests } from "../../src/alert/Digests.ts"
import { layerTelegram } from "../../src/alert/telegram/TelegramChannel.ts"
import { TelegramLimits } from "../../src/alert/telegram/TelegramLimits.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { Alert } from "../../src/domain/Alert.ts"
import { OwnerId } from "../../src/domain/Strategy.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import { defaultLimits, OwnerLimits } from "../../src/rules/rows/limits.ts"
import { alertOf } from "../fixtures/alertOf.ts"
import { blocked, makeBotApi } from "../fixtures/botApi.ts"
import { eventually } from "../fixtures/eventually.ts"
import { quiet } from "../fixtures/logs.ts"
import { candidateOf, newStrategy } from "../fixtures/pipeline.ts"
import { noPostgrest } from "../fixtures/postgrest.ts"
import { ada, afresh, mallory, onProject, passing, sql, writeStrategy } from "./project.ts"

type Bot = Effect.Success<typeof makeBotApi>

const channelTo = ({ root, token }: Bot) =>
  layerTelegram({ token: Redacted.make(token), chatId: Option.some("7"), apiRoot: root, chatFor: "operator" }).pipe(
    Layer.provide(TelegramLimits.layerMemory),
    Layer.provide(Layer.succeed(OwnerLimits, { ...defaultLimits, alerts: 2 })),
    Layer.fresh
  )

describe("A chat that has had its alerts of the hour", () => {
  test.effect("gets no more of them: they are taken for a digest; the operator's own go on", () =>
    Effect.gen(function* () {
      const bot = yield* makeBotApi
      const { send } = Context.get(yield* Layer.build(channelTo(bot)), AlertChannel)
      const ofOwner = alertOf({ owner: OwnerId.make(mallory), ownerChat: "42" })
      const operators = alertOf({ owner: null, ownerChat: null })
      const receipts: Array<string | undefined> = []
      for (const alert of [ofOwner, ofOwner, ofOwner, ofOwner, operators, operators, operators]) {
        receipts.push((yield* send(alert)).digest)
        yield* TestClock.adjust("2 seconds")
      }
      expect(receipts).toEqual([undefined, undefined, "waiting", "waiting", undefined, undefined, undefined])
      expect(bot.sent.map(({ chat }) => chat)).toEqual(["42", "42", "7", "7", "7"])
      yield* TestClock.adjust("1 hour")
      expect((yield* send(ofOwner)).digest).toBeUndefined()
    }).pipe(Effect.scoped)
  )
})

describe("Of many alerts that come at a time", () => {
  test.effect(
    "as many wait for the chat as it gets in an hour, in their order; those beyond are gathered at once",
    () =>
      Effect.gen(function* () {
        const bot = yield* makeBotApi
        const { send } = Context.get(yield* Layer.build(channelTo(bot)), AlertChannel)
        const alerts = Array.from({ length: 6 }, (_, number) =>
          alertOf({ id: TriggerId.make(`${number}`), owner: OwnerId.make(mallory), ownerChat: "42" })
        )
        /** What becomes of each of them when it is sent. */
        const attempts = (of: ReadonlyArray<Alert>) =>
          Effect.forEach(of, (alert) =>
            Effect.match(send(alert), {
              onSuccess: ({ digest = "sent" }) => digest,
              onFailure: ({ reason }) => `${reason}`
            })
          )
        expect(yield* attempts(alerts)).toEqual(["sent", "congested", "congested", "waiting", "waiting", "waiting"])
        // Whoever has no owner does not wait behind them, and one that comes back has kept its place.
        yield* TestClock.adjust("2 seconds")
        expect(yield* attempts(alerts.slice(1, 3))).toEqual(["sent", "congested"])
        yield* TestClock.adjust("1 second")
        expect(yield* attempts([alertOf({ owner: null, ownerChat: null })])).toEqual(["sent"])
        yield* TestClock.adjust("2 seconds")
        expect(yield* attempts(alerts.slice(2, 3))).toEqual(["waiting"])
        expect(bot.sent.map(({ chat }) => chat)).toEqual(["42", "42", "7"])
      }).pipe(Effect.scoped)
  )

  test.effect("those that another process has sent hold no place for ever", () =>
    Effect.gen(function* () {
      const bot = yield* makeBotApi
      const { send } = Context.get(yield* Layer.build(channelTo(bot)), AlertChannel)
      const alert = (number: number) =>
        alertOf({ id: TriggerId.make(`${number}`), owner: OwnerId.make(mallory), ownerChat: "42" })
      yield* send(alert(0))
      for (const number of [1, 2]) expect((yield* Effect.flip(send(alert(number)))).reason).toBe("congested")
      expect((yield* send(alert(3))).digest).toBe("waiting")
      yield* TestClock.adjust("10 minutes")
      expect((yield* send(alert(4))).digest).toBeUndefined()
    }).pipe(Effect.scoped)
  )
})

if (noPostgrest !== undefined) test.skip("Digests (no PostgREST here)", () => {})

describe.skipIf(noPostgrest !== undefined)("Alerts that were gathered", () => {
  layer(onProject)("are told together", (it) => {
    /** Alerts of an owner, taken for a digest so many minutes ago. */
    const gathered = Effect.fnUntraced(function* (count: number, minutes: number) {
      yield* afresh
      const strategy = { ...newStrategy(), id: (yield* writeStrategy(mallory)) as never }
      const { create, sent } = yield* TriggerStore
      const matches = Array.from({ length: count }, (_, match) => candidateOf(strategy, { id: `${match}` }))
      for (const { id } of (yield* create(matches)).triggers) {
        yield* sent(id, 1, { channel: "telegram", chatId: "42", text: "Goal", digest: "waiting" })
      }
      yield* sql(`delete from chat_links; update triggers set alerted_at = now() - interval '${minutes} minutes'`)
    })

    const states = sql(
      "select alert_digest, alert_state, count(*)::int as count from triggers group by 1, 2 order by 1, 2"
    )

    const running = (bot: Bot) => layerDigests.pipe(Layer.provide(channelTo(bot)), Layer.provide(quiet), Layer.fresh)

    it.effect("in one message, ten minutes after the first, and once", () =>
      Effect.gen(function* () {
        yield* gathered(45, 9)
        const { digests } = yield* TriggerStore
        expect(yield* digests(gatherFor, Duration.zero)).toEqual([])
        yield* sql("update triggers set alerted_at = now() - interval '11 minutes'")
        const bot = yield* makeBotApi
        yield* Effect.gen(function* () {
          yield* eventually(Effect.andThen(passing("100 millis", bot), states), ([row]) =>
            JSON.stringify(row).includes("told")
          )
          expect(bot.sent).toHaveLength(1)
          expect(bot.sent[0]?.text).toMatch(/^45 more alerts\nThis chat gets 2 alerts an hour[\s\S]*and 5 more$/)
          expect(yield* states).toEqual([{ alert_digest: "told", alert_state: "sent", count: 45 }])
        }).pipe(Effect.provide(running(bot)))
      })
    )

    it.effect("to nobody who has stopped them meanwhile, and to whoever has not", () =>
      Effect.gen(function* () {
        yield* gathered(2, 11)
        // Another chat that is stopped changes nothing of this one.
        yield* sql(`insert into chat_links (user_id, chat_id) values ('${mallory}', '42'), ('${ada}', '43')`)
        const { digests, mute } = yield* TriggerStore
        expect(yield* mute("43", "stopped from the chat")).toEqual([ada])
        expect((yield* digests(gatherFor, Duration.zero)).map(({ ids }) => ids.length)).toEqual([2])
        yield* sql("update triggers set alert_sending_until = null")
        expect(yield* mute("42", "stopped from the chat")).toEqual([mallory])
        const bot = yield* makeBotApi
        yield* Effect.gen(function* () {
          yield* eventually(Effect.andThen(passing("100 millis", bot), states), ([row]) =>
            JSON.stringify(row).includes("failed")
          )
          expect(bot.sent).toEqual([])
          expect(yield* states).toEqual([{ alert_digest: "failed", alert_state: "failed", count: 2 }])
          expect(yield* sql("select distinct alert_error as error from triggers")).toEqual([
            { error: "its chat takes no alerts any more: stopped from the chat" }
          ])
        }).pipe(Effect.provide(running(bot)))
      })
    )

    it.effect("or are recorded as failed, with the reason, where the chat takes nothing", () =>
      Effect.gen(function* () {
        yield* gathered(2, 11)
        yield* sql(`insert into chat_links (user_id, chat_id) values ('${mallory}', '42')`)
        const bot = yield* makeBotApi
        bot.refuse("42", blocked)
        yield* Effect.gen(function* () {
          yield* eventually(Effect.andThen(passing("100 millis", bot), states), ([row]) =>
            JSON.stringify(row).includes("failed")
          )
          expect(yield* states).toEqual([{ alert_digest: "failed", alert_state: "failed", count: 2 }])
          expect(yield* sql("select distinct alert_error as error from triggers")).toEqual([
            { error: expect.stringContaining("bot was blocked") }
          ])
          expect(yield* sql("select chat_id, muted_reason from chat_links where muted_at is not null")).toEqual([
            { chat_id: "42", muted_reason: expect.stringContaining("bot was blocked") }
          ])
        }).pipe(Effect.provide(running(bot)))
      })
    )
  })
})
