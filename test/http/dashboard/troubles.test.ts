import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Health, layerHealth } from "../../../src/health/Health.ts"
import { Overview, type Standing } from "../../../src/health/Overview.ts"
import { Troubles, troublesOf } from "../../../src/http/dashboard/Troubles.ts"
import { IsRenewal } from "../../../src/http/dashboard/Unchanged.ts"

const instance = (name: string) => ({ name, version: "1", state: "ok" as const, since: "1970-01-01T00:00:00.000Z" })

const alone: Standing = {
  status: "ok",
  service: "ok",
  pid: 1,
  version: "1",
  parts: [],
  instances: [instance("here:1")],
  scans: []
}

const away = { name: "queue", since: "1970-01-01T00:00:00.000Z", what: "the queue does not answer", reason: "away" }

/** Troubles of a process beside what is told of the whole service; `asked` counts how often that was asked for. */
const troubles = Effect.fnUntraced(function* (standing: Standing) {
  let [asked, followed] = [0, 0]
  let told = standing
  const ask = Effect.sync(() => {
    asked += 1
    return told
  })
  const follow = Effect.sync(() => {
    followed += 1
    return told
  })
  const layer = Layer.provideMerge(
    Troubles.layer,
    Layer.merge(layerHealth, Layer.succeed(Overview, { standing: ask, followed: follow }))
  )
  const context = yield* Layer.build(layer)
  const health = Context.get(context, Health)
  const { changes, known } = Context.get(context, Troubles)
  let heard = 0
  yield* Effect.forkScoped(
    Stream.runForEach(changes, () =>
      Effect.sync(() => {
        heard += 1
      })
    )
  )
  const shown = Effect.map(known, (now) => troublesOf(now).map(({ part, reason, state }) => [part, state, reason]))
  return {
    health,
    shown,
    shownOpen: Effect.provideService(shown, IsRenewal, true),
    /** How often it was asked how all do, by who opens a page and by who has one open. */
    asked: () => [asked, followed],
    /** How often it was heard that something may be broken, or over. */
    heard: Effect.map(TestClock.adjust("1 second"), () => heard),
    tell: (standing: Standing) => {
      told = standing
    }
  }
})

describe("Troubles", () => {
  it.effect("are those of this process as they are now, whatever was told of it before", () =>
    Effect.gen(function* () {
      const { health, shown } = yield* troubles({ ...alone, parts: [{ ...away, state: "down" }] })
      yield* shown
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* shown, [])
      const key = {}
      yield* health.met(key, { part: "feed", state: "down", what: "the feed failed", reason: "gone" })
      assert.deepStrictEqual(yield* shown, [["feed", "down", "the feed failed: gone"]])
      yield* health.over(key)
      assert.deepStrictEqual(yield* shown, [])
    }).pipe(Effect.scoped)
  )

  it.effect("are those of other processes too, the worst of a part", () =>
    Effect.gen(function* () {
      const instances = [instance("here:1"), instance("there:2")]
      const { health, shown, tell } = yield* troubles({
        ...alone,
        instances,
        parts: [{ ...away, state: "degraded", on: "there:2" }]
      })
      yield* shown
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* shown, [["queue", "degraded", "the queue does not answer: away (on there:2)"]])
      yield* health.met({}, { part: "queue", state: "down", what: "no alerts go out", reason: "gone" })
      assert.deepStrictEqual(yield* shown, [["queue", "down", "no alerts go out: gone (on here:1)"]])
      tell({ ...alone, instances, parts: [{ ...away, state: "down", on: "here:1" }] })
      yield* TestClock.adjust("5 seconds")
      yield* shown
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* shown, [["queue", "down", "no alerts go out: gone (on here:1)"]])
    }).pipe(Effect.scoped)
  )

  it.effect("are heard of when they begin, become others and end, and not while they stay as they are", () =>
    Effect.gen(function* () {
      const { health, heard, shownOpen, tell } = yield* troubles(alone)
      const [key, trouble] = [{}, { part: "feed", state: "degraded", what: "the feed failed", reason: "gone" } as const]
      assert.strictEqual(yield* heard, 0)
      yield* health.met(key, trouble)
      assert.strictEqual(yield* heard, 1)
      yield* health.met(key, trouble)
      yield* health.over({})
      assert.strictEqual(yield* heard, 1)
      yield* health.met(key, { ...trouble, state: "down" })
      assert.strictEqual(yield* heard, 2)
      yield* health.over(key)
      assert.strictEqual(yield* heard, 3)
      // And when others are asked how they do.
      yield* shownOpen
      assert.strictEqual(yield* heard, 3)
      tell({
        ...alone,
        parts: [{ ...away, state: "down", on: "there:2" }],
        instances: [instance("here:1"), instance("there:2")]
      })
      yield* TestClock.adjust("15 seconds")
      yield* shownOpen
      assert.strictEqual(yield* heard, 4)
      yield* TestClock.adjust("15 seconds")
      yield* shownOpen
      assert.strictEqual(yield* heard, 4)
    }).pipe(Effect.scoped)
  )

  it.effect("are asked for every 5 s by who opens a page, every 15 s by who has one open, and never by nobody", () =>
    Effect.gen(function* () {
      const { asked, shown, shownOpen } = yield* troubles(alone)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(asked(), [0, 0])
      for (let second = 0; second < 30; second++) {
        yield* shownOpen
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(asked(), [0, 2])
      for (let second = 0; second < 30; second++) {
        yield* shown
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(asked(), [6, 2])
    }).pipe(Effect.scoped)
  )
})
