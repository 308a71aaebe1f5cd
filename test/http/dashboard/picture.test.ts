import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Snapshot } from "../../../src/domain/Snapshot.ts"
import { Picture } from "../../../src/http/dashboard/Picture.ts"
import { Onlooker } from "../../../src/scan/Onlooker.ts"
import { snapshotOf } from "../../fixtures/pipeline.ts"

/** A picture, and what tells it of scans. */
const making = Effect.gen(function* () {
  const context = yield* Layer.build(Picture.layer)
  const onlooker = yield* Effect.provide(Onlooker, context)
  const { live, others } = Context.get(context, Picture)
  const scan = (snapshots: ReadonlyArray<Snapshot>) =>
    onlooker.judged({
      snapshots,
      timelines: new Map(),
      views: snapshots.map((snapshot) => ({ snapshot, timeline: [] })),
      created: [],
      nearby: (views) => views.map(() => ({ count: 0, misses: [] }))
    })
  const shown = Effect.gen(function* () {
    return {
      live: (yield* live).map(({ look }): string => look.snapshot.match.id),
      others: (yield* others(10)).map(({ snapshot }): string => snapshot.match.id)
    }
  })
  return { observe: onlooker.observed, scan, shown }
})

const inPlay = (id: string) => snapshotOf({ id, minute: 60 })

describe("Picture", () => {
  it.effect("shows a match once: in play, or not in play once no scan has shown it for two minutes", () =>
    Effect.gen(function* () {
      const { scan, shown } = yield* making
      yield* scan([inPlay("1")])
      yield* TestClock.adjust("90 seconds")
      yield* scan([inPlay("2")])
      assert.deepStrictEqual(yield* shown, { live: ["1", "2"], others: [] })
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(yield* shown, { live: ["2"], others: ["1"] })
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(yield* shown, { live: [], others: ["1", "2"] })
    }).pipe(Effect.scoped)
  )

  it.effect("takes a match from those in play when the feed shows its end, though no scan has judged it since", () =>
    Effect.gen(function* () {
      const { observe, scan, shown } = yield* making
      yield* scan([inPlay("1"), inPlay("2")])
      assert.deepStrictEqual(yield* shown, { live: ["1", "2"], others: [] })
      yield* observe([snapshotOf({ id: "1", minute: 90, status: "finished" }), inPlay("2")])
      assert.deepStrictEqual(yield* shown, { live: ["2"], others: ["1"] })
    }).pipe(Effect.scoped)
  )
})
