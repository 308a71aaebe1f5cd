import type { Alert } from "../domain/Alert.ts"
import { matchMinuteLabel } from "../domain/Snapshot.ts"
import type { Evidence } from "../domain/Trigger.ts"
import { verdictText } from "./verdictText.ts"

/** A value as a reader wants it: whole, or with two decimals. */
const number = (value: number): string => (Number.isInteger(value) ? `${value}` : value.toFixed(2))

/** A condition that held, with the values it compared: `minute >= 70 (74)`, `home goals < away goals (0 and 1)`. */
export const evidenceText = ({ condition, left, right }: Evidence): string =>
  condition.endsWith(` ${right}`)
    ? `${condition} (${number(left)})`
    : `${condition} (${number(left)} and ${number(right)})`

/**
 * The lines of an alert as plain text: strategy, match and score at the minute it fired, competition, what became of it if
 * that is known, then each condition that held.
 */
export const alertLines = ({ trigger }: Alert): ReadonlyArray<string> => {
  const { clock, match, score } = trigger.snapshot
  const verdict = verdictText(trigger.outcome)
  return [
    trigger.strategyName,
    `${match.home.name} ${score.home}-${score.away} ${match.away.name}, ${matchMinuteLabel(clock)}'`,
    match.competition.name,
    ...(verdict === undefined ? [] : [verdict]),
    ...trigger.evidence.map(evidenceText)
  ]
}
