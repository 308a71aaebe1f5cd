import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { kernelModule } from "../../scripts/kernel.ts"

describe("The kernel of the rules engine", () => {
  it("is what its source compiles to (npm run kernel brings it up to date)", async () => {
    const url = new URL("../../src/rules/engine/kernelBytes.ts", import.meta.url)
    expect(readFileSync(url, "utf8")).toBe(await kernelModule())
  })
})
