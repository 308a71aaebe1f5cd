/**
 * Where things stand in the text of a strategy file. The readers of YAML and JSON answer values without their places;
 * this walks the same text once more, and finds the place of every key and value.
 *
 * It is meant for texts that the reader took, and follows the YAML that the reader knows: block and flow collections,
 * plain, quoted and block scalars, anchors (whose copies have the place of the alias). JSON is YAML in flow form.
 */

/** A part of a text, from the offset `start` up to but without `end`. */
export interface Part {
  readonly start: number
  readonly end: number
}

/** Where a value stands. */
export interface Place extends Part {
  /** How a scalar is written, which decides where its characters are; a collection counts as plain. */
  readonly style: "plain" | "single" | "double" | "block"
  /** The key that the value belongs to, in a mapping. */
  readonly key?: Part
}

/** Places by path, such as `when[0].left.metric`; the path of the whole text is empty. */
export type Places = ReadonlyMap<string, Place>

interface Line {
  readonly start: number
  readonly indent: number
  /** Without its indentation and its line break. */
  readonly text: string
}

const linesOf = (text: string): ReadonlyArray<Line> =>
  Array.from(text.matchAll(/(?<=^|\r\n|\r(?!\n)|\n)\uFEFF?( *)([^\r\n]*)/g), (match) => {
    const [all, spaces = "", content = ""] = match
    const start = match.index + all.length - spaces.length - content.length
    return { start, indent: spaces.length, text: content }
  })

const isEntry = (text: string): boolean => text === "-" || /^-\s/.test(text)

const isIgnored = ({ indent, text }: Line): boolean =>
  /^(#|%|\s*$)/.test(text) || (indent === 0 && /^(---|\.\.\.)\s*$/.test(text))

/** The key with which a text begins, quotes included, and the length up to the end of its colon. */
const keyOf = (text: string): { readonly key: string; readonly length: number } | undefined => {
  const match = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#[\]{}"'&*|>%@`-][^#]*?|-[^\s#][^#]*?)\s*:(?=\s|$)/.exec(text)
  return match?.[1] === undefined ? undefined : { key: match[1], length: match[0].length }
}

const unquoted = (key: string): string => (/^(".*"|'.*')$/s.test(key) ? key.slice(1, -1) : key)

const childPath = (path: string, key: string): string => (path === "" ? unquoted(key) : `${path}.${unquoted(key)}`)

/** The offset after the quote that closes the one at `start`. */
const afterQuoted = (text: string, start: number): number => {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    if (quote === '"' && text[at] === "\\") at++
    else if (text[at] === quote && quote === "'" && text[at + 1] === "'") at++
    else if (text[at] === quote) return at + 1
  }
  return text.length
}

const afterSpace = (text: string, start: number): number => {
  const gap = /(?:\s+|(?<=\s)#[^\r\n]*)*/y
  gap.lastIndex = start
  return start + (gap.exec(text)?.[0].length ?? 0)
}

const styleAt = (text: string, start: number): Place["style"] =>
  text[start] === '"' ? "double" : text[start] === "'" ? "single" : "plain"

type Note = (path: string, place: Place) => void

/** Deeper than any strategy, and safe for the stack: what lies deeper has no place. */
const deepest = 100

/** Notes the places in the flow collection or scalar at `start`, and answers the offset after it. */
const flow = (text: string, start: number, path: string, note: Note, depth: number, key?: Place["key"]): number => {
  const at = afterSpace(text, start)
  const open = text[at]
  const end =
    depth < deepest && (open === "[" || open === "{")
      ? open === "["
        ? flowSequence(text, at + 1, path, note, depth + 1)
        : flowMapping(text, at + 1, path, note, depth + 1)
      : open === '"' || open === "'"
        ? afterQuoted(text, at)
        : afterPlain(text, at, /[,\]}]/g)
  note(path, { start: at, end, style: styleAt(text, at), ...(key === undefined ? undefined : { key }) })
  return end
}

const afterPlain = (text: string, start: number, stop: RegExp): number => {
  stop.lastIndex = start
  const found = stop.exec(text)?.index ?? text.length
  return Math.max(start, text.slice(0, found).trimEnd().length)
}

const flowSequence = (text: string, start: number, path: string, note: Note, depth: number): number => {
  let at = afterSpace(text, start)
  for (let index = 0; at < text.length && text[at] !== "]"; index++) {
    at = afterSpace(text, flow(text, at, `${path}[${index}]`, note, depth))
    if (text[at] !== ",") break
    at = afterSpace(text, at + 1)
  }
  return Math.min(at + 1, text.length)
}

const flowMapping = (text: string, start: number, path: string, note: Note, depth: number): number => {
  let at = afterSpace(text, start)
  while (at < text.length && text[at] !== "}") {
    const quoted = text[at] === '"' || text[at] === "'"
    const key = { start: at, end: quoted ? afterQuoted(text, at) : afterPlain(text, at, /[:,}]/g) }
    at = afterSpace(text, key.end)
    if (text[at] !== ":") break
    at = afterSpace(text, flow(text, at + 1, childPath(path, text.slice(key.start, key.end)), note, depth, key))
    if (text[at] !== ",") break
    at = afterSpace(text, at + 1)
  }
  return Math.min(at + 1, text.length)
}

/** The places of every key and value of a text in YAML or JSON. */
export const placesOf = (text: string): Places => {
  const places = new Map<string, Place>()
  const note: Note = (path, place) => void places.set(path, place)
  const lines = linesOf(text)
  let row = 0

  const current = (): Line | undefined => {
    while (lines[row] !== undefined && isIgnored(lines[row] ?? { start: 0, indent: 0, text: "" })) row++
    return lines[row]
  }
  const goOnAfter = (offset: number): void => {
    while ((lines[row]?.start ?? Number.POSITIVE_INFINITY) < offset) row++
  }

  /** The value whose text begins at `start`, on the line before the current one. */
  const value = (start: number, parent: number, path: string, key?: Place["key"]): void => {
    const owner = key === undefined ? undefined : { key }
    const line = lines[row - 1]
    const end = line === undefined ? start : line.start + line.indent + line.text.length
    const anchor = /^\s*(?:&[^\s,[\]{}]+)?\s*/.exec(text.slice(start, end))?.[0].length ?? 0
    const at = start + anchor
    const rest = text.slice(at, end)
    if (rest === "" || rest.startsWith("#")) block(parent, path, key)
    else if (/^[|>][-+\d]*\s*(#.*)?$/.test(rest)) {
      const first = lines[row]
      while (lines[row] !== undefined && ((lines[row]?.text ?? "") === "" || (lines[row]?.indent ?? 0) > parent)) row++
      const last = lines[row - 1]
      const content = first === undefined || last === undefined || last === line ? end : first.start + first.indent
      const stop = last === undefined ? content : last.start + last.indent + last.text.length
      const trimmed = text.slice(0, stop).trimEnd().length
      note(path, { start: content, end: Math.max(content, trimmed), style: "block", ...owner })
    } else if (/^[[{"']/.test(rest)) goOnAfter(flow(text, at, path, note, 0, key))
    else {
      const comment = rest.search(/\s#/)
      let stop = comment < 0 ? end : at + comment
      while (comment < 0 && (current()?.indent ?? -1) > parent) {
        const next = current()
        if (next !== undefined) stop = next.start + next.indent + next.text.length
        row++
      }
      note(path, { start: at, end: text.slice(0, stop).trimEnd().length, style: "plain", ...owner })
    }
  }

  /** The collection or scalar on the lines that follow, if they are indented more than `parent`. */
  const block = (parent: number, path: string, key?: Place["key"]): void => {
    const line = current()
    const owner = key === undefined ? undefined : { key }
    const start = line === undefined ? text.length : line.start + line.indent
    const entry = line !== undefined && isEntry(line.text)
    if (line === undefined || !(line.indent > parent || (entry && key !== undefined && line.indent === parent))) {
      const at = key?.end ?? start
      note(path, { start: at, end: at, style: "plain", ...owner })
      return
    }
    const isMapping = keyOf(line.text) !== undefined
    if (entry || isMapping) note(path, { start, end: start + line.text.length, style: "plain", ...owner })
    if (entry) sequence(line.indent, path)
    else if (isMapping) mapping(line.indent, path)
    else {
      row++
      value(start, parent, path, key)
    }
  }

  const sequence = (indent: number, path: string): void => {
    for (let index = 0; ; index++) {
      const line = current()
      if (line === undefined || line.indent !== indent || !isEntry(line.text)) return
      const item = line.text.slice(1).trimStart()
      const column = line.indent + line.text.length - item.length
      const place = `${path}[${index}]`
      row++
      if (keyOf(item) === undefined) value(line.start + column, indent, place)
      else {
        const start = line.start + column
        note(place, { start, end: start + item.length, style: "plain" })
        entryAt(start, item, column, place)
        mapping(column, place)
      }
    }
  }

  const entryAt = (start: number, content: string, indent: number, path: string): void => {
    const { key, length } = keyOf(content) ?? { key: "", length: 0 }
    value(start + length, indent, childPath(path, key), { start, end: start + key.length })
  }

  const mapping = (indent: number, path: string): void => {
    for (;;) {
      const line = current()
      if (line === undefined || line.indent !== indent || keyOf(line.text) === undefined) return
      row++
      entryAt(line.start + line.indent, line.text, indent, path)
    }
  }

  block(-1, "")
  return places
}
