/**
 * An evening whose end is known before it begins: matches whose figures only rise, strategies that hold from a figure on, and
 * so the pairs that must fire, of the reference evaluator. Beside them matches on which a strategy holds for one poll alone.
 */
import { Schema } from "effect"
import { Snapshot, type SnapshotInput } from "../../src/domain/Snapshot.ts"
import { type Strategy, StrategyId } from "../../src/domain/Strategy.ts"
import { moment } from "../../src/domain/Timeline.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import { evaluate } from "../../src/rules/evaluate.ts"
import { condition } from "../backtest/recordings.ts"
import { strategyId } from "../fixtures/pipeline.ts"

const metrics = ["corners", "shots", "fouls", "shots_on_target"] as const

/** Owners, each with a chat of their own. */
export const owners = 72

export const ownerId = (index: number) => `a0000000-0000-4000-8000-${String(index).padStart(12, "0")}`
export const chatOf = (index: number) => `${10_000 + index}`

/** The name that a message shows of a strategy and a match, which together are the pair. */
const strategyName = (index: number) => `Rule ${index}`
const homeName = (index: number) => `Home ${index}`
const fleetingName = (index: number) => `Brief ${index}`

export interface Evening {
  readonly strategies: ReadonlyArray<Strategy>
  /** The pairs that must fire: `strategy name|home team`. */
  readonly pairs: ReadonlySet<string>
  /** How far the evening is when each pair holds first. */
  readonly holdsFrom: ReadonlyMap<string, number>
  /** How many matches hold for one poll alone. */
  readonly brief: number
  /** All matches when this part of the evening is over, from 0 to 1. `holds` is the brief match that holds now, if any. */
  readonly shown: (progress: number, holds?: number) => ReadonlyArray<SnapshotInput>
  /** The pair of a brief match. */
  readonly briefPair: (index: number) => string
}

/** The pair that a message is about, or none where it is of another evening. */
export const pairOfText = (text: string): string | undefined => {
  const [, rule, home] = /(Rule \d+)[\s\S]*?((?:Home|Brief) \d+)/.exec(text) ?? []
  return rule === undefined || home === undefined ? undefined : `${rule}|${home}`
}

const decode = Schema.decodeSync(Snapshot)

/** Makes the evening of a seed, with at least so many pairs. */
export const makeEvening = (seed: string, atLeast: number): Evening => {
  const next = seeded(`chaos/${seed}`)
  const steps = Math.ceil(Math.sqrt(atLeast) / 2)
  const strategies = Array.from(
    { length: metrics.length * steps },
    (_, index): Strategy => ({
      id: StrategyId.make(strategyId(900_000 + index)),
      name: strategyName(index),
      when: [condition(`total ${metrics[index % metrics.length]} >= ${Math.floor(index / metrics.length) + 1}`)],
      active: true
    })
  )
  const briefly: Strategy = {
    id: StrategyId.make(strategyId(990_000)),
    name: strategyName(999_999),
    when: [condition("home possession >= 90")],
    active: true
  }
  // Every fourth figure is at its greatest, the others anywhere: about five eighths of all pairs hold in the end.
  const ends: Array<ReadonlyArray<number>> = []
  for (let held = 0; held < atLeast; ) {
    const figures = metrics.map((_, place) => (place === 0 ? steps : Math.floor(next() * (steps + 1))))
    ends.push(figures)
    held += figures.reduce((sum, end) => sum + end, 0)
  }
  const match = (id: string, home: string) => ({
    id,
    competition: { id: "8", name: "League" },
    home: { name: home },
    away: { name: "Away" },
    kickOff: new Date(Date.now() - 60_000).toISOString()
  })
  const brief = 400
  const matches = ends.map((_, index) => match(`sr:match:${index}`, homeName(index)))
  const briefMatches = Array.from({ length: brief }, (_, index) => match(`brief:${index}`, fleetingName(index)))
  const clock = (progress: number): SnapshotInput["clock"] => {
    const minute = Math.min(90, 1 + Math.floor(90 * progress))
    return { period: minute <= 45 ? "1H" : "2H", minute, added: 0, status: "live" }
  }
  const shown: Evening["shown"] = (progress, holds) => [
    ...matches.map((each, index) => ({
      match: each,
      clock: clock(progress),
      score: { home: 0, away: 0 },
      statistics: Object.fromEntries(
        metrics.map((name, place) => [name, { home: Math.floor((ends[index]?.[place] ?? 0) * progress), away: 0 }])
      )
    })),
    // Of the brief ones those around the one that holds.
    ...briefMatches.slice(Math.max(0, (holds ?? 0) - 1), (holds ?? 0) + 2).map((each, index) => {
      const home = holds !== undefined && index === Math.min(holds, 1) ? 95 : 50
      return {
        match: each,
        clock: clock(progress),
        score: { home: 0, away: 0 },
        statistics: { possession: { home, away: 100 - home } }
      }
    })
  ]
  const pairs = new Set(
    shown(1).flatMap((input) => {
      const snapshot = decode(input)
      const view = { snapshot, timeline: [moment(snapshot)] }
      return strategies
        .filter((strategy) => evaluate(strategy, view) !== undefined)
        .map(({ name }) => `${name}|${snapshot.match.home.name}`)
    })
  )
  const holdsFrom = new Map(
    ends.flatMap((figures, match) =>
      figures.flatMap((end, place) =>
        Array.from({ length: end }, (_, step): [string, number] => [
          `${strategyName(step * metrics.length + place)}|${homeName(match)}`,
          (step + 1) / end
        ])
      )
    )
  )
  return {
    holdsFrom,
    strategies: [...strategies, briefly],
    pairs,
    brief,
    shown,
    briefPair: (index) => `${briefly.name}|${fleetingName(index)}`
  }
}
