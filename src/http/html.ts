/**
 * HTML as values: `` html`<p>${name}</p>` ``. What is put into it is text and is escaped, in elements and in quoted
 * attributes alike, unless it is HTML itself. Nothing may be put into scripts, styles or unquoted attributes.
 */

/** HTML that may stand as it is. Only the tag below makes it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What may be put into HTML. Nothing stands for `false`, `null` and `undefined`; lists stand one after the other. */
export type Content = Html | string | number | bigint | false | null | undefined | ReadonlyArray<Content>

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;"
}

/** A text as HTML shows it. */
export const escaped = (text: string): string => text.replace(/[&<>"'`]/g, (character) => entities[character] ?? "")

const written = (content: Content): string => {
  if (content === false || content === null || content === undefined) return ""
  if (content instanceof Html) return content.text
  if (typeof content === "object") return content.map(written).join("")
  return typeof content === "string" ? escaped(content) : String(content)
}

/** Makes HTML of a template. */
export const html = (template: TemplateStringsArray, ...contents: ReadonlyArray<Content>): Html => {
  let text = ""
  for (let index = 0; index < template.length; index++) text += `${template[index]}${written(contents[index])}`
  return new Html(text)
}
