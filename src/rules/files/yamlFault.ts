/**
 * The place of a fault of YAML, and what to do about it. The reader names the line of some faults, but no place on it, of
 * others a place in a collection but no line, and of the rest neither.
 */

/** A fault and its offset. */
export interface YamlFault {
  readonly message: string
  readonly offset: number
}

interface Line {
  readonly start: number
  readonly text: string
}

const linesOf = (text: string): ReadonlyArray<Line> =>
  Array.from(text.matchAll(/(?<=^|\r\n|\r(?!\n)|\n)[^\r\n]*/g), ({ 0: line, index }) => ({ start: index, text: line }))

const indentOf = (text: string): number => Math.max(0, text.search(/[^ ]/))

/** A value in quotes, brackets or braces, from its first character to the end of the last line that may belong to it. */
interface Region {
  readonly start: number
  readonly text: string
}

const regionAt = (text: string, lines: ReadonlyArray<Line>, row: number): ReadonlyArray<Region> => {
  const line = lines[row]
  const before = /^\s*(?:-\s+)*(?:[^\s"'#[{][^#]*?:\s+)?(?:&\S+\s+)?(?=["'[{])/.exec(line?.text ?? "")?.[0]
  if (line === undefined || before === undefined) return []
  const indent = indentOf(line.text)
  const belongs = ({ text }: Line): boolean =>
    text.trim() === "" || indentOf(text) > indent || (indentOf(text) === indent && /^ *[\]}]/.test(text))
  const next = lines.findIndex((each, index) => index > row && !belongs(each))
  const last = next < 0 ? undefined : lines[next - 1]
  const start = line.start + before.length
  return [{ start, text: text.slice(start, last === undefined ? text.length : last.start + last.text.length) }]
}

/** The length of the quoted text with which this one begins, undefined when its quote is not closed. */
const quotedLength = (text: string): number | undefined =>
  /^(?:"(?:[^"\\]|\\[\s\S])*"|'(?:[^']|'')*')/.exec(text)?.[0].length

/** The offset of the innermost bracket or brace that is not closed, or not by its like; what is in quotes left aside. */
const openIn = (text: string): number | undefined => {
  const open: Array<RegExpExecArray> = []
  for (const match of text.matchAll(/(?<=[[{,:]\s*)(?:"(?:[^"\\]|\\[\s\S])*"|'(?:[^']|'')*')|[[\]{}]/g)) {
    const [token] = match
    if (token === "[" || token === "{") open.push(match)
    else if (token === "]" || token === "}") {
      if (open.at(-1)?.[0] !== (token === "]" ? "[" : "{")) break
      open.pop()
    }
  }
  return open.at(-1)?.index
}

/** The offset in a collection of what its reader, which joins the lines without their indentation, calls `offset`. */
const offsetIn = (text: string, offset: number): number => {
  let left = offset
  for (const [row, line] of linesOf(text).entries()) {
    const indent = row === 0 ? 0 : indentOf(line.text)
    const length = line.text.slice(indent).replace(/\s+#.*$/, "").length
    if (left <= length) return line.start + indent + left
    left -= length + 1
  }
  return text.length
}

/** The offset of the last key of this name before `end`. */
const keyBefore = (text: string, key: string, end: number): number | undefined => {
  const keys = Array.from(text.slice(0, end).matchAll(/(?<=[{,]\s*)(?=\S)(["']?)([^"'{}[\],:]+)\1\s*:/g))
  return keys.findLast(([, , name]) => name?.trim() === key)?.index
}

/** A fault in a collection in brackets or braces, where the reader counts from the beginning of that. */
const inCollection = (text: string, said: string, end: number): YamlFault => {
  if (said === "Unterminated quoted scalar") return { message: "this quote is not closed", offset: end }
  const open = said.startsWith("Expected") ? openIn(text) : undefined
  if (open !== undefined) return { message: `this ${text[open]} is not closed`, offset: open }
  const alias = /^Unknown alias '(.+)'$/.exec(said)?.[1]
  if (alias !== undefined) return { message: `no anchor is called ${alias.slice(1)}`, offset: end - alias.length }
  const key = /^Duplicate key '(.*)'$/.exec(said)?.[1]
  return { message: said, offset: (key === undefined ? undefined : keyBefore(text, key, end)) ?? end }
}

/** A fault of a value in quotes, brackets or braces. */
const inRegion = (text: string, reason: string): YamlFault => {
  const [, said, offset] = /^(.*) at flow offset (\d+)$/s.exec(reason) ?? []
  if (said !== undefined) return inCollection(text, said, offsetIn(text, Number(offset)))
  if (/^Unterminated/.test(reason)) return { message: "this quote is not closed", offset: 0 }
  return /^Unexpected content after/.test(reason)
    ? { message: "a quoted text ends here: nothing may follow it on its line", offset: quotedLength(text) ?? 0 }
    : { message: reason, offset: 0 }
}

/** Colons that end a key, or seem to. */
const colons = (text: string): ReadonlyArray<number> => Array.from(text.matchAll(/:(?=\s|$)/g), ({ index }) => index)

/** Whether a line stands where a key does, beside the key on the next line, and is none. */
const isKeyless = (text: string, next: string): boolean =>
  colons(text).length === 0 && text.trim() !== "" && !/^\s*[-#]/.test(text) && indentOf(text) === indentOf(next)

/** A fault of which the reader names the line, but no place on it. */
const onLine = ({ start, text }: Line, reason: string): YamlFault => {
  const offset = start + Math.max(0, text.search(/\S/))
  const [first, second] = colons(text)
  if (/^Invalid colon/.test(reason)) {
    return second === undefined
      ? { message: "unexpected indentation: a key stands under the keys beside it", offset }
      : { message: "a second colon: put the text in quotes", offset: start + second }
  }
  if (/^Unexpected content/.test(reason) && first === undefined && !/^\s*-\s/.test(text)) {
    return { message: "expected a key and a colon", offset }
  }
  return { message: /^(Unexpected|Expected) (indent|content)/.test(reason) ? "unexpected indentation" : reason, offset }
}

/** `reason` is what the reader says of the text; `reasonOf` asks it about another, and is answered if it refuses that. */
export const yamlFault = (text: string, reason: string, reasonOf: (text: string) => string | undefined): YamlFault => {
  const lines = linesOf(text)
  const regions = lines.flatMap((_, row) => regionAt(text, lines, row))
  const [, said = reason, named] = /^(.*) at line (\d+)$/s.exec(reason) ?? []
  const line = lines[Number(named) - 1]
  if (line !== undefined) {
    const before = lines[Number(named) - 2]
    // The reader has taken a line without a colon for a text that goes on.
    if (/^Invalid colon/.test(said) && before !== undefined && isKeyless(before.text, line.text)) {
      return { message: "expected a key, a colon and a space", offset: before.start + indentOf(before.text) }
    }
    const quoted = regions.findLast(({ start }) => start < line.start && /["']/.test(text[start] ?? ""))
    return /^Invalid quoted/.test(said) && quoted !== undefined
      ? { message: "this quote is not closed", offset: quoted.start }
      : onLine(line, said)
  }
  const alias = /^Unknown YAML alias '\*(.+)'$/.exec(reason)?.[1]
  if (alias !== undefined) {
    const written = Array.from(text.matchAll(/(?<=^|[\s:-]\s*)\*(\S+)/g)).find(([, name]) => name === alias)
    return { message: `no anchor is called ${alias}`, offset: written?.index ?? 0 }
  }
  // Whatever is wrong with a value by itself is wrong with it here.
  const region = regions.find((each) => reasonOf(each.text) === reason)
  if (region === undefined) return { message: reason, offset: Math.max(0, text.search(/\S/)) }
  const { message, offset } = inRegion(region.text, reason)
  return { message, offset: region.start + offset }
}
