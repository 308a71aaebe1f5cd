import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Dedup } from "../../src/dedup/Dedup.ts"
import { answersWithin } from "../../src/dedup/unfailing.ts"
import { Scanner } from "../../src/scan/Scanner.ts"
import { Logs } from "../fixtures/logs.ts"
import { newStrategy, shown } from "../fixtures/pipeline.ts"
import { World } from "./World.ts"

type Does = Partial<Pick<Dedup["Service"], "remember" | "unknown">>

const broke = Effect.die(new Error("the cache is closed"))

const ways: ReadonlyArray<readonly [what: string, does: Does]> = [
  ["breaks when it is asked", { unknown: () => broke }],
  ["breaks when it is told", { remember: () => broke }],
  [
    "throws",
    {
      unknown: () => {
        throw new Error("the cache is closed")
      }
    }
  ],
  ["does not answer when it is asked", { unknown: () => Effect.never }],
  ["does not answer when it is told", { remember: () => Effect.never }]
]

describe("A Dedup of a program of one's own", () => {
  it.effect.each(ways)("that %s costs no trigger and no tick, and is told of once", ([, does]) => {
    const world = new World(newStrategy())
    const mine = Dedup.of({
      name: "mine",
      ttl: Duration.hours(2),
      unknown: Effect.succeed,
      remember: () => Effect.void,
      ...does
    })
    const scanned = Effect.gen(function* () {
      const scanner = yield* Scanner
      const scanning = yield* Effect.forkChild(scanner.scan)
      yield* TestClock.adjust(Duration.times(answersWithin, 3))
      assert.isDefined(scanning.pollUnsafe(), "the scan waits for dedup still")
      return yield* Fiber.join(scanning)
    })
    return Effect.gen(function* () {
      assert.strictEqual((yield* scanned).triggers, 1)
      world.show(shown(), shown({ id: "another" }))
      assert.strictEqual((yield* scanned).triggers, 1)
      assert.lengthOf(world.offered, 2)
      const { lines } = yield* Logs
      const told = (yield* lines()).filter(({ level }) => level === "WARN")
      assert.deepStrictEqual(
        told.map(({ message }) => message),
        [does.unknown === undefined ? "dedup remembers nothing" : "dedup does not answer; the database decides alone"]
      )
    }).pipe(
      Effect.provide(
        Layer.fresh(Scanner.layer).pipe(
          Layer.provide(Layer.succeed(Dedup, mine)),
          Layer.provideMerge(world.surroundings)
        )
      )
    )
  })

  it.effect("that names pairs of which it was not asked makes no others fire", () => {
    const world = new World(newStrategy())
    const mine = Dedup.of({
      name: "mine",
      ttl: Duration.hours(2),
      unknown: (pairs) => Effect.succeed([...pairs, { strategyId: "s", matchId: "m" }]),
      remember: () => Effect.void
    })
    return Effect.gen(function* () {
      assert.strictEqual((yield* (yield* Scanner).scan).triggers, 1)
    }).pipe(
      Effect.provide(
        Layer.fresh(Scanner.layer).pipe(
          Layer.provide(Layer.succeed(Dedup, mine)),
          Layer.provideMerge(world.surroundings)
        )
      )
    )
  })
})
