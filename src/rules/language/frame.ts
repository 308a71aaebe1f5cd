/** A part of a text, shown as a compiler shows it. */

/** Where a text has a character: line and column counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

const breaks = /\r\n|\r|\n/g

/** The position of an offset of a text. */
export const positionAt = (text: string, offset: number): Position => {
  const before = text
    .slice(0, offset)
    .replace(/^\uFEFF/, "")
    .split(breaks)
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 }
}

/** How much of a long line is shown on either side of the fault, and how much of a long fault. */
const context = 60

/** Characters that take the place of two on a terminal, and those that take none. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const narrowest = /\p{Mn}|\p{Me}/u

/** As much blank as a text is wide. */
const blank = (text: string): string =>
  Array.from(text, (character) =>
    character === "\t" ? character : wide.test(character) ? "  " : narrowest.test(character) ? "" : " "
  ).join("")

/** The line with carets under `width` of its characters from `column` (counted from 1), cut to what surrounds them. */
const pointed = (line: string, column: number, width: number): readonly [line: string, carets: string] => {
  const at = column - 1
  const from = at > context * 1.5 ? at - context : 0
  const to = line.length - at > context * 1.5 ? at + Math.max(context, Math.min(width, context * 1.5)) : line.length
  const shown = `${from > 0 ? "…" : ""}${line.slice(from, to)}${to < line.length ? "…" : ""}`
  const part = blank(line.slice(at, Math.min(at + width, to))).replaceAll("\t", " ")
  return [shown, `${from > 0 ? " " : ""}${blank(line.slice(from, at))}${"^".repeat(Math.max(1, part.length))}`]
}

/**
 * The line of a text that holds the part from `start` to `end`, with its number, and carets under that part:
 *
 * ```
 *   5 |   - total cornrs last 15 minutes >= 4
 *     |           ^^^^^^
 * ```
 *
 * Of a part of several lines, the first is shown.
 */
export const frame = (text: string, start: number, end: number): string => {
  const { column, line } = positionAt(text, start)
  const [shown, carets] = pointed(text.replace(/^\uFEFF/, "").split(breaks)[line - 1] ?? "", column, end - start)
  return `  ${line} | ${shown}\n  ${" ".repeat(String(line).length)} | ${carets}`
}

/**
 * A text without characters that would steer the terminal that shows it, its line breaks and tabs aside: their pictures
 * stand for them, and one sign for what changes the direction of writing.
 */
export const printable = (text: string): string =>
  text
    .replaceAll(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .replaceAll(/(?![\n\t])\p{Cc}/gu, (character) => {
      const code = character.charCodeAt(0)
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\u2421"
    })

/** A text that is a line of no file, with carets under the part from `start` to `end`. */
export const frameOfText = (text: string, start: number, end: number): string =>
  pointed(text.replaceAll(breaks, " "), start + 1, end - start)
    .map((line) => `  ${line}`)
    .join("\n")
