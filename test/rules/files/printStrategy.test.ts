import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { printStrategy } from "../../../src/rules/files/printStrategy.ts"
import { decodeStrategyFile } from "../../../src/rules/files/StrategyFile.ts"
import { normalStrategy } from "../../../src/rules/language/normal.ts"
import { strategies } from "../arbitraries.ts"

const decode = (text: string) => Result.getOrThrow(decodeStrategyFile("x.yaml", text))

const late = `name: "Late pressure: no reward"
description: >-
  One side has laid siege to the goal and the score does not show it yet: the price of a late goal is at its best while
  the pressure is on.
competitions: [364, wc, "007"]
when:
  - minute >= 70
  - any:
      - favourite goals < underdog goals
      - leading red_cards at half-time >= 1
expect: total goals since trigger >= 1
active: false
`

describe("a strategy in its normal form", () => {
  it("is a file that people could have written", () => {
    expect(printStrategy(decode(late))).toBe(late)
  })

  it("says nothing that goes without saying", () => {
    const text = "name: Late\nwhen:\n  - minute >= 70\n"
    expect(printStrategy(decode(`${text}active: true\n`))).toBe(text)
  })

  it("may expect one of several things", () => {
    const text = "name: x\nwhen:\n  - minute >= 70\nexpect:\n  any:\n    - home goals = 0\n    - away goals = 0\n"
    expect(printStrategy(decode(text))).toBe(text)
  })

  it.each(["yes", "null", "12", "1:30", "- x", "a: b", "a #b", "#", "'", '"', "x ", "*a", "[", "né", "0x1f"])(
    "keeps the name %j",
    (name) => {
      const strategy = { ...decode(late), name }
      expect(decode(printStrategy(strategy))).toEqual(strategy)
    }
  )

  it("keeps characters that would steer a terminal, and shows none of them", () => {
    const strategy = { ...decode(late), name: "a\u001b[31mb\u202ec\u{e0001}" }
    expect(printStrategy(strategy)).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
    expect(decode(printStrategy(strategy))).toEqual(strategy)
  })

  it.prop(
    "decodes to the same strategy, whatever its conditions and texts",
    [strategies],
    ([strategy]) => {
      expect(decode(printStrategy(strategy))).toEqual(normalStrategy(strategy))
    },
    { arbitrary: { runs: 300 } }
  )
})

describe("the samples", () => {
  const written = new URL("../../../examples/strategies/", import.meta.url)
  const structured = new URL("../../fixtures/structured-strategies/", import.meta.url)
  const sample = (file: string, directory: URL) => decode(readFileSync(new URL(file, directory), "utf8"))

  it.each(readdirSync(structured))("%s says in the written language what it says in the structured form", (file) => {
    expect(sample(file, written)).toEqual(sample(file, structured))
  })

  it.each(readdirSync(structured))("%s is in normal form, comments aside", (file) => {
    const text = readFileSync(new URL(file, written), "utf8")
    expect(printStrategy(sample(file, written))).toBe(text.replaceAll(/^ *#.*\n/gm, ""))
  })
})
