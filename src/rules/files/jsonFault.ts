/** The places of faults of JSON: of one that the reader does not tell, and of one that it does not see. */

import { depthLimit } from "../language/excess.ts"

/** A string holds no control character but DEL and its kin beyond it. */
const scalar =
  /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-f]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null/iuy

/** A fault and its offset. */
export interface JsonFault {
  readonly kind: "syntax" | "duplicate key" | "depth"
  readonly offset: number
}

/**
 * The bracket or brace that opens one level more than an input may have; else the first character that JSON cannot have there; else the first key that its mapping has already, of which a reader
 * would take the last without a word. Undefined in a text that is JSON without such a key.
 */
export const jsonFault = (text: string): JsonFault | undefined => {
  let at = 0
  let duplicate: number | undefined
  let deepest: number | undefined
  const space = (): void => {
    while (/[ \t\r\n]/.test(text[at] ?? "")) at++
  }
  const take = (character: string): boolean => {
    space()
    if (text[at] !== character) return false
    at++
    return true
  }
  const takeScalar = (): boolean => {
    space()
    scalar.lastIndex = at
    const found = scalar.exec(text)?.[0]
    at += found?.length ?? 0
    return found !== undefined
  }
  const list = (close: string, item: () => boolean): boolean => {
    if (take(close)) return true
    do if (!item()) return false
    while (take(","))
    return take(close)
  }
  const member = (depth: number, keys: Set<string>): boolean => {
    space()
    const start = at
    if (text[at] !== '"' || !takeScalar()) return false
    const key: unknown = JSON.parse(text.slice(start, at))
    if (keys.has(String(key))) duplicate ??= start
    keys.add(String(key))
    return take(":") && value(depth)
  }
  const members = (depth: number): boolean => {
    const keys = new Set<string>()
    return list("}", () => member(depth, keys))
  }
  const value = (depth: number): boolean => {
    space()
    if (depth === depthLimit && /[[{]/.test(text[at] ?? "")) {
      deepest = at
      return false
    }
    if (take("{")) return members(depth + 1)
    return take("[") ? list("]", () => value(depth + 1)) : takeScalar()
  }
  const whole = value(0)
  space()
  if (deepest !== undefined) return { kind: "depth", offset: deepest }
  if (!whole || at < text.length) return { kind: "syntax", offset: at }
  return duplicate === undefined ? undefined : { kind: "duplicate key", offset: duplicate }
}
