import { describe, expect, it } from "@effect/vitest"
import { oneLine } from "../../src/domain/oneLine.ts"

describe("Text from outside as one line", () => {
  it.each([
    ["a\nb\u0007c\u202ed", 200, "a b c d"],
    ["\u200e\u200f", 200, "?"],
    ["Zürich", 4, "Zür…"],
    // Marks that are piled up cover what stands above and below; those of words stay.
    [`e${"\u0301".repeat(4000)}nd`, 200, `e${"\u0301".repeat(8)}`],
    [`e${"\u0301".repeat(199)}nd`, 300, `e${"\u0301".repeat(8)}nd`],
    ["שָׁלוֹם ที่นี่ Việt Nam", 200, "שָׁלוֹם ที่นี่ Việt Nam"]
  ])("%j in %i", (text, limit, line) => {
    expect(oneLine(text, limit)).toBe(line)
  })
})
