import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option, Redacted } from "effect"
import { Alerter } from "../../../src/alert/Alerter.ts"
import { AlertQueue } from "../../../src/alert/AlertQueue.ts"
import { layerTelegram } from "../../../src/alert/telegram/TelegramChannel.ts"
import { TelegramLimits } from "../../../src/alert/telegram/TelegramLimits.ts"
import { layerEmbedded } from "../../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../../src/database/TriggerStore.ts"
import { Dedup } from "../../../src/dedup/Dedup.ts"
import type { SnapshotInput } from "../../../src/domain/Snapshot.ts"
import type { Trigger } from "../../../src/domain/Trigger.ts"
import { MatchFeed } from "../../../src/feed/MatchFeed.ts"
import { MatchHistory } from "../../../src/history/MatchHistory.ts"
import { Scanner } from "../../../src/scan/Scanner.ts"
import { Strategies } from "../../../src/strategies/Strategies.ts"
import { watchedOf } from "../../../src/strategies/Watched.ts"
import { Sql } from "../../contracts/Sql.ts"
import * as Bot from "../../fixtures/botApi.ts"
import { quiet } from "../../fixtures/logs.ts"
import { newStrategy, shown } from "../../fixtures/pipeline.ts"

const owner = "0000000a-0000-4000-8000-00000000000b"
const strategy = newStrategy({
  name: "Behind late",
  when: [{ left: "minute", comparator: ">=", right: 60 }]
})

/** A scanner on the embedded database and an alerter to the bot, around a feed that shows these matches one a poll. */
const service = (bot: Effect.Success<typeof Bot.makeBotApi>, polls: Array<SnapshotInput>) =>
  Layer.mergeAll(Scanner.layer, Alerter.layer).pipe(
    Layer.provide([
      layerTelegram({
        token: Redacted.make(bot.token),
        chatId: Option.none(),
        apiRoot: bot.root,
        chatFor: "everyone"
      }).pipe(Layer.provide(TelegramLimits.layerMemory)),
      Layer.succeed(MatchFeed, { name: "fake", poll: Effect.sync(() => polls.splice(0, 1)) }),
      Layer.succeed(Strategies, { name: "fake", set: undefined, watched: Effect.succeed(watchedOf([strategy])) }),
      Layer.mock(AlertQueue, { name: "send-alert", offer: () => Effect.void }),
      MatchHistory.layer,
      Dedup.layerMemory({ ttl: Duration.hours(2) })
    ]),
    Layer.provideMerge(Layer.mergeAll(TriggerStore.layer, StrategyStore.layer, Sql.layerEmbedded)),
    Layer.provide(layerEmbedded),
    Layer.provide(EmbeddedPostgres.layer()),
    Layer.provide(NodeServices.layer),
    Layer.provideMerge(quiet)
  )

const alert = (trigger: Trigger | undefined) =>
  Effect.gen(function* () {
    const alerter = yield* Alerter
    if (trigger === undefined) return
    yield* alerter.alert({
      triggerId: trigger.id,
      attempt: 1,
      isLast: false,
      receipt: Option.none(),
      keep: () => Effect.void
    })
  })

describe("a trigger of an owner with a chat", () => {
  it.effect("is told there, with the goal that was seen on the way, and its row has the message", () =>
    Effect.gen(function* () {
      const bot = yield* Bot.makeBotApi
      const polls = [
        shown({ minute: 30, score: { home: 0, away: 0 } }),
        shown({ minute: 31, score: { home: 0, away: 1 } }),
        shown({ minute: 60, score: { home: 0, away: 1 } })
      ]
      yield* Effect.gen(function* () {
        const [scanner, store, sql] = [yield* Scanner, yield* TriggerStore, yield* Sql]
        yield* (yield* StrategyStore).save([strategy])
        yield* sql.run(`update strategies set user_id = '${owner}';
          insert into user_telegram (user_id, chat_id) values ('${owner}', '77')`)

        for (let poll = 0; poll < 3; poll++) yield* scanner.scan
        const [trigger] = yield* store.pending(10)
        expect(trigger).toMatchObject({ owner, ownerChat: "77" })
        yield* alert(trigger)

        expect(bot.sent).toMatchObject([
          {
            chat: "77",
            text: "Behind late\nBrazil 0-1 Belgium, 60'\nWorld Cup\nLast goal: Belgium, 31'\n\nConditions\n• minute >= 60 (60)"
          }
        ])
        expect(
          yield* sql.run(
            "select telegram_message_id, telegram_chat_id, telegram_message_text, alert_state from triggers"
          )
        ).toEqual([
          {
            telegram_message_id: "101",
            telegram_chat_id: "77",
            telegram_message_text: bot.sent[0]?.html,
            alert_state: "sent"
          }
        ])
      }).pipe(Effect.provide(service(bot, polls)))
    })
  )
})
