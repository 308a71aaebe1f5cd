/**
 * A page: what stands on it, in parts that have ids, and the document around them. When something changes, those who watch the
 * page are sent the parts that did.
 */
import { Html, html } from "../html.ts"

/** A piece of a page: one element, whose id it is. */
export interface Piece {
  readonly id: string
  readonly html: Html
}

/** A part of a page: a piece, or a list of them in an element of its own. Where the same rows stand in it, each is sent by itself. */
export type Part = Piece & { readonly rows?: ReadonlyArray<Piece> }

/** The places that the navigation leads to. */
export const places = [
  { path: "/", name: "Now" },
  { path: "/alerts", name: "Alerts" },
  { path: "/strategies", name: "Strategies" },
  { path: "/system", name: "System" }
] as const
export type Place = (typeof places)[number]["name"]

export interface Page {
  readonly title: string
  /** Where the navigation says that it is. */
  readonly place?: Place
  /** What stands above the parts and does not change while the page is looked at. */
  readonly head?: Html
  readonly parts: ReadonlyArray<Part>
  /** What stands below them. */
  readonly foot?: Html
  /** Whether something on it is about to change without a scan, such as an alert that is under way. */
  readonly isMoving?: boolean
  /** Whether it shows the database alone, and so is as it was until something changes there. */
  readonly isKept?: boolean
}

/** A list as a part: `around` puts the rows into an element that has this id. */
export const list = (id: string, rows: ReadonlyArray<Piece>, around: (rows: ReadonlyArray<Html>) => Html): Part => ({
  id,
  rows,
  html: around(rows.map((row) => row.html))
})

const isSameList = (before: ReadonlyArray<Piece>, now: ReadonlyArray<Piece>): boolean =>
  before.length === now.length && before.every(({ id }, index) => id === now[index]?.id)

/** The pieces that are not as they were. Without a former page: all. */
export const changed = (before: ReadonlyArray<Part> | undefined, now: ReadonlyArray<Part>): ReadonlyArray<Piece> =>
  now.flatMap((part): ReadonlyArray<Piece> => {
    const known = before?.find(({ id }) => id === part.id)
    if (known?.html.text === part.html.text) return []
    const [was, rows] = [known?.rows, part.rows]
    if (was === undefined || rows === undefined || rows.length === 0 || !isSameList(was, rows)) return [part]
    return rows.filter((row, index) => row.html.text !== was[index]?.html.text)
  })

/** Where the page's files are: with a mark that another content would not have. */
export interface Files {
  readonly style: string
  readonly script: string
  /** Another content of any of them has another one. */
  readonly mark: string
}

/** The whole document. `watch` is where its changes are told of. */
export const document = ({ foot, head, parts, place, title }: Page, files: Files, watch: string): Html => {
  const only = (which: string) => parts.filter(({ id }) => id === which).map((part) => part.html)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Touchline</title>
<link rel="stylesheet" href="${files.style}">
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%230f766e'/%3E%3Cpath d='M3 8h10M8 3v10' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E">
<script type="module" src="${files.script}"></script>
</head>
<body data-watch="${watch}" data-files="${files.mark}">
<a class="skip" href="#main">To the content</a>
<header class="top"><a class="brand" href="/">Touchline</a>
<nav aria-label="Pages"><ul>${places.map(
    ({ name, path }) =>
      html`<li><a href="${path}"${name === place ? html` aria-current="page"` : false}>${name}</a></li>`
  )}</ul></nav>
${only("state")}</header>
<main id="main">
${only("troubles")}${head}${parts.filter(({ id }) => id !== "state" && id !== "troubles").map((part) => part.html)}${foot}
</main>
<p id="connection" class="connection" role="status" hidden></p>
</body>
</html>
`
}

/** HTML of nothing. */
export const none = new Html("")
