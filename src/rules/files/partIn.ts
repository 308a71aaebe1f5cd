/** Where the characters of a scalar's value stand in the text that it was read from. */
import type { Part, Place } from "./places.ts"

/** The characters that one piece of a quoted scalar stands for, spaces among them, and its length in the text. */
const pieceAt = (
  text: string,
  at: number,
  style: Place["style"]
): { readonly space: boolean; readonly length: number } => {
  if (style === "single" && text.startsWith("''", at)) return { space: false, length: 2 }
  if (style === "double" && text[at] === "\\") {
    const code = text[at + 1] ?? ""
    const length = code === "x" ? 4 : code === "u" ? 6 : code === "U" ? 10 : 2
    return { space: /[tnvfr \r\n_LPN]/.test(code), length }
  }
  return { space: /\s/.test(text[at] ?? ""), length: 1 }
}

/**
 * Where the piece of the text is that stands for the character at `index` of a scalar's value. White space may be
 * written in more ways than one (line breaks fold into spaces), so it is the other characters that are counted.
 */
const characterIn = (text: string, { start, style }: Place, value: string, index: number): Part => {
  let left = value.slice(0, index).replaceAll(/\s/g, "").length
  let at = style === "single" || style === "double" ? start + 1 : start
  while (at < text.length) {
    const { length, space } = pieceAt(text, at, style)
    if (!space && left-- === 0) return { start: at, end: at + length }
    at += length
  }
  return { start: at, end: at }
}

/**
 * The part of the text that stands for a part of a scalar's value. What is after the last character of the value is
 * after the piece that stands for that one.
 */
export const partIn = (text: string, place: Place, value: string, part: Part): Part => {
  const length = value.trimEnd().length
  if (length === 0) return { start: place.start, end: place.start }
  if (part.start >= length) {
    const { end } = characterIn(text, place, value, length - 1)
    return { start: end, end: end + 1 }
  }
  const { start } = characterIn(text, place, value, part.start)
  return { start, end: characterIn(text, place, value, Math.max(part.start, part.end - 1)).end }
}
