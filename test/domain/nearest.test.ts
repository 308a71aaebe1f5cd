import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { metrics } from "../../src/domain/Metric.ts"
import { didYouMean, nearest } from "../../src/domain/nearest.ts"

describe("the nearest name", () => {
  it.each([
    ["cornrs", "corners"],
    ["CORNERS", "corners"],
    ["gaols", "goals"],
    ["yellow cards", "yellow_cards"],
    ["red-cards", "red_cards"],
    ["accurate_pases", "accurate_passes"],
    ["win_odds", "prematch.win_odds"]
  ])("to %s is %s", (word, name) => {
    expect(nearest(word, metrics.keys())[0]).toBe(name)
  })

  it("is offered alone when the others are further away", () => {
    expect(nearest("OVER_2_GOALS", ["OVER_0_5_GOALS", "OVER_2_5_GOALS", "OVER_1_5_GOALS"])).toEqual(["OVER_2_5_GOALS"])
  })

  it("is any that the word is a part of", () => {
    expect(nearest("btts", ["BTTS_YES", "BTTS_NO", "goals"])).toEqual(["BTTS_NO", "BTTS_YES"])
  })

  it("is among those offered when a shorter name is part of the word", () => {
    expect(nearest("shots_on_targt", metrics.keys())).toContain("shots_on_target")
  })

  it("does not exist when nothing comes close", () => {
    expect(nearest("weather", ["goals", "shots"])).toEqual([])
    expect(didYouMean("weather", ["goals", "shots"])).toBe("")
  })

  it("is the best of at most three", () => {
    expect(nearest("shot", ["shots", "shoots", "short", "slot", "sort"])).toHaveLength(3)
  })

  it("does not exist for a text that is no word, however long, and is not looked for", () => {
    expect(nearest("goals ".repeat(20_000), metrics.keys())).toEqual([])
    expect(nearest("x".repeat(61), ["x".repeat(60)])).toEqual([])
  })

  it.prop(
    "is what is least far away, or what the word is a part of",
    [
      Arbitrary.array(
        Arbitrary.schema(Schema.Literals(["goals", "goal", "gaols", "glas", "shots", "shot", "tosh", "a_b"]))
      )
    ],
    ([words]) => {
      for (const word of words) {
        const [first] = nearest(word, words)
        expect(first).toBe(word)
      }
    }
  )

  it("is asked for in a message", () => {
    expect(didYouMean("lst", ["last", "list", "between"])).toBe(" (did you mean last or list?)")
  })
})
