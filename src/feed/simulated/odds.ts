/** What a bookmaker quotes of a simulated match. */
import type { Side, Sides } from "../../domain/Match.ts"
import type { Figure, Score } from "../../domain/Snapshot.ts"

/** The bookmaker's part: the implied probabilities of the outcomes of a market add up to 1 + margin. */
export const margin = 0.05

/** A number to so many digits. */
export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))

/** The decimal odds of an outcome, within what is ever quoted: 1.01 to 1000. */
const price = (probability: number): number => {
  const fair = Math.min(1000, Math.max(1.01, 1 / (probability * (1 + margin))))
  return rounded(fair, fair < 20 ? 2 : 0)
}

/** The probabilities of 0, 1, 2, … goals. Beyond 20 they are as good as 0 for any match of football. */
export const goals = (expected: number): ReadonlyArray<number> => {
  let mass = Math.exp(-expected)
  return Array.from({ length: 21 }, (_, count) => {
    if (count > 0) mass *= expected / count
    return mass
  })
}

export const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/**
 * The odds at a score with these goals still expected, by metric name without `odds.`, the margin spread over the
 * outcomes in proportion. A market that is decided (three goals for over 2.5) is no longer quoted.
 */
export const quote = (score: Score, remaining: Sides): Readonly<Record<string, Figure>> => {
  const away = goals(remaining.away)
  const lead = score.home - score.away
  let homeWin = 0
  let draw = 0
  // What the away team scores while staying behind, for a home team that scores `count` more.
  let behind = sum(away.slice(0, Math.max(0, lead)))
  goals(remaining.home).forEach((mass, count) => {
    const level = away[count + lead] ?? 0
    homeWin += mass * behind
    draw += mass * level
    behind += level
  })
  const quoted: Record<string, Figure> = {
    win: { home: price(homeWin), away: price(Math.max(0, 1 - homeWin - draw)) },
    draw: price(draw)
  }
  const total = goals(remaining.home + remaining.away)
  for (const line of [0, 1, 2, 3]) {
    const atMost = line - score.home - score.away
    if (atMost < 0) continue
    const under = Math.min(1, sum(total.slice(0, atMost + 1)))
    quoted[`over_${line}_5`] = price(1 - under)
    if (line === 2) quoted.under_2_5 = price(under)
  }
  if (score.home === 0 || score.away === 0) {
    const scores = (side: Side) => (score[side] > 0 ? 1 : 1 - Math.exp(-remaining[side]))
    const both = scores("home") * scores("away")
    quoted.btts_yes = price(both)
    quoted.btts_no = price(1 - both)
  }
  return quoted
}

const opened: ReadonlyArray<string> = ["win", "draw", "over_2_5", "btts_yes"]

/** The odds before kick-off, under their pre-match names. */
export const opening = (expected: Sides): Readonly<Record<string, Figure>> =>
  Object.fromEntries(
    Object.entries(quote({ home: 0, away: 0 }, expected)).flatMap(([market, figure]) =>
      opened.includes(market) ? [[`${market}_odds`, figure]] : []
    )
  )
