import { assert, describe, it } from "@effect/vitest"
import { matchLine, shownBy } from "../../src/cli/matches.ts"
import { shown } from "../fixtures/pipeline.ts"

describe("touchline matches", () => {
  it("shows each match on a line, with the figures that the feed gives, and counts what cannot be read", () => {
    const { dropped, snapshots } = shownBy({
      at: 0,
      matches: [
        shown({ statistics: { corners: { home: 1, away: 2 } }, odds: { draw: 3 } }),
        shown({ minute: 0, status: "postponed" }),
        null
      ]
    })
    assert.strictEqual(dropped, 1)
    assert.deepStrictEqual(snapshots.map(matchLine), [
      "60'  0-0  Brazil v Belgium (World Cup): corners, odds.draw",
      "postponed  0-0  Brazil v Belgium (World Cup): no figures"
    ])
  })
})
