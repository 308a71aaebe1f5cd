import { assert, describe, it } from "@effect/vitest"
import { makeKnownPairs } from "../../src/dedup/KnownPairs.ts"
import type { Pair } from "../../src/domain/Trigger.ts"

const pair = (matchId: number, strategyId = "1"): Pair => ({ strategyId, matchId: `${matchId}` })

describe("The pairs that a process knows", () => {
  it("are those it was told, each until its time to live has passed", () => {
    const known = makeKnownPairs({ limit: 10, ttl: 100 })
    known.add(pair(1), 1000)
    known.add(pair(2), 1050)
    assert.deepStrictEqual(
      [known.has(pair(1), 1099), known.has(pair(1), 1100), known.has(pair(2), 1100), known.has(pair(1, "2"), 1000)],
      [true, false, true, false]
    )
  })

  it("live anew when they are told again", () => {
    const known = makeKnownPairs({ limit: 10, ttl: 100 })
    known.add(pair(1), 1000)
    known.add(pair(2), 1001)
    known.add(pair(1), 1099)
    assert.deepStrictEqual([known.has(pair(1), 1150), known.has(pair(2), 1150)], [true, false])
    known.add(pair(1), 1150)
    assert.isTrue(known.has(pair(1), 1249))
  })

  it("are never more than it may hold: those told last remain", () => {
    const known = makeKnownPairs({ limit: 100, ttl: 1_000_000 })
    for (let id = 0; id < 1000; id++) known.add(pair(id), 1000 + id)
    const held = Array.from({ length: 1000 }, (_, id) => id).filter((id) => known.has(pair(id), 2000))
    assert.isAtMost(held.length, 100)
    assert.isAtLeast(held.length, 50)
    assert.strictEqual(held.at(-1), 999)
    assert.strictEqual(held[0], 1000 - held.length)
  })
})
