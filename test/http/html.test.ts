import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { escaped, html } from "../../src/http/html.ts"

/** What a browser reads where the HTML says this. */
const read = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39|#96);/g, (_, name: string) => {
    const characters: Readonly<Record<string, string>> = {
      amp: "&",
      lt: "<",
      gt: ">",
      quot: '"',
      "#39": "'",
      "#96": "`"
    }
    return characters[name] ?? ""
  })

describe("html", () => {
  it.prop(
    "shows any text as it is, in elements and attributes, and lets none of it become markup",
    [Schema.String],
    ([text]) => {
      const page = html`<p title="${text}">${text}</p>`.text
      const [, title = "", content = ""] = /^<p title="([^"<>]*)">([^"<>]*)<\/p>$/.exec(page) ?? []
      assert.strictEqual(read(title), text)
      assert.strictEqual(read(content), text)
    }
  )

  it("escapes what would end an attribute or an element, in whatever quotes", () => {
    assert.strictEqual(
      escaped(`"><script>alert(1)</script>'\``),
      "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#96;"
    )
  })

  it("takes HTML as it is, lists one after the other, and nothing for nothing", () => {
    const items = ["a", "<b>"].map((text) => html`<li>${text}</li>`)
    assert.strictEqual(
      html`<ul class="${false}">${items}${undefined}${null}${0}</ul>`.text,
      '<ul class=""><li>a</li><li>&lt;b&gt;</li>0</ul>'
    )
  })
})
