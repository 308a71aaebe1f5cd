/** What every layer of FeedMemory must do. */
import { expect, layer } from "@effect/vitest"
import { Duration, Effect, type Layer } from "effect"
import { FeedMemory } from "../../src/feed/FeedMemory.ts"
import { unused } from "../fixtures/pipeline.ts"

const day = Duration.days(1)

export const feedMemoryContract = <E>(name: string, memory: Layer.Layer<FeedMemory, E>) =>
  layer(memory)(`${name} is a FeedMemory`, (it) => {
    it.effect("that recalls what was kept, by name, and nothing else", () =>
      Effect.gen(function* () {
        const { keep, recall } = yield* FeedMemory
        const feed = `feed-${unused()}`
        expect(yield* recall(feed, ["a"])).toEqual({})
        yield* keep(feed, { a: { price: 1.5 }, b: null }, day)
        yield* keep(`${feed}-other`, { c: 1 }, day)
        expect(yield* recall(feed, ["a", "b", "c"])).toEqual({ a: { price: 1.5 }, b: null })
        expect(yield* recall(feed, [])).toEqual({})
      })
    )

    it.effect("that keeps the last value of a name", () =>
      Effect.gen(function* () {
        const { keep, recall } = yield* FeedMemory
        const feed = `feed-${unused()}`
        yield* keep(feed, { a: 1, b: 1 }, day)
        yield* keep(feed, { a: 2 }, day)
        expect(yield* recall(feed, ["a", "b"])).toEqual({ a: 2, b: 1 })
      })
    )

    it.effect("that takes more notes at once than one call does", () =>
      Effect.gen(function* () {
        const { keep, recall } = yield* FeedMemory
        const feed = `feed-${unused()}`
        const names = Array.from({ length: 450 }, (_, index) => `n${index}`)
        yield* keep(feed, Object.fromEntries(names.map((each) => [each, each])), day)
        expect(Object.keys(yield* recall(feed, names))).toHaveLength(450)
      })
    )

    it.effect("that forgets what has expired", () =>
      Effect.gen(function* () {
        const { keep, recall } = yield* FeedMemory
        const feed = `feed-${unused()}`
        yield* keep(feed, { gone: 1 }, Duration.zero)
        yield* keep(feed, { there: 1 }, day)
        expect(yield* recall(feed, ["gone", "there"])).toEqual({ there: 1 })
      })
    )
  })
