import { existsSync, readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { filled, pages } from "../scripts/readme.ts"

const root = new URL("../", import.meta.url)
const read = (page: string): string => readFileSync(new URL(page, root), "utf8")

const written = [
  "README.md",
  ...[
    "delivery",
    "deploy",
    "extend",
    "feeds",
    "figures",
    "language",
    "operate",
    "outcomes",
    "strategies",
    "troubleshoot"
  ].map((name) => `docs/${name}.md`)
]

describe("The pages", () => {
  it.each(pages)("%s shows what stands elsewhere as it stands there (npm run docs brings it up to date)", (page) => {
    assert.strictEqual(read(page), filled(read(page)))
  })

  it("the README has the settings", () => {
    assert.include(read("README.md"), "| `POLL_INTERVAL` | `15000` |")
  })

  it.each(written)("%s names files that are there", (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, link = ""]) => link)
    const missing = links.filter((link) => !existsSync(new URL(link, new URL(page, root))))
    assert.deepStrictEqual(missing, [])
  })

  it("docs/extend.md says what is in each room", () => {
    const page = read("docs/extend.md")
    const rooms = readdirSync(new URL("src/", root), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    assert.deepStrictEqual(
      rooms.map(({ name }) => name).filter((name) => !page.includes(`\`src/${name}\``)),
      []
    )
  })
})
