import { assert, describe, it } from "@effect/vitest"
import { matchLine, shownBy } from "../../src/cli/matches.ts"
import { shown } from "../fixtures/pipeline.ts"

describe("touchline matches", () => {
  it("shows each match on a line, with the figures that the feed gives and those that it lacks, and counts what cannot be read or comes twice", () => {
    const { dropped, snapshots } = shownBy({
      at: 0,
      matches: [
        shown({ statistics: { corners: { home: 1, away: 2 } }, odds: { draw: 3 } }),
        shown({ id: "8", minute: 0, status: "postponed" }),
        shown({ id: "9", statistics: { tackles: { home: 1, away: 2 } } }),
        shown({ id: "10", statistics: { saves: { home: 1, away: 2 } }, status: "finished", minute: 90 }),
        shown({ id: "10", minute: 89 }),
        null
      ]
    })
    assert.strictEqual(dropped, 2)
    assert.deepStrictEqual(snapshots.map(matchLine(snapshots)), [
      "60'  0-0  Brazil v Belgium (World Cup): corners, odds.draw; lacks odds.win, possession, prematch.position, shots, shots_on_target, tackles, yellow_cards",
      "postponed  0-0  Brazil v Belgium (World Cup): no figures",
      "60'  0-0  Brazil v Belgium (World Cup): tackles; lacks corners, odds.draw, odds.win, possession, prematch.position, shots, shots_on_target, yellow_cards",
      "finished  0-0  Brazil v Belgium (World Cup): saves"
    ])
  })
})
