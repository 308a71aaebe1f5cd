/**
 * The place of a fault of YAML, and what to do about it. The reader names the line of most faults, but no place on it, and
 * of what is left open it names a later line or none.
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
  Array.from(text.matchAll(/^.*$/gm), ({ 0: line, index }) => ({ start: index, text: line }))

/** Where the value on a line begins, if it is in quotes, brackets or braces. */
const opening = ({ start, text }: Line): number | undefined => {
  const before = /^\s*(?:-\s+)*(?:[^\s"'#[{][^#]*?:\s+)?(?=["'[{])/.exec(text)?.[0]
  return before === undefined ? undefined : start + before.length
}

/** Whether the quote at an offset is closed on its line. */
const isQuoteClosed = (text: string, offset: number): boolean =>
  /^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*')/.test(text.slice(offset))

/** Whether the bracket or brace at an offset is closed anywhere, what is in quotes left aside. */
const isBracketClosed = (text: string, offset: number): boolean => {
  let depth = 0
  for (const [token] of text.slice(offset).matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[[\]{}]/g)) {
    if (token === "[" || token === "{") depth += 1
    if (token === "]" || token === "}") depth -= 1
    if (depth === 0) return true
  }
  return false
}

/** Colons that end a key, or seem to. */
const colons = (text: string): ReadonlyArray<number> => Array.from(text.matchAll(/:(?=\s|$)/g), ({ index }) => index)

/** `reason` is what the reader says of the text; `isReadable` tells whether it reads another one. */
export const yamlFault = (text: string, reason: string, isReadable: (text: string) => boolean): YamlFault => {
  const lines = linesOf(text)
  const open = lines.flatMap((line) => opening(line) ?? [])
  if (/quote/i.test(reason)) {
    const quote = open.findLast((offset) => /["']/.test(text[offset] ?? "") && !isQuoteClosed(text, offset))
    if (quote !== undefined) return { message: "this quote is not closed on its line", offset: quote }
  }
  const bracket = open.find((offset) => /[[{]/.test(text[offset] ?? "") && !isBracketClosed(text, offset))
  if (bracket !== undefined) return { message: `this ${text[bracket]} is not closed`, offset: bracket }
  const alias = /^Unknown YAML alias '(.+)'$/.exec(reason)?.[1]
  if (alias !== undefined) return { message: reason, offset: Math.max(0, text.indexOf(alias)) }

  // Faults inside braces come without a line: it is the one after the longest beginning that can be read.
  const named = / at line (\d+)$/.exec(reason)?.[1]
  const readable = lines.findLastIndex((_, index) =>
    isReadable(
      lines
        .slice(0, index + 1)
        .map((line) => line.text)
        .join("\n")
    )
  )
  const line = lines[named === undefined ? readable + 1 : Number(named) - 1]
  const message = reason.replace(/ at (?:line|flow offset) \d+$/, "")
  if (line === undefined) return { message, offset: text.length }
  const offset = line.start + Math.max(0, line.text.search(/\S/))
  if (/^Unexpected indentation/.test(reason)) return { message: "unexpected indentation", offset }
  if (!/^Invalid colon/.test(reason)) return { message, offset }
  const [, second] = colons(line.text)
  return second === undefined
    ? { message: "unexpected indentation: a key stands under the keys beside it", offset }
    : { message: "a second colon: put the text in quotes", offset: line.start + second }
}
