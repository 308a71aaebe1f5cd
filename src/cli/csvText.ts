import { oneLine } from "../domain/oneLine.ts"

/** How many characters of a text stand in a cell: no more than a spreadsheet takes. */
const longest = 30_000

/**
 * Text from outside as the cell of a CSV file: one line without control characters, and quoted, as people quote it, where a
 * spreadsheet would take it for a formula.
 */
export const csvText = (text: string): string => {
  const cell = text === "" ? "" : oneLine(text, longest)
  return /^[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(cell) ? `'${cell}` : cell
}
