/** What every layer of Dedup must do. Time is the TestClock's; a layer whose store keeps time itself says how to pass it. */
import { expect, layer } from "@effect/vitest"
import { Duration, Effect, type Layer } from "effect"
import { TestClock } from "effect/testing"
import { Dedup } from "../../src/dedup/Dedup.ts"
import type { Pair } from "../../src/domain/Trigger.ts"
import { unused } from "../fixtures/pipeline.ts"

const pair = (): Pair => ({ strategyId: "1", matchId: `match-${unused()}` })

export interface DedupContractOptions<E, Store> {
  /** The layer, for a time to live; with its store, if time passes there too. */
  readonly layer: (options: { readonly ttl: Duration.Duration }) => Layer.Layer<Dedup | Store, E>
  /** Lets time pass for the layer. Default: on the TestClock. */
  readonly pass?: (duration: Duration.Duration) => Effect.Effect<void, never, Store>
}

const ttl = Duration.hours(2)
const oneSecond = Duration.seconds(1)
const almost = Duration.subtract(ttl, oneSecond)

export const dedupContract = <E, Store = never>(
  name: string,
  { layer: dedupLayer, pass = TestClock.adjust }: DedupContractOptions<E, Store>
) =>
  layer(dedupLayer({ ttl }))(`${name} is a Dedup`, (it) => {
    it.effect("that knows no pair before it was told", () =>
      Effect.gen(function* () {
        const dedup = yield* Dedup
        const pairs = [pair(), pair()]
        expect(yield* dedup.unknown(pairs)).toEqual(pairs)
        expect(yield* dedup.unknown(pairs)).toEqual(pairs)
      })
    )

    it.effect("that knows the pairs it was told, and no other", () =>
      Effect.gen(function* () {
        const dedup = yield* Dedup
        const known = pair()
        yield* dedup.remember([known])
        const otherStrategy = { ...known, strategyId: "2" }
        expect(yield* dedup.unknown([known, otherStrategy])).toEqual([otherStrategy])
      })
    )

    it.effect("that leaves out what it knows of a batch and keeps the order of the rest", () =>
      Effect.gen(function* () {
        const dedup = yield* Dedup
        const batch = Array.from({ length: 6 }, pair)
        yield* dedup.remember(batch.filter((_, index) => index % 3 === 1))
        const backwards = batch.toReversed()
        expect(yield* dedup.unknown(batch)).toEqual(batch.filter((_, index) => index % 3 !== 1))
        expect(yield* dedup.unknown(backwards)).toEqual(backwards.filter((_, index) => index % 3 !== 1))
      })
    )

    it.effect("that has nothing to do with an empty batch", () =>
      Effect.gen(function* () {
        const dedup = yield* Dedup
        yield* dedup.remember([])
        expect(yield* dedup.unknown([])).toEqual([])
      })
    )

    it.effect("that forgets a pair when its time to live has passed, and not before", () =>
      Effect.gen(function* () {
        const dedup = yield* Dedup
        const known = pair()
        yield* dedup.remember([known])
        yield* pass(almost)
        expect(yield* dedup.unknown([known])).toEqual([])
        yield* pass(oneSecond)
        expect(yield* dedup.unknown([known])).toEqual([known])
      })
    )

    it.effect("that counts the time to live anew when a pair is remembered again", () =>
      Effect.gen(function* () {
        const dedup = yield* Dedup
        const [renewed, not] = [pair(), pair()]
        yield* dedup.remember([renewed, not])
        yield* pass(almost)
        yield* dedup.remember([renewed])
        yield* pass(oneSecond)
        expect(yield* dedup.unknown([renewed, not])).toEqual([not])
        yield* pass(almost)
        expect(yield* dedup.unknown([renewed])).toEqual([renewed])
      })
    )
  })
