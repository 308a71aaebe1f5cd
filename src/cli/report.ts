import { evidenceText } from "../alert/message.ts"
import { matchLabel } from "../domain/Match.ts"
import { resultOf } from "../domain/Outcome.ts"
import { matchMinuteLabel, type Period } from "../domain/Snapshot.ts"
import type { Candidate, Trigger } from "../domain/Trigger.ts"
import { printable } from "../rules/language/frame.ts"

/** One fired pair as JSON output names it. `strategy` is the strategy's name, `score` home and away goals. */
export interface Fired {
  readonly strategy: string
  readonly matchId: string
  readonly period: Period
  readonly minute: number
  readonly added: number
  readonly score: readonly [home: number, away: number]
}

export const fired = ({ snapshot, strategyName }: Candidate): Fired => ({
  strategy: strategyName,
  matchId: snapshot.match.id,
  period: snapshot.clock.period,
  minute: snapshot.clock.minute,
  added: snapshot.clock.added,
  score: [snapshot.score.home, snapshot.score.away]
})

/** What became of a trigger, as JSON output names it: null without an expectation, or before anything has decided it. */
export interface FiredResult {
  readonly result: ReturnType<typeof resultOf> | null
  /** The scoreboard minute, added ones left out as in a condition: 90 for 90+4. */
  readonly decidedAt: number | null
}

export const firedWithResult = (trigger: Trigger): Fired & FiredResult => ({
  ...fired(trigger),
  result: trigger.outcome === undefined ? null : resultOf(trigger.outcome),
  decidedAt: trigger.outcome?.decidedAt?.minute ?? null
})

/** How many triggers came to what. Those without an expectation are none of them. */
export interface Results {
  readonly hits: number
  readonly misses: number
  readonly voids: number
  readonly open: number
}

export const resultsOf = (triggers: ReadonlyArray<Trigger>): Results => {
  const count = (result: FiredResult["result"]): number =>
    triggers.filter(({ outcome }) => outcome !== undefined && resultOf(outcome) === result).length
  return { hits: count("hit"), misses: count("miss"), voids: count("void"), open: count("open") }
}

export const resultsText = ({ hits, misses, open, voids }: Results): string =>
  `${hits} ${hits === 1 ? "hit" : "hits"}, ${misses} ${misses === 1 ? "miss" : "misses"}, ${voids} void, ${open} open`

/** A text from outside on one line, and without characters that would steer a terminal. */
export const oneLine = (text: string): string => printable(text.replaceAll(/[\r\n\t]+/g, " "))

/** Rows under a heading, in columns as wide as they need to be. */
export const table = (heading: ReadonlyArray<string>, cells: ReadonlyArray<ReadonlyArray<string>>): string => {
  const rows = cells.map((row) => row.map(oneLine))
  const widths = heading.map((title, column) =>
    Math.max(...[heading, ...rows].map((row) => (row[column] ?? "").length), title.length)
  )
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  return [line(heading), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

const firedHeading = ["minute", "score", "match", "strategy"]

const firedCells = ({ snapshot, strategyName }: Candidate): ReadonlyArray<string> => [
  `${matchMinuteLabel(snapshot.clock)}'`,
  `${snapshot.score.home}-${snapshot.score.away}`,
  matchLabel(snapshot.match),
  strategyName
]

const evidenceCell = ({ evidence }: Candidate): string => evidence.map(evidenceText).join("; ")

/** A table of fired pairs: when, where, and why. */
export const firedTable = (candidates: ReadonlyArray<Candidate>): string =>
  table(
    [...firedHeading, "evidence"],
    candidates.map((each) => [...firedCells(each), evidenceCell(each)])
  )

/** What became of a trigger, in a few words; empty without an expectation. */
const resultCell = ({ outcome }: Trigger): string => {
  if (outcome === undefined) return ""
  const { decidedAt, isFinal, reason, score } = outcome
  const result = resultOf(outcome)
  if (result === "void") return reason === undefined ? result : `${result}: ${reason}`
  return [
    `${result}${decidedAt === undefined ? "" : ` at ${matchMinuteLabel(decidedAt)}'`}`,
    ...(score === undefined ? [] : [`${isFinal ? "final score " : ""}${score.home}-${score.away}`])
  ].join(", ")
}

/** The same of triggers, each with what became of it. */
export const judgedTable = (triggers: ReadonlyArray<Trigger>): string =>
  table(
    [...firedHeading, "result", "evidence"],
    triggers.map((each) => [...firedCells(each), resultCell(each), evidenceCell(each)])
  )
