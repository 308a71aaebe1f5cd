import { assert, describe, it } from "@effect/vitest"
import { dedupKey } from "../../src/domain/Trigger.ts"

describe("The key of a pair", () => {
  it("is what Redis deployments know, for ids that are numbers or UUIDs", () => {
    const strategyId = "00000000-0000-4000-8000-000000000001"
    assert.strictEqual(dedupKey({ strategyId, matchId: "19" }), `dedup:${strategyId}:19`)
  })

  it("is no other pair's, whatever characters the ids hold", () => {
    const ids = ["u1", "u1:late", "late:sr:7", "sr:7", "u1%3Alate", "u1%253Alate", "%", ":", ""]
    const keys = ids.flatMap((strategyId) => ids.map((matchId) => dedupKey({ strategyId, matchId })))
    assert.strictEqual(new Set(keys).size, ids.length ** 2)
  })
})
