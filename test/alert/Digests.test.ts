import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { AlertChannel, type ChannelError } from "../../src/alert/AlertChannel.ts"
import { layerDigests } from "../../src/alert/Digests.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { Receipt } from "../../src/domain/Alert.ts"
import { TriggerId } from "../../src/domain/Trigger.ts"
import { quiet } from "../fixtures/logs.ts"

const digest = { chat: "42", ids: [TriggerId.make("t1")], alerts: [] }

const ways: ReadonlyArray<readonly [what: string, answer: () => Effect.Effect<Receipt, ChannelError>]> = [
  ["breaks", () => Effect.die(new Error("the channel is closed"))],
  [
    "throws",
    () => {
      throw new Error("the channel is closed")
    }
  ],
  ["does not answer", () => Effect.never]
]

describe("A digest of a channel that", () => {
  it.effect.each(ways)("%s is sent at a later look", ([, answer]) => {
    let times = 0
    const told: Array<string> = []
    const channel = AlertChannel.of({
      name: "mine",
      send: () => Effect.never,
      digest: () => {
        times += 1
        return times === 1 ? answer() : Effect.succeed({ channel: "mine", messageId: "9", text: "" })
      }
    })
    const store = Layer.mock(TriggerStore, {
      digests: () => Effect.sync(() => (told.length === 0 ? [digest] : [])),
      digested: (_, outcome) =>
        Effect.sync(() => void told.push("message" in outcome ? outcome.message : outcome.reason))
    })
    return Effect.gen(function* () {
      yield* Layer.build(layerDigests)
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(told, ["9"])
    }).pipe(Effect.provide(Layer.mergeAll(store, Layer.succeed(AlertChannel, channel), quiet)))
  })
})
