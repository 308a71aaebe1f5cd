import { evidenceText } from "../alert/message.ts"
import { matchLabel } from "../domain/Match.ts"
import { matchMinuteLabel, type Period } from "../domain/Snapshot.ts"
import type { Candidate } from "../domain/Trigger.ts"
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

/** A table of fired pairs: when, where, and why. */
export const firedTable = (candidates: ReadonlyArray<Candidate>): string =>
  table(
    ["minute", "score", "match", "strategy", "evidence"],
    candidates.map(({ evidence, snapshot, strategyName }) => [
      `${matchMinuteLabel(snapshot.clock)}'`,
      `${snapshot.score.home}-${snapshot.score.away}`,
      matchLabel(snapshot.match),
      strategyName,
      evidence.map(evidenceText).join("; ")
    ])
  )
