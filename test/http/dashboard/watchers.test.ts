import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, PubSub } from "effect"
import { TestClock } from "effect/testing"
import { ProcessorTime } from "../../../src/http/dashboard/Allowance.ts"
import { Pages } from "../../../src/http/dashboard/Pages.ts"
import { Picture } from "../../../src/http/dashboard/Picture.ts"
import type { Packed } from "../../../src/http/dashboard/packed.ts"
import { WatchedPages, type Watcher } from "../../../src/http/dashboard/WatchedPages.ts"
import { allowed, Watchers } from "../../../src/http/dashboard/Watchers.ts"
import { html } from "../../../src/http/html.ts"

/** Pages each of which takes so many milliseconds of the processor to be made. */
const costing = Effect.fnUntraced(function* (cost: number) {
  let [time, made] = [0, 0]
  const scans = yield* PubSub.sliding<void>(1)
  const pages = Layer.mock(Pages, {
    pageOf: () =>
      Effect.sync(() => {
        time += cost
        made += 1
        return Option.some({ title: "", place: "Now", parts: [{ id: "made", html: html`<p id="made">${made}</p>` }] })
      })
  })
  const watchers = yield* Layer.build(
    Watchers.layer.pipe(
      Layer.provide(
        Layer.mergeAll(
          pages,
          Layer.mock(Picture, { scans, at: () => 0, find: () => undefined, all: () => [] }),
          WatchedPages.layer
        )
      ),
      Layer.provide(Layer.succeed(ProcessorTime, () => time))
    )
  ).pipe(Effect.flatMap((context) => Effect.provide(Watchers, context)))
  const watch = Effect.fnUntraced(function* (address: string) {
    const received: Array<Packed> = []
    const watcher: Watcher = { write: (piece) => void received.push(piece), isFull: () => false, missed: false }
    const joining = yield* watchers.watch(address)
    yield* Option.getOrThrow(joining)(watcher)
    return received
  })
  const scan = Effect.gen(function* () {
    yield* PubSub.publish(scans, undefined)
    yield* TestClock.adjust("15 seconds")
  })
  return { watch, scan, look: watchers.look, spent: () => time, made: () => made }
})

const scansOf = (scan: Effect.Effect<void>, count: number) => Effect.replicateEffect(scan, count, { discard: true })

describe("Bringing pages up to date", () => {
  it.effect(
    "takes no more of the processor for each scan than is allowed, however much is watched, and goes round",
    () =>
      Effect.gen(function* () {
        const { scan, spent, watch } = yield* costing(12)
        const received = yield* Effect.forEach(
          Array.from({ length: 200 }, (_, index) => `/matches/${index % 5}`),
          watch
        )
        const before = spent()
        yield* scansOf(scan, 300)
        assert.isAtMost(spent() - before, 300 * allowed.perScan + allowed.most + 12)
        assert.isAtLeast(spent() - before, 300 * allowed.perScan)
        // Each page had its turns, and all who watch a page were sent the same.
        const counts = received.map(({ length }) => length)
        assert.isAbove(Math.min(...counts), 18)
        assert.isAtMost(Math.max(...counts) - Math.min(...counts), 1)
        assert.strictEqual(received[0]?.at(-1), received[5]?.at(-1))
      }).pipe(Effect.scoped)
  )

  it.effect("is done with every scan where that is little, and at once where somebody has done something", () =>
    Effect.gen(function* () {
      const { look, made, scan, watch } = yield* costing(allowed.perScan)
      const received = yield* watch("/")
      yield* scansOf(scan, 400)
      assert.strictEqual(received.length, 401)
      const dear = yield* costing(1000)
      yield* dear.watch("/")
      yield* dear.scan
      const before = dear.made()
      yield* dear.scan
      assert.strictEqual(dear.made(), before)
      yield* dear.look
      assert.strictEqual(dear.made(), before + 1)
      assert.isAbove(made(), 400)
      yield* look
    }).pipe(Effect.scoped)
  )
})
