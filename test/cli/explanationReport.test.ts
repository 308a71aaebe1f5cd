import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { explanationJson, explanationText } from "../../src/cli/explanationReport.ts"
import { explainMatch } from "../../src/rules/explain/nearMisses.ts"
import { parseCondition } from "../../src/rules/language/parse.ts"
import { viewOf } from "../rules/scene.ts"

/** What is told of a match with polls at these minutes. */
const told = (text: string, minutes: ReadonlyArray<number>): string => {
  const strategy = { name: "A strategy", when: [Result.getOrThrow(parseCondition(text))] as const, active: true }
  const { best, minutes: all } = explainMatch(
    strategy,
    minutes.map((minute) => viewOf({ minute }))
  )
  const [shown] = all
  assert.isDefined(shown)
  if (shown === undefined) return ""
  const explained = { strategy, asked: undefined, shown, best, outcome: undefined }
  const { closest, held } = explanationJson(explained)
  return `${explanationText(explained)} ${[...held, ...closest].map(({ minute }) => minute).join(" ")}`
}

describe("An explanation", () => {
  it("names each minute once, however many polls were in it", () => {
    const polls = [61, 61, 61, 62, 62, 70, 70]
    assert.include(
      told("total goals >= 1", polls),
      "They came closest at 61' to 62', 70', with 1 of 1 failing. 61 62 70"
    )
    assert.include(told("minute = 61", polls), "All conditions held at 61'. 61")
  })
})
