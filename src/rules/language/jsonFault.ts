/** The place of a fault of JSON, which the reader itself does not tell. */

const scalar =
  /"(?:[^"\\\r\n\t]|\\(?:["\\/bfnrt]|u[\da-f]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null/iy

/** The offset of the first character that JSON cannot have there, or undefined in a text that is JSON. */
export const jsonFault = (text: string): number | undefined => {
  let at = 0
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
  const member = (depth: number): boolean => {
    space()
    return text[at] === '"' && takeScalar() && take(":") && value(depth)
  }
  const value = (depth: number): boolean => {
    // Deeper than any strategy, and safe for the stack.
    if (depth > 1000) return false
    if (take("{")) return list("}", () => member(depth + 1))
    return take("[") ? list("]", () => value(depth + 1)) : takeScalar()
  }
  const whole = value(0)
  space()
  return whole && at === text.length ? undefined : at
}
