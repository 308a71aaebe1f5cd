import { assert, describe, it } from "@effect/vitest"
import { table } from "../../src/cli/report.ts"

describe("A table", () => {
  it("keeps a name on its line, and what would steer a terminal out of it", () => {
    assert.strictEqual(
      table(["strategy", "hits"], [["\u001b[31mEvil\nname", "3"]]),
      ["strategy        hits", "--------------  ----", "\u241b[31mEvil name  3"].join("\n")
    )
  })
})
