import { type MetricName, metric } from "../../src/domain/Metric.ts"
import {
  type Figures,
  type MatchMinute,
  matchMinute,
  periodStart,
  periods,
  type Snapshot
} from "../../src/domain/Snapshot.ts"
import {
  type Comparison,
  type Condition,
  comparators,
  type Expression,
  type Strategy,
  StrategyId,
  scopes,
  type Window
} from "../../src/domain/Strategy.ts"
import { moment, record, type Timeline } from "../../src/domain/Timeline.ts"
import type { View } from "../../src/rules/evaluate.ts"
import { snapshot } from "./scene.ts"

// Few metrics and small numbers, so that conditions often hold, and often only just.
const names: ReadonlyArray<MetricName> = [
  "goals",
  "goals",
  "shots",
  "corners",
  "red_cards",
  "passes",
  "possession",
  "odds.win",
  "odds.draw",
  "prematch.win_odds",
  "prematch.draw_odds",
  "prematch.position"
]

const anyMatch = snapshot()

/** Strategies and views out of random numbers, with everything in them that an evaluator may meet, odd cases often. */
export const generator = (next: () => number) => {
  const chance = (probability: number): boolean => next() < probability
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  const list = <A>(from: number, to: number, make: () => A): ReadonlyArray<A> =>
    Array.from({ length: integer(from, to) }, make)
  const pick = <A>(first: A, ...rest: ReadonlyArray<A>): A => rest[integer(-1, rest.length - 1)] ?? first
  const sides = (most: number) => ({ home: integer(0, most), away: integer(0, most) })
  // Tenths are what sums and products miss by a little.
  const price = (): number => (chance(0.5) ? 1 + integer(0, 8) / 4 : integer(10, 40) / 10)
  const prices = () => ({ home: price(), away: price() })

  const minute = (): number => pick(0, 1, 15, 30, 44, 45, 46, 60, 90, 105, integer(0, 120), integer(0, 120))
  const competition = (): string => pick("28", "364", "9")

  const window = (): Window => {
    const from = integer(0, 100)
    return pick<Window>(
      { last: integer(1, 50) },
      { last: 15 },
      { since: minute() },
      { at: minute() },
      { ago: integer(1, 50) },
      { between: [from, from + integer(1, 20)] },
      { between: [0, 45] },
      "first half",
      "second half",
      "half-time",
      "since trigger"
    )
  }

  const value = (): Expression => {
    const name = pick<MetricName>("shots", ...names)
    const { group, sided } = metric(name)
    return {
      metric: name,
      ...(sided && chance(0.9) ? { scope: pick("home", ...scopes) } : {}),
      ...(group !== "prematch" && chance(0.5) ? { window: window() } : {})
    }
  }

  const number = (): number => {
    if (chance(0.1)) return integer(10, 80) / 10
    if (chance(0.1)) return pick(0.5, 2.5, -0, -1, 1e9, 33.3, 1e308, 32_767, -32_767, -32_768, 32_768.5)
    return chance(0.1) ? integer(0, 20_000) : integer(0, 6)
  }

  const expression = (depth = 0): Expression => {
    const kind = next()
    if (kind < 0.1) return number()
    if (kind < 0.2) return "minute"
    if (kind < 0.8 || depth === 2) return value()
    return { op: pick("+", "-", "*", "/"), left: expression(depth + 1), right: expression(depth + 1) }
  }

  const fresh = (): Comparison => {
    const left = expression()
    const right = chance(0.3) ? expression() : left === "minute" ? minute() : number()
    const comparator = pick(">=", ...comparators)
    return chance(0.8) ? { left, comparator, right } : { left: right, comparator, right: left }
  }

  // Most are drawn from a few, as the conditions of many users are.
  const common = Array.from({ length: 60 }, fresh)
  const comparison = (): Comparison => (chance(0.6) ? pick(fresh(), ...common) : fresh())
  const condition = (): Condition => (chance(0.2) ? { any: [comparison(), ...list(0, 3, comparison)] } : comparison())

  /** A strategy, one in ten inactive, one in three for some competitions only. */
  const strategy = (id: string): Strategy => ({
    id: StrategyId.make(id),
    name: `Strategy ${id}`,
    when: [condition(), ...list(0, 3, condition)],
    active: chance(0.9),
    ...(chance(0.3) ? { competitions: [competition(), ...list(0, 1, competition)] as const } : {})
  })

  const some = <A>(figures: { readonly [name: string]: () => A }): { readonly [name: string]: A } =>
    Object.fromEntries(Object.entries(figures).flatMap(([name, make]) => (chance(0.75) ? [[name, make()]] : [])))

  /** A moment up to this period. Some feeds begin a period under the minute at which the last one ended. */
  const played = (upTo: number): MatchMinute => {
    const period = periods[integer(0, upTo)] ?? "1H"
    return chance(0.1) ? { period, minute: periodStart[period], added: 0 } : matchMinute(period, 60 * integer(0, 48))
  }

  /** A match at some moment up to this period, each figure known or not. */
  const shown = (upTo: number): Snapshot => ({
    ...anyMatch,
    match: { ...anyMatch.match, competition: { id: competition(), name: "A cup" } },
    clock: { ...played(upTo), status: pick("live", "live", "live", "break", "finished", "scheduled") },
    score: sides(3),
    statistics: {
      ...some({
        shots: () => sides(6),
        corners: () => sides(6),
        passes: () => sides(9999),
        red_cards: () => sides(1),
        possession: () => sides(50)
      }),
      // Counts that are none, or too many.
      ...(chance(0.03) ? { corners: { home: 2.5, away: integer(0, 6) } } : {}),
      ...(chance(0.03) ? { corners: { home: 40_000, away: integer(0, 6) } } : {}),
      // What belongs among the odds is found here too.
      ...(chance(0.05) ? { "odds.win": prices() } : {})
    },
    prematch: some<number | { home: number; away: number }>({
      win_odds: prices,
      draw_odds: price,
      position: () => sides(6)
    }),
    odds: some<number | { home: number; away: number }>({ win: prices, draw: price })
  })

  /** Figures that the catalogue does not expect: a single one where it has one for each team, or the other way round. */
  const odd = (figures: Figures): Figures =>
    chance(0.05) ? { ...figures, shots: integer(0, 6), "odds.draw": sides(3) } : figures

  /** A match now, with a past that may be empty, may begin late, and may lack the moment now. */
  const view = (): View => {
    const upTo = integer(0, 3)
    const now = shown(upTo)
    const past = list(0, 7, () => moment(shown(upTo)))
    const timeline = [...past, ...(chance(0.9) ? [moment(now)] : [])]
      .map((each) => ({ ...each, figures: odd(each.figures) }))
      .reduce<Timeline>(record, [])
    return { snapshot: now, timeline, ...(chance(0.3) ? { trigger: moment(shown(upTo)) } : {}) }
  }

  return { strategy, view, chance, integer }
}
