import { Duration } from "effect"
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

/** A time as people say it: `45 s`, `12 min`, `3 h 5 min`. */
const spokenTime = (time: Duration.Duration): string => {
  const seconds = Math.round(Duration.toSeconds(time))
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** How late an alert is, where it is late. */
export const lateLines = ({ late }: Pick<Alert, "late">): ReadonlyArray<string> =>
  late === undefined ? [] : [`Late: this was so ${spokenTime(late)} ago`]

/**
 * The lines of an alert as plain text: strategy, match and score at the minute it fired, competition, what became of it if
 * that is known, how late it is, then each condition that held.
 */
export const alertLines = (alert: Alert): ReadonlyArray<string> => {
  const { trigger } = alert
  const { clock, match, score } = trigger.snapshot
  const verdict = verdictText(trigger.outcome)
  return [
    trigger.strategyName,
    `${match.home.name} ${score.home}-${score.away} ${match.away.name}, ${matchMinuteLabel(clock)}'`,
    match.competition.name,
    ...(verdict === undefined ? [] : [verdict]),
    ...lateLines(alert),
    ...trigger.evidence.map(evidenceText)
  ]
}
