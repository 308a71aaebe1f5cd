import type { Alert } from "../domain/Alert.ts"
import { matchMinuteLabel } from "../domain/Snapshot.ts"

const number = (value: number): string => (Number.isInteger(value) ? `${value}` : value.toFixed(2))

/**
 * The lines of an alert as plain text: strategy, match and score at the minute it fired, competition, then each
 * condition that held with the values it compared.
 */
export const alertLines = ({ trigger }: Alert): ReadonlyArray<string> => {
  const { clock, match, score } = trigger.snapshot
  return [
    trigger.strategyName,
    `${match.home.name} ${score.home}-${score.away} ${match.away.name}, ${matchMinuteLabel(clock)}'`,
    match.competition.name,
    ...trigger.evidence.map(({ condition, left, right }) => `${condition} (${number(left)} to ${number(right)})`)
  ]
}
