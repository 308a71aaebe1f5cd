/** What a decoder found wrong with a strategy, brought to the text that is to blame. */
import { Predicate } from "effect"
import type { Problem } from "../domain/problems.ts"
import type { Diagnostic } from "./Diagnostic.ts"
import { frame, frameOfText, positionAt } from "./language/frame.ts"
import { offsetIn, type Place, type Places } from "./language/places.ts"
import { StrategyProblem } from "./StrategyProblem.ts"
import { faultsAt } from "./WrittenCondition.ts"

/** The file that a strategy was read from. */
export interface SourceText {
  readonly text: string
  readonly places: Places
}

interface Finding extends Problem {
  /** The written condition that is to blame, and the part of it. */
  readonly written?: { readonly text: string; readonly start: number; readonly end: number }
}

/** What stands at a path of plain data, undefined where nothing does. */
const valueAt = (content: unknown, path: string): unknown =>
  path
    .split(/[.[\]]+/)
    .filter((key) => key !== "")
    .reduce<unknown>((value, key) => (Predicate.hasProperty(value, key) ? value[key] : undefined), content)

/** A condition that is text is read again, for the places of its faults. */
const findingsOf = (content: unknown, problem: Problem): ReadonlyArray<Finding> => {
  const text = valueAt(content, problem.path)
  const faults = typeof text === "string" ? faultsAt(problem.path, text) : []
  return typeof text !== "string" || faults.length === 0
    ? [problem]
    : faults.map(({ message, ...part }) => ({ path: problem.path, message, written: { text, ...part } }))
}

const parentOf = (path: string): string => path.replace(/(^|\.)[^.[\]]+$|\[\d+\]$/, "")

/** The place of a path; of one that is not there, that of the key or the entry which should hold it. */
const partAt = (places: Places, { message, path }: Problem): Pick<Place, "start" | "end"> => {
  const place = places.get(path)
  if (place !== undefined) {
    return message.startsWith("is not a key") || place.end === place.start ? (place.key ?? place) : place
  }
  for (let parent = path; parent !== ""; ) {
    parent = parentOf(parent)
    const found = places.get(parent)
    if (found !== undefined) return found.key ?? { start: found.start, end: found.start + 1 }
  }
  return { start: 0, end: 1 }
}

const located = ({ places, text }: SourceText, finding: Finding): Pick<Place, "start" | "end"> => {
  const { path, written } = finding
  const place = places.get(path)
  if (written === undefined || place === undefined) return partAt(places, finding)
  const start = offsetIn(text, place, written.text, written.start)
  // What is missing at the end of a condition is missing after its last character.
  if (written.start >= written.text.trimEnd().length) {
    const end = written.start === 0 ? place.start : offsetIn(text, place, written.text, written.text.trimEnd().length - 1) + 1
    return { start: end, end: end + 1 }
  }
  const last = Math.max(written.start, written.end - 1)
  return { start, end: offsetIn(text, place, written.text, last) + 1 }
}

const labelled = ({ message, path }: Problem): string => (path === "" ? message : `${path}: ${message}`)

const diagnose = (source: string, finding: Finding, from: SourceText | undefined): Diagnostic => {
  const { message, path, written } = finding
  if (from === undefined) {
    const frame = written === undefined ? undefined : { frame: frameOfText(written.text, written.start, written.end) }
    return { source, path, message: labelled(finding), ...frame }
  }
  const part = located(from, finding)
  return {
    source,
    path,
    // A fault of a text says all by itself; what is missing or out of place needs its name.
    message: written === undefined ? labelled(finding) : message,
    ...positionAt(from.text, part.start),
    frame: frame(from.text, part.start, part.end)
  }
}

/** A problem of everything that a decoder has against `content`, with the places in the file where there is one. */
export const strategyProblem = (
  source: string,
  content: unknown,
  problems: ReadonlyArray<Problem>,
  from?: SourceText
): StrategyProblem => {
  const findings = problems.flatMap((each) => findingsOf(content, each))
  const diagnostics = findings.map((each) => diagnose(source, each, from))
  const message = findings
    .map((each, index) => {
      const { column, line } = diagnostics[index] ?? {}
      return line === undefined || each.path === "" ? labelled(each) : `${line}:${column}: ${labelled(each)}`
    })
    .join("; ")
  return new StrategyProblem({ source, message, diagnostics })
}
