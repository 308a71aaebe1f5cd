import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { moment } from "../../src/domain/Timeline.ts"
import { evaluate, evaluateCondition } from "../../src/rules/evaluate.ts"
import { decodeStrategyFile } from "../../src/rules/files/StrategyFile.ts"
import { type Scene, snapshot, viewOf } from "./scene.ts"

const directory = new URL("../../examples/strategies/", import.meta.url)
const files = readdirSync(directory).toSorted()

const sample = (file: string) =>
  Result.getOrThrow(decodeStrategyFile(file, readFileSync(new URL(file, directory), "utf8")))

const sides = (home: number, away: number) => ({ home, away })

/** For each sample a stretch of a match on which it fires, and what the match must come to for its expectation. */
const stories: Record<string, { readonly fires: ReadonlyArray<Scene>; readonly hit: Scene; readonly miss: Scene }> = {
  "favourite-behind.yaml": {
    fires: [
      { minute: 10, statistics: { possession: sides(66, 34), shots_on_target: sides(0, 1) } },
      {
        minute: 40,
        score: sides(0, 1),
        statistics: { possession: sides(64, 36), shots_on_target: sides(2, 1) }
      }
    ],
    hit: { minute: 90, score: sides(1, 1) },
    miss: { minute: 90, score: sides(0, 1) }
  },
  "goals-after-the-break.yaml": {
    fires: [
      { minute: 30, score: sides(1, 0), statistics: { shots: sides(4, 2), shots_on_target: sides(2, 1) } },
      { minute: 45, score: sides(1, 0), statistics: { shots: sides(6, 4), shots_on_target: sides(3, 2) } },
      { minute: 46, score: sides(1, 0), statistics: { shots: sides(6, 4), shots_on_target: sides(3, 2) } }
    ],
    hit: { minute: 90, score: sides(2, 1) },
    miss: { minute: 90, score: sides(2, 0) }
  },
  "home-side-strikes-back.yaml": {
    fires: [
      { minute: 40, score: sides(0, 1), statistics: { shots: sides(3, 6) } },
      { minute: 60, score: sides(0, 1), statistics: { shots: sides(8, 7) } }
    ],
    hit: { minute: 90, score: sides(1, 1) },
    miss: { minute: 90, score: sides(0, 2) }
  },
  "late-pressure-no-reward.yaml": {
    fires: [
      { minute: 50, statistics: { shots_on_target: sides(2, 2), corners: sides(3, 2) } },
      { minute: 70, statistics: { shots_on_target: sides(5, 2), corners: sides(6, 3) } }
    ],
    hit: { minute: 90, score: sides(1, 0) },
    miss: { minute: 90, score: sides(0, 0) }
  },
  "open-first-half.yaml": {
    fires: [{ minute: 20, statistics: { shots: sides(4, 3), shots_on_target: sides(2, 1) } }],
    hit: { minute: 45, score: sides(0, 1) },
    miss: { minute: 45, score: sides(0, 0) }
  },
  "tempers-fray.yaml": {
    fires: [
      {
        minute: 35,
        statistics: { fouls: sides(5, 4), yellow_cards: sides(0, 0), red_cards: sides(0, 0) }
      },
      {
        minute: 50,
        statistics: { fouls: sides(9, 8), yellow_cards: sides(0, 0), red_cards: sides(0, 1) }
      }
    ],
    hit: { minute: 90, statistics: { yellow_cards: sides(1, 1) } },
    miss: { minute: 90, statistics: { yellow_cards: sides(1, 0) } }
  }
}

describe("the sample strategies", () => {
  it("are all told a story of", () => {
    expect(files).toEqual(Object.keys(stories))
  })

  it.each(files)("%s decodes, and says why someone would use it", (file) => {
    expect(sample(file).description?.length).toBeGreaterThan(40)
    expect(sample(file).active).toBe(true)
  })

  it.each(Object.entries(stories))("%s fires where it should", (file, { fires }) => {
    expect(evaluate(sample(file), viewOf(...fires))).toHaveLength(sample(file).when.length)
  })

  it.each(files)("%s does not fire on a match in which nothing happens", (file) => {
    for (const minute of [1, 30, 45, 46, 70, 90]) expect(evaluate(sample(file), viewOf({ minute }))).toBeUndefined()
  })

  it.each(Object.entries(stories))(
    "%s is right about a match that goes its way, and wrong about another",
    (file, story) => {
      const { expect: expectation } = sample(file)
      const trigger = moment(snapshot(story.fires.at(-1)))
      const judged = (end: Scene) =>
        expectation && evaluateCondition(expectation, { ...viewOf(...story.fires, end), trigger }) !== undefined
      expect([judged(story.hit), judged(story.miss)]).toEqual([true, false])
    }
  )
})
