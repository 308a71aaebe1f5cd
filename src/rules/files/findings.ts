/** What a decoder found wrong with a strategy, brought to the text that is to blame. */
import { Predicate } from "effect"
import type { Problem } from "../../domain/problems.ts"
import type { Diagnostic } from "../language/Diagnostic.ts"
import { problemLimit } from "../language/excess.ts"
import { frame, frameOfText, positionAt, printable } from "../language/frame.ts"
import { StrategyProblem } from "../language/StrategyProblem.ts"
import { comparatorMeant } from "../language/words.ts"
import { partIn } from "./partIn.ts"
import type { Part, Places } from "./places.ts"
import { faultsAt } from "./WrittenCondition.ts"

/** The file that a strategy was read from. */
export interface SourceText {
  readonly text: string
  readonly places: Places
}

interface Finding extends Problem {
  /** The written condition that is to blame, and the part of it. */
  readonly written?: Part & { readonly text: string }
}

/** What stands at a path of plain data, undefined where nothing does. */
const valueAt = (content: unknown, path: string): unknown =>
  path
    .split(/[.[\]]+/)
    .filter((key) => key !== "")
    .reduce<unknown>((value, key) => (Predicate.hasProperty(value, key) ? value[key] : undefined), content)

const windowForms =
  "{ last: 15 }, { since: 60 }, { at: 60 }, { ago: 10 }, { between: [30, 60] }, first half, second half, half-time or since trigger"

/** What the entries of a list are, by the last key of its path. */
const entries: Readonly<Record<string, string>> = { when: "condition", any: "alternative", competitions: "competition" }

const conditionForm = "must be a condition, such as minute >= 70"

/**
 * What a decoder says of things that people get wrong, in their words and at the place where they wrote it. It says it of
 * what it looked for last, which may be a part that is not there, or each of several.
 */
const inWords = (content: unknown, problem: Problem): Problem => {
  const { message, path } = problem
  if (path === "" && (content === null || content === undefined)) {
    return { path, message: "is empty: a strategy has a name, and conditions under when" }
  }
  const [, list = "", name = ""] = /^((?:.*\.)?(\w+))\[0\]$/.exec(path) ?? []
  if (message === "is missing" && entries[name] !== undefined) {
    return { path: list, message: `needs at least one ${entries[name]}` }
  }
  const [, alternative = ""] = /^(.*\.any\[\d+\])(?:\.|$)/.exec(path) ?? []
  if (Predicate.hasProperty(valueAt(content, alternative), "any")) {
    return { path: alternative, message: "groups are not nested: list all alternatives under one any" }
  }
  const [, window = ""] = /^(.*\.window)(?:\.|$)/.exec(path) ?? []
  if (
    window !== "" &&
    !message.includes("did you mean") &&
    /^(must be one of|is not a key|must be a mapping|is missing)/.test(message)
  ) {
    return { path: window, message: `must be one window: ${windowForms}` }
  }
  const written = valueAt(content, path)
  const meant = path.endsWith(".comparator") && typeof written === "string" ? comparatorMeant(written) : undefined
  if (meant !== undefined) return { path, message: `must be a comparator, got ${written} (did you mean ${meant}?)` }
  const [, entry = ""] = /^(.*\.any\[\d+\]|when\[\d+\]|expect)\..+$/.exec(path) ?? []
  const holder = valueAt(content, entry)
  const [only = "", ...more] = Predicate.isObject(holder) ? Object.keys(holder) : []
  if (only === "all" && more.length === 0) {
    const said = /^when\[\d+\]$/.test(entry)
      ? "the conditions under when must all hold anyway, so list them there"
      : "one condition stands here"
    return { path: `${entry}.all`, message: `is not a key here: ${said}` }
  }
  if (/\s|^minute$/.test(only) && more.length === 0) {
    return { path: entry, message: `${conditionForm}, written as text without a colon` }
  }
  // The forms that a condition could have are too many to list.
  return { path, message: message.replace(/^must be a mapping with left, .*?(?=, got|$)/, conditionForm) }
}

/** A condition that is text is read again, for the places of its faults. */
const findingsOf = (content: unknown, problem: Problem): ReadonlyArray<Finding> => {
  const text = valueAt(content, problem.path)
  const faults = typeof text === "string" ? faultsAt(problem.path, text) : []
  return typeof text !== "string" || faults.length === 0
    ? [inWords(content, problem)]
    : faults.map(({ message, ...part }) => ({ path: problem.path, message, written: { text, ...part } }))
}

const keyOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1)

const parentOf = (path: string): string => path.replace(/(^|\.)[^.[\]]+$|\[\d+\]$/, "")

/** The place of a path; of one that is not there, that of the key or the entry which should hold it. */
const partAt = (places: Places, { message, path }: Problem): Part => {
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

const located = ({ places, text }: SourceText, finding: Finding): Part => {
  const place = places.get(finding.path)
  return finding.written === undefined || place === undefined
    ? partAt(places, finding)
    : partIn(text, place, finding.written.text, finding.written)
}

/** Whether what is missing is there under a name that was misspelt, which is said already. */
const isMisspelt = ({ message, path }: Finding, findings: ReadonlyArray<Finding>): boolean =>
  message === "is missing" &&
  findings.some(
    (other) => parentOf(other.path) === parentOf(path) && other.message.endsWith(`(did you mean ${keyOf(path)}?)`)
  )

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

const andMore = (count: number): Finding => ({ path: "", message: `and ${count} more` })

const byPlace = (a: Diagnostic, b: Diagnostic): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)

/** A problem of everything that a decoder has against `content`, with the places in the file where there is one. */
export const strategyProblem = (
  source: string,
  content: unknown,
  problems: ReadonlyArray<Problem>,
  from?: SourceText
): StrategyProblem => {
  const findings = problems.slice(0, problemLimit).flatMap((each) => findingsOf(content, each))
  // One thing that is wrong may have been found in several ways.
  const distinct = new Map(
    findings
      .filter((each) => !isMisspelt(each, findings))
      .map((each) => [`${each.path} ${each.message} ${each.written?.start}`, each])
  )
  const more = Math.max(0, problems.length - problemLimit) + Math.max(0, distinct.size - problemLimit)
  const found = [...[...distinct.values()].slice(0, problemLimit), ...(more === 0 ? [] : [andMore(more)])]
    .map((finding) => ({ finding, diagnostic: diagnose(source, finding, from) }))
    .sort((a, b) => byPlace(a.diagnostic, b.diagnostic))
  const message = found
    .map(({ diagnostic: { column, line }, finding }) =>
      line === undefined || finding.path === "" ? labelled(finding) : `${line}:${column}: ${labelled(finding)}`
    )
    .join("; ")
  return new StrategyProblem({
    source,
    message: printable(message),
    diagnostics: found.map(({ diagnostic }) => diagnostic)
  })
}
