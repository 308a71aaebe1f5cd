import { describe, expect, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { problemsOf, problemText } from "../../src/domain/problems.ts"

const Settings = Schema.Struct({
  name: Schema.NonEmptyString,
  level: Schema.Literals(["low", "high"]),
  limits: Schema.optionalKey(Schema.Array(Schema.Struct({ least: Schema.Finite }))),
  shape: Schema.optionalKey(
    Schema.Union([Schema.Struct({ round: Schema.Finite }), Schema.Struct({ long: Schema.Finite, wide: Schema.Finite })])
  )
})

const decode = Schema.decodeUnknownResult(Settings, { errors: "all", onExcessProperty: "error", reportInput: true })

const problems = (input: unknown) =>
  Result.match(decode(input), { onFailure: ({ issue }) => problemsOf(issue), onSuccess: () => [] })

const good = { name: "a", level: "low" }

describe("the problems of an input", () => {
  it("are none when it is as it should be", () => {
    expect(problems(good)).toEqual([])
  })

  it("of the input itself have no path", () => {
    expect(problems(5)).toEqual([{ path: "", message: "must be a mapping with name, level, limits, shape, got 5" }])
  })

  it.each([
    ["a key that is missing", { level: "low" }, "name", "is missing"],
    ["a value of another type", { ...good, name: 5 }, "name", "must be text, got 5"],
    [
      "a word that is not taken",
      { ...good, level: "hgh" },
      "level",
      'must be one of low, high, got "hgh" (did you mean high?)'
    ],
    ["a key that is not known", { ...good, nme: 1 }, "nme", "is not a key here (did you mean name?)"],
    [
      "a key like no other",
      { ...good, colour: 1 },
      "colour",
      "is not a key here; the keys are name, level, limits, shape"
    ],
    [
      "a place in a list",
      { ...good, limits: [{ least: 1 }, { least: "x" }] },
      "limits[1].least",
      'must be a number, got "x"'
    ],
    ["the form that it resembles most", { ...good, shape: { long: 1 } }, "shape.wide", "is missing"],
    [
      "no form at all",
      { ...good, shape: true },
      "shape",
      "must be a mapping with round or a mapping with long, wide, got true"
    ]
  ])("name %s", (_, input, path, message) => {
    expect(problems(input)).toContainEqual({ path, message })
  })

  it("cut a long value short", () => {
    expect(problems({ ...good, level: "x".repeat(500) })[0]?.message.length).toBeLessThan(150)
  })

  it("stand on one line", () => {
    const text = Result.match(decode({ name: 5 }), {
      onFailure: ({ issue }) => problemText(issue),
      onSuccess: () => ""
    })
    expect(text).toBe("name: must be text, got 5; level: is missing")
  })
})
