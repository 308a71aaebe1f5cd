import { assert, describe, it } from "@effect/vitest"
import { judgeSeen, type Seen, seenOf } from "../../../src/backtest/Recording.ts"
import { matchMinuteLabel } from "../../../src/domain/Snapshot.ts"
import { moment } from "../../../src/domain/Timeline.ts"
import { seeded } from "../../../src/feed/simulated/SimulatedMatch.ts"
import { decide } from "../../../src/rules/expect/decide.ts"
import { condition, match, randomMatch, recordingFrom } from "../../backtest/recordings.ts"
import type { FixtureMatch } from "../../fixtures/wyscout.ts"
import { generator } from "../generated.ts"

const at = ({ views }: Seen, minute: number): number =>
  views.findIndex(({ snapshot }) => snapshot.clock.minute === minute)

/** `hit 67`, `miss 90+2`: what an expectation came to for a trigger at that minute, and when that was settled. */
const judged = (played: FixtureMatch, minute: number, expect: string): string => {
  const seen = seenOf(recordingFrom(played))
  const { decidedAt, result } = judgeSeen(seen, condition(expect), at(seen, minute))
  return decidedAt === undefined ? result : `${result} ${matchMinuteLabel(decidedAt)}`
}

const goals = (...minutes: ReadonlyArray<number>) =>
  minutes.map((minute) => ({ minute, team: "home", what: "goal" }) as const)

describe("The expectation of a trigger", () => {
  const late = match([...goals(30, 67), { minute: 90, added: 3, team: "away", what: "goal" }])
  const extra = match(goals(50, 95, 118), { "1H": 46, "2H": 48, E1: 16, E2: 17 })

  it.each<[string, FixtureMatch, number, string, string]>([
    ["is a hit at the minute that makes it certain", late, 40, "total goals since trigger >= 1", "hit 67"],
    ["is settled at its trigger when it holds for good by then", late, 70, "home goals >= 2", "hit 70"],
    ["counts nothing of the trigger's own minute", late, 67, "home goals since trigger >= 1", "miss 90+3"],
    ["is open to the end of added time", late, 70, "away goals since trigger >= 1", "hit 90+3"],
    ["is a miss at the minute that rules it out", late, 40, "total goals <= 1", "miss 67"],
    ["of the first half is settled when the second begins", late, 10, "total goals in first half <= 1", "hit 46"],
    ["of regulation time does not count extra time", extra, 60, "total goals >= 2", "miss 90+3"],
    ["of a trigger in extra time is judged at its end", extra, 100, "total goals since trigger >= 1", "hit 118"],
    ["of a trigger in extra time is open to that end", extra, 100, "total goals = 3", "hit 120+2"]
  ])("%s", (_, played, minute, expect, expected) => {
    assert.strictEqual(judged(played, minute, expect), expected)
  })

  it("is undecided in a match that was not played to the end", () => {
    assert.strictEqual(judged(match(goals(10), { "1H": 30 }), 20, "total goals >= 1"), "undecided")
  })

  it("is undecided where there is none", () => {
    const seen = seenOf(recordingFrom(late))
    assert.deepStrictEqual(judgeSeen(seen, undefined, 10), { result: "undecided", decidedAt: undefined, missing: [] })
  })

  it("is missed where a value does not exist at the end, and says which", () => {
    const seen = seenOf(recordingFrom(late))
    const missing = (expect: string) => judgeSeen(seen, condition(expect), 10)
    assert.deepInclude(missing("favourite goals > underdog goals"), {
      result: "miss",
      missing: ["no pre-match odds, so no favourite"]
    })
    assert.deepInclude(missing("any: favourite goals >= 1 | total goals >= 9"), { result: "miss", missing: [] })
    assert.deepInclude(missing("any: favourite goals >= 1 | total goals >= 3"), { result: "hit", missing: [] })
  })

  it("is decided at the first minute at which nothing can change it, whatever is expected of whatever match", () => {
    const { strategy } = generator(seeded("expectations"))
    for (let number = 0; number < 15; number++) {
      const seen = seenOf(recordingFrom(randomMatch(`judged ${number}`)))
      const { views } = seen
      for (const expect of Array.from({ length: 20 }, () => strategy("any").when).flat()) {
        for (const fired of [0, 30, 60, views.length - 1]) {
          const { decidedAt, result } = judgeSeen(seen, expect, fired)
          const view = views[fired]
          if (view === undefined) continue
          const trigger = moment(view.snapshot)
          // Undefined for all views: it was open to the end, where `judge` asks the evaluator.
          const first = views.slice(fired).find((each) => decide(expect, { ...each, trigger }) !== undefined)
          if (first === undefined) continue
          const { added, minute, period } = first.snapshot.clock
          assert.strictEqual(decide(expect, { ...first, trigger }), result)
          assert.deepStrictEqual(decidedAt, { period, minute, added })
        }
      }
    }
  })
})
