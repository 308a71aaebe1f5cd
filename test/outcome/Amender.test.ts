import { assert, expect, layer } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { AlertChannel } from "../../src/alert/AlertChannel.ts"
import { Alerter } from "../../src/alert/Alerter.ts"
import { AlertQueue } from "../../src/alert/AlertQueue.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { Amendment } from "../../src/domain/Alert.ts"
import { Amender } from "../../src/outcome/Amender.ts"
import { OutcomeStore } from "../../src/outcome/OutcomeStore.ts"
import { JobFailure } from "../../src/queue/JobFailure.ts"
import { channelError } from "../fixtures/alerts.ts"
import { receipt } from "../fixtures/pipeline.ts"
import { expecting, fire, onDatabase, openOn, sql, verdictOn } from "./outcomes.ts"

/** What amendments meet, switched by the tests. */
const world = {
  edits: [] as Array<Amendment>,
  waiting: 0,
  answer: (amendment: Amendment): ReturnType<NonNullable<AlertChannel["Service"]["edit"]>> =>
    Effect.succeed(amendment.receipt)
}

const channel = Layer.succeed(
  AlertChannel,
  AlertChannel.of({
    name: "fake",
    send: () => Effect.die("no alert is sent here"),
    edit: (amendment) => {
      world.edits.push(amendment)
      return world.answer(amendment)
    }
  })
)

const queue = Layer.mock(AlertQueue, {
  name: "send-alert",
  counts: Effect.sync(() => ({ waiting: world.waiting, active: 0, delayed: 0, failed: 0, completed: 0 }))
})

/** No channel is out here. */
const alerter = Layer.mock(Alerter, {
  breaker: {
    send: (_attempt, send) =>
      Effect.mapError(send, ({ message, reason }) =>
        reason === "refused"
          ? new JobFailure({ reason: "give-up", message })
          : new JobFailure({ reason: "retry", message })
      ),
    outSince: () => undefined,
    forget: () => {}
  }
})

const amending = Amender.layer({ as: "edit" }).pipe(
  Layer.provideMerge(Layer.mergeAll(channel, queue, alerter)),
  Layer.provideMerge(onDatabase)
)

let matches = 0

/** A trigger whose alert was sent, and how to write its verdict. */
const sent = Effect.gen(function* () {
  world.edits.length = 0
  world.waiting = 0
  world.answer = ({ receipt }) => Effect.succeed(receipt)
  matches += 1
  const id = `amended ${matches}`
  const [trigger = assert.fail()] = yield* fire([expecting("total goals >= 1")], [{ id }])
  yield* (yield* TriggerStore).sent(trigger.id, 1, receipt)
  const store = yield* OutcomeStore
  return {
    id: trigger.id,
    decide: (verdict: "hit" | "miss") =>
      Effect.gen(function* () {
        const [open = assert.fail()] = yield* openOn(id)
        return yield* store.resolve([verdictOn(open, verdict)])
      })
  }
})

const amend = (triggerId: Amendment["trigger"]["id"]) =>
  Effect.flatMap(Amender, (amender) => amender.amend({ triggerId, attempt: 1, isLast: false }))

const stateOf = (id: string) => Effect.map(sql(`select amendment from triggers where id = '${id}'`), ([row]) => row)

layer(amending)("An amendment", (it) => {
  it.effect("tells the verdict once, however often its job runs, and a revision once more", () =>
    Effect.gen(function* () {
      const { decide, id } = yield* sent
      yield* decide("hit")
      expect(yield* stateOf(id)).toEqual({ amendment: "pending" })
      yield* amend(id)
      yield* amend(id)
      expect(world.edits).toMatchObject([
        { as: "edit", receipt, trigger: { outcome: { verdict: "hit", revision: 1 } } }
      ])
      expect(yield* stateOf(id)).toEqual({ amendment: "done" })
      yield* decide("miss")
      yield* amend(id)
      expect(world.edits.map(({ trigger }) => trigger.outcome?.verdict)).toEqual(["hit", "miss"])
    })
  )

  it.effect("that waits tells the revision alone", () =>
    Effect.gen(function* () {
      const { decide, id } = yield* sent
      yield* decide("hit")
      yield* decide("miss")
      yield* amend(id)
      expect(world.edits.map(({ trigger }) => trigger.outcome?.verdict)).toEqual(["miss"])
      expect(yield* (yield* OutcomeStore).pendingAmendments(9)).toEqual([])
    })
  )

  it.effect("stays pending where its verdict is revised while it is told", () =>
    Effect.gen(function* () {
      const { decide, id } = yield* sent
      yield* decide("hit")
      const context = yield* Effect.context<OutcomeStore>()
      world.answer = ({ receipt }) => Effect.as(Effect.provide(Effect.orDie(decide("miss")), context), receipt)
      yield* amend(id)
      expect(yield* stateOf(id)).toEqual({ amendment: "pending" })
    })
  )

  it.effect("is made where the owner has stopped another chat, and not in the one that was stopped", () =>
    Effect.gen(function* () {
      const owner = "a0000000-0000-4000-8000-000000000009"
      const { decide, id } = yield* sent
      yield* sql(`update strategies set user_id = '${owner}'
          where id = (select strategy_id from triggers where id = '${id}');
        insert into user_telegram (user_id, chat_id) values ('${owner}', '42');
        insert into chat_links (user_id, chat_id) values ('${owner}', '${receipt.chatId}') on conflict do nothing;
        update chat_links set muted_at = now() where chat_id = '42'`)
      yield* decide("hit")
      yield* amend(id)
      yield* sql("update chat_links set muted_at = case when chat_id = '42' then null else now() end")
      yield* decide("miss")
      yield* amend(id)
      expect(world.edits.map(({ trigger }) => trigger.outcome?.verdict)).toEqual(["hit"])
      expect(yield* stateOf(id)).toEqual({ amendment: "done" })
    })
  )

  it.effect("goes behind alerts", () =>
    Effect.gen(function* () {
      const { decide, id } = yield* sent
      yield* decide("hit")
      world.waiting = 1
      expect(yield* Effect.flip(amend(id))).toMatchObject({ reason: "postpone" })
      expect(world.edits).toEqual([])
    })
  )

  it.effect("ends quietly where the message cannot be amended, and is tried again where the channel is away", () =>
    Effect.gen(function* () {
      const { decide, id } = yield* sent
      yield* decide("hit")
      world.answer = () => channelError("unavailable")
      expect(yield* Effect.flip(amend(id))).toMatchObject({ reason: "retry" })
      expect(yield* stateOf(id)).toEqual({ amendment: "pending" })
      world.answer = () => channelError("refused")
      expect(Exit.isSuccess(yield* Effect.exit(amend(id)))).toBe(true)
      expect(yield* stateOf(id)).toEqual({ amendment: "failed" })
    })
  )

  it.effect("waits for an alert that is being sent and does not tell its verdict yet", () =>
    Effect.gen(function* () {
      yield* sent
      const id = "under way"
      const [trigger = assert.fail()] = yield* fire([expecting("total goals >= 1")], [{ id }])
      world.waiting = 1
      const [open = assert.fail()] = yield* openOn(id)
      yield* (yield* OutcomeStore).resolve([verdictOn(open, "hit")])
      expect(yield* Effect.flip(amend(trigger.id))).toMatchObject({ reason: "postpone" })
      yield* (yield* TriggerStore).sent(trigger.id, 1, receipt)
      world.waiting = 0
      yield* amend(trigger.id)
      expect(world.edits).toMatchObject([{ trigger: { outcome: { verdict: "hit" } } }])
    })
  )
})
