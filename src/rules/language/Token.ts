/** A text of the written language, cut into words, numbers and signs. */

/** A piece of a text. `start` and `end` are offsets into it, `end` that of the character after the piece. */
export interface Token {
  /** `end` stands after the last piece; `unknown` is a character that the language does not have. */
  readonly kind: "word" | "number" | "sign" | "unknown" | "end"
  /** As it is compared: words in lower case, signs in their plain spelling (`≥` is `>=`). */
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Other spellings of a comparator. */
const plainSigns: ReadonlyMap<string, string> = new Map([
  ["≥", ">="],
  ["≤", "<="],
  ["≠", "!="],
  ["==", "="]
])

/** Other spellings of a word. */
const plainWords: ReadonlyMap<string, string> = new Map([["favorite", "favourite"]])

// `half-time` comes before the signs: its hyphen is no minus.
const pieces =
  /(?<halfTime>half(?:\s*-\s*|\s+)?time(?![\p{L}\p{N}_]))|(?<word>[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}\p{N}_]+)*)|(?<number>(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)|(?<sign>>=|<=|!=|==|[≥≤≠<>=+\-*/()|:])|(?<unknown>\S)/giu

const tokenOf = (match: RegExpExecArray): Token => {
  const { halfTime, number, sign, word } = match.groups ?? {}
  const at = { start: match.index, end: match.index + match[0].length }
  if (halfTime !== undefined) return { kind: "word", text: "half-time", ...at }
  if (word !== undefined) {
    const lower = word.toLowerCase()
    return { kind: "word", text: plainWords.get(lower) ?? lower, ...at }
  }
  if (number !== undefined) return { kind: "number", text: number, ...at }
  return sign !== undefined
    ? { kind: "sign", text: plainSigns.get(sign) ?? sign, ...at }
    : { kind: "unknown", text: match[0], ...at }
}

/** The pieces of a text, with an `end` after the last one. */
export const tokens = (text: string): ReadonlyArray<Token> => {
  const end = text.trimEnd().length
  return [...Array.from(text.matchAll(pieces), tokenOf), { kind: "end", text: "", start: end, end }]
}
