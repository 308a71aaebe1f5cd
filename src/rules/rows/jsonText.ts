/** JSON that an older table keeps as text: `"{\"mode\":\"off\"}"` for `{"mode":"off"}`. */
import { Predicate } from "effect"

const parsed = (value: unknown): unknown => {
  if (typeof value !== "string") return value
  try {
    return JSON.parse(value)
  } catch {
    // Text that is no JSON stays what it is: whoever decodes it says what is wrong with it.
    return value
  }
}

/** The row with what these columns hold as text made JSON. The row itself where there is no such text. */
export const withJson = (row: unknown, columns: ReadonlyArray<string>): unknown => {
  let changed: Record<string, unknown> | undefined
  for (const column of columns) {
    if (!Predicate.hasProperty(row, column) || typeof row[column] !== "string") continue
    changed ??= { ...row }
    changed[column] = parsed(row[column])
  }
  return changed ?? row
}
