import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { mutations } from "../scripts/mutations/list.ts"

describe("The changes of `npm run mutations`", () => {
  it("each replace a text that stands in its file once, and change it", () => {
    const stale = mutations.filter(({ file, put, take }) => {
      const source = readFileSync(new URL(`../${file}`, import.meta.url), "utf8")
      return source.split(take).length !== 2 || put === take
    })
    expect(stale.map(({ file, what }) => `${file}: ${what}`)).toEqual([])
  })
})
