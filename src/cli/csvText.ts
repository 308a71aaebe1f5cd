/** Text from outside as the cell of a CSV file: one that a spreadsheet would take for a formula is quoted, as people quote it. */
export const csvText = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
