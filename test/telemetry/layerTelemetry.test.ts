import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { layerTelemetry } from "../../src/telemetry/layerTelemetry.ts"

describe("A collector that takes what it is sent and does not answer", () => {
  it.effect("is told of within seconds, once, and when it answers again", () => {
    const lines: Array<unknown> = []
    const logger = Logger.make(({ message }) => lines.push(...(Array.isArray(message) ? message : [message])))
    const waiting: Array<() => void> = []
    let hangs = true
    const fetching: typeof fetch = () =>
      new Promise((resolve) => {
        const answer = () => resolve(new Response("{}"))
        if (hangs) waiting.push(answer)
        else answer()
      })
    const answers = () => {
      hangs = false
      for (const answer of waiting) answer()
    }
    const telemetry = layerTelemetry({
      endpoint: "http://collector.test",
      headers: Redacted.make({}),
      serviceName: "test"
    }).pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetching)))
    const told = () => lines.filter((line) => String(line).startsWith("the collector"))
    return Effect.gen(function* () {
      yield* Effect.logInfo("something to send")
      const wait = Effect.andThen(
        TestClock.adjust("1 second"),
        Effect.promise(() => new Promise(setImmediate))
      )
      yield* Effect.replicateEffect(wait, 20)
      assert.deepStrictEqual(told(), ["the collector takes no telemetry; what is for it is lost meanwhile"])
      answers()
      yield* Effect.replicateEffect(Effect.andThen(Effect.logInfo("more"), wait), 120)
      assert.deepStrictEqual(told().slice(1), ["the collector takes telemetry again"])
    }).pipe(
      Effect.ensuring(Effect.sync(answers)),
      Effect.provide(Layer.provideMerge(telemetry, Logger.layer([logger])))
    )
  })
})
