/** A backtest as people, programs and spreadsheets read it. */

import { type Effect, Stream } from "effect"
import { Csv } from "effect/encoding"
import { evidenceText } from "../alert/message.ts"
import type { BacktestReport } from "../backtest/Backtest.ts"
import type { StrategySummary } from "../backtest/summary.ts"
import { counted } from "../domain/counted.ts"
import { matchMinuteLabel } from "../domain/Snapshot.ts"
import { csvText } from "./csvText.ts"
import { oneLine, table } from "./report.ts"

const percent = (rate: number | undefined): string => (rate === undefined ? "" : `${(100 * rate).toFixed(1)} %`)

const rateWithInterval = ({ hitRate, interval }: StrategySummary): string =>
  interval === undefined
    ? ""
    : `${percent(hitRate)} (${interval.map((bound) => (100 * bound).toFixed(0)).join(" to ")})`

/** What the figures of a strategy do not say by themselves. */
const notesOn = ({ expects, missing, misses, name, triggers }: StrategySummary): ReadonlyArray<string> => [
  ...(expects || triggers.length === 0 ? [] : [`${name}: it expects nothing, so its triggers stay undecided`]),
  ...[...missing].map(
    ([reason, count]) =>
      `${name}: ${count} of ${counted(misses, "miss", "misses")} for want of a value at the end (${reason})`
  )
]

/** A row for each strategy, notes, then what the figures rest on. `leftOut` strategies could not be used. */
export const reportTable = (
  { elapsedMs, matches, skipped, snapshots, strategies, threads }: BacktestReport,
  leftOut: number
): string => {
  const rows = strategies.map((each) => [
    each.name,
    `${each.triggers.length}`,
    `${each.hits}`,
    `${each.misses}`,
    `${each.undecided}`,
    rateWithInterval(each),
    percent(each.baseRate),
    each.medianMinute === undefined ? "" : `${each.medianMinute}'`
  ])
  const heading = [
    "strategy",
    "triggers",
    "hits",
    "misses",
    "undecided",
    "hit rate (95 %)",
    "base rate",
    "median minute"
  ]
  const without = [
    ...(skipped.length === 0 ? [] : [`, ${counted(skipped.length, "file", "files")} skipped`]),
    ...(leftOut === 0 ? [] : [`, ${counted(leftOut, "strategy", "strategies")} left out`])
  ].join("")
  const notes = strategies.flatMap(notesOn).map(oneLine).join("\n")
  const seconds = (elapsedMs / 1000).toFixed(1)
  const basis = `${counted(matches, "match", "matches")}, ${snapshots} minutes in ${seconds} s on ${counted(threads, "thread", "threads")}${without}`
  return [table(heading, rows), notes, basis].filter((part) => part !== "").join("\n\n")
}

/** The report as one object. Rates are fractions from 0 to 1; `null` is what does not exist. */
export const reportJson = ({ elapsedMs, matches, snapshots, strategies }: BacktestReport) => ({
  matches,
  snapshots,
  elapsedMs,
  strategies: strategies.map(({ baseRate, hitRate, hits, interval, misses, name, triggers, undecided }) => ({
    name,
    triggers: triggers.map(({ at, decidedAt, evidence, matchId, result, score }) => ({
      matchId,
      ...at,
      score: [score.home, score.away],
      result,
      // The scoreboard minute, added ones left out as in a condition: 90 for 90+4.
      decidedAt: decidedAt?.minute ?? null,
      evidence
    })),
    hits,
    misses,
    undecided,
    hitRate: hitRate ?? null,
    wilson: interval ?? null,
    baseRate: baseRate ?? null
  }))
})

const columns = [
  "strategy",
  "match_id",
  "match",
  "period",
  "minute",
  "added",
  "score_home",
  "score_away",
  "result",
  "decided_at",
  "evidence"
]

/** Every trigger as a row of a CSV file (RFC 4180), strategy by strategy, under the names of the columns. */
export const triggersCsv = ({ strategies }: Pick<BacktestReport, "strategies">): Effect.Effect<string> =>
  Stream.fromIterable(
    strategies.flatMap(({ name, triggers }) =>
      triggers.map(({ at, decidedAt, evidence, label, matchId, result, score }) => ({
        strategy: csvText(name),
        match_id: csvText(matchId),
        match: csvText(label),
        period: at.period,
        minute: `${at.minute}`,
        added: `${at.added}`,
        score_home: `${score.home}`,
        score_away: `${score.away}`,
        result,
        decided_at: decidedAt === undefined ? "" : matchMinuteLabel(decidedAt),
        evidence: csvText(evidence.map(evidenceText).join("; "))
      }))
    )
  ).pipe(Stream.pipeThroughChannel(Csv.encodeString({ columns, headers: true })), Stream.mkString)
