import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { filled } from "../scripts/readme.ts"

describe("README.md", () => {
  it("shows settings, strategy and feed as they stand (npm run docs brings it up to date)", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
    assert.strictEqual(readme, filled(readme))
    assert.include(readme, "| `POLL_INTERVAL` | `15000` |")
  })
})
