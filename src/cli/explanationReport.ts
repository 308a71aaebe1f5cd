/** An explanation as people and programs read it. */

import { matchLabel } from "../domain/Match.ts"
import { compareMatchMinutes, type MatchMinute, matchMinuteLabel } from "../domain/Snapshot.ts"
import { isAnyOf, type StrategyDefinition } from "../domain/Strategy.ts"
import type { Judgement } from "../rules/expect/judge.ts"
import type { ExplainedComparison } from "../rules/explain/explain.ts"
import type { ExplainedView } from "../rules/explain/nearMisses.ts"
import { printCondition } from "../rules/print.ts"
import { oneLine, table } from "./report.ts"

/** A strategy on a match: the minute that is shown, and those at which it held or came closest. */
export interface Explained {
  readonly strategy: StrategyDefinition
  /** The minute that was asked for. */
  readonly asked: string | undefined
  readonly shown: ExplainedView
  readonly best: ReadonlyArray<ExplainedView>
  /** What became of the expectation, if the strategy fires, which it does at the first of `best`. */
  readonly outcome: Judgement | undefined
}

/** A value as a reader wants it: whole, or with two decimals. */
const number = (value: number | undefined): string =>
  value === undefined ? "none" : Number.isInteger(value) ? `${value}` : value.toFixed(2)

/** How far from holding: `2 short`, or why there is no telling. */
const shortfall = ({ distance, holds, missing }: ExplainedComparison): string => {
  if (holds) return ""
  if (distance === undefined) return missing.join("; ")
  if (distance === 0) return "equal"
  return distance < 0.01 ? "by less than 0.01" : `by ${number(distance)}`
}

const row = (indent: string, each: ExplainedComparison): ReadonlyArray<string> => [
  `${indent}${each.condition}`,
  number(each.left),
  number(each.right),
  each.holds ? "yes" : "no",
  shortfall(each)
]

const minuteOf = ({ view: { snapshot } }: ExplainedView): MatchMinute => {
  const { added, minute, period } = snapshot.clock
  return { period, minute, added }
}

const label = (each: ExplainedView): string => `${matchMinuteLabel(minuteOf(each))}'`

/** The first view of each minute, which may have several. */
const eachMinute = (views: ReadonlyArray<ExplainedView>): ReadonlyArray<ExplainedView> =>
  views.filter((each, index) => {
    const before = views[index - 1]
    return before === undefined || compareMatchMinutes(minuteOf(before), minuteOf(each)) !== 0
  })

/** Minutes in a row as one stretch: `67' to 70', 75'`. A stretch does not go on over half-time. */
const stretches = (minutes: ReadonlyArray<ExplainedView>): string => {
  const all: Array<[first: ExplainedView, last: ExplainedView]> = []
  for (const each of eachMinute(minutes)) {
    const latest = all.at(-1)
    const before = latest === undefined ? undefined : minuteOf(latest[1])
    const now = minuteOf(each)
    const follows = before?.period === now.period && now.minute + now.added === before.minute + before.added + 1
    if (latest !== undefined && follows) latest[1] = each
    else all.push([each, each])
  }
  return all.map(([first, last]) => (first === last ? label(first) : `${label(first)} to ${label(last)}`)).join(", ")
}

const failing = ({ explanation }: ExplainedView): number => explanation.conditions.filter(({ holds }) => !holds).length

const history = ({ best }: Explained): string => {
  const [first] = best
  if (first === undefined) return ""
  const { conditions } = first.explanation
  if (failing(first) === 0) return `All conditions held at ${stretches(best)}.`
  return `The conditions never held together. They came closest at ${stretches(best)}, with ${failing(first)} of ${conditions.length} failing.`
}

/** When the strategy fires, and what becomes of what it expects. */
const outcomeText = ({ best: [first], outcome, strategy: { expect } }: Explained): ReadonlyArray<string> => {
  if (first === undefined || outcome === undefined) return []
  const fires = `It fires at ${label(first)}`
  if (expect === undefined) return [`${fires}, and expects nothing.`]
  const settled = outcome.decidedAt === undefined ? "" : `, settled at ${matchMinuteLabel(outcome.decidedAt)}'`
  const why = outcome.missing.length === 0 ? "" : `, for want of a value (${outcome.missing.join("; ")})`
  return [`${fires}. What it expects, ${printCondition(expect)}: ${outcome.result}${settled}${why}.`]
}

/** The strategy, the match and the minute; a row for each condition and alternative; when it held or came closest. */
export const explanationText = (explained: Explained): string => {
  const { asked, shown, strategy } = explained
  const { conditions, excluded, holds } = shown.explanation
  const { match, score } = shown.view.snapshot
  const rows = conditions.flatMap((each, index) => {
    const condition = strategy.when[index]
    return condition === undefined || !isAnyOf(condition)
      ? [row("", each)]
      : [
          ["any of:", "", "", each.holds ? "yes" : "no"],
          ...(each.alternatives ?? []).map((alternative) => row("  ", alternative))
        ]
  })
  return [
    `${oneLine(strategy.name)}: ${excluded === undefined ? (holds ? "holds" : "does not hold") : "cannot fire here"}`,
    `${matchLabel(match)}, ${label(shown)}, ${score.home}-${score.away}`,
    ...(asked === undefined || `${asked}'` === label(shown)
      ? []
      : [`There is no minute ${asked} in the match: this is the last before it.`]),
    "",
    table(["condition", "left", "right", "holds", "fails"], rows),
    "",
    ...(excluded === undefined ? [] : [`It cannot fire on this match: ${excluded}.`]),
    history(explained),
    ...outcomeText(explained)
  ].join("\n")
}

const comparisonJson = ({ condition, distance, holds, left, missing, right }: ExplainedComparison) => ({
  condition,
  left: left ?? null,
  right: right ?? null,
  holds,
  distance: distance ?? null,
  missing
})

/** The same as one object; `null` is what does not exist. Either `held` or `closest` is empty. */
export const explanationJson = ({ best, outcome, shown, strategy }: Explained) => {
  const { conditions, excluded, holds } = shown.explanation
  const { match, score } = shown.view.snapshot
  const everHeld = best[0] !== undefined && failing(best[0]) === 0
  return {
    strategy: strategy.name,
    matchId: match.id,
    match: matchLabel(match),
    ...minuteOf(shown),
    score: [score.home, score.away],
    holds,
    excluded: excluded ?? null,
    conditions: conditions.map(({ alternatives, ...each }) => ({
      ...comparisonJson(each),
      ...(alternatives === undefined ? {} : { alternatives: alternatives.map(comparisonJson) })
    })),
    held: everHeld ? eachMinute(best).map(minuteOf) : [],
    closest: everHeld ? [] : eachMinute(best).map(minuteOf),
    outcome: outcome === undefined ? null : { result: outcome.result, decidedAt: outcome.decidedAt ?? null }
  }
}
