/**
 * What a bench of the tick plays: matches that go on by a minute from tick to tick, strategies of which a chosen share of
 * pairs holds, and, told by the engine alone, which pairs those are. The same sizes give the same world.
 */
import { createHash } from "node:crypto"
import type { Snapshot, SnapshotInput } from "../../src/domain/Snapshot.ts"
import { type Condition, type Strategy, StrategyId } from "../../src/domain/Strategy.ts"
import { type Moment, moment } from "../../src/domain/Timeline.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import type { View } from "../../src/rules/evaluate.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { makeStrategies } from "../rules/strategies.ts"

/** Matches minute by minute, as the feed says them and decoded. */
export interface Played {
  readonly frames: ReadonlyArray<SnapshotInput>
  readonly snapshots: ReadonlyArray<Snapshot>
}

/** A pair that holds at some tick, and whether it does so at the first one. */
export interface WorldPair {
  readonly strategy: Strategy
  readonly matchId: string
  readonly atFirst: boolean
}

export interface World {
  readonly strategies: ReadonlyArray<Strategy>
  /** How many pairs hold at each tick. */
  readonly held: ReadonlyArray<number>
  /** The milliseconds that the engine takes for each tick. */
  readonly engineMs: ReadonlyArray<number>
  /** What the feed answers at a tick, counted from 0. */
  readonly answer: (tick: number) => ReadonlyArray<SnapshotInput>
  /** What the matches looked like before the first tick. */
  readonly past: () => Iterable<{ readonly matchId: string; readonly moment: Moment }>
  /** Every pair that holds at any tick, once. */
  readonly pairs: () => Iterable<WorldPair>
}

export interface Size {
  readonly strategies: number
  readonly matches: number
  readonly heldShare: number
  readonly ticks: number
}

/** A UUID for a name, as random ones look: those of version 5 are for strategies of files. */
const uuid = (name: string): string =>
  createHash("md5")
    .update(name)
    .digest("hex")
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})/, "$1-$2-4$3-8$4-")

/** Pairs fired at a tick: `strategies[i]` on `views[i]`. */
interface Fired {
  readonly strategies: Int32Array
  readonly views: Int32Array
}

const fire = (strategies: ReadonlyArray<Strategy>, ticks: ReadonlyArray<ReadonlyArray<View>>) => {
  const rules = RuleSet.make(strategies)
  const elapsed: Array<number> = []
  const fired = ticks.map((views): Fired => {
    const started = performance.now()
    const pairs = rules.fired(views)
    elapsed.push(performance.now() - started)
    return { strategies: pairs.strategies.slice(), views: pairs.views.slice() }
  })
  return { fired, elapsed }
}

/** More goals than a match sees, so that a condition on so many never holds. */
const mostGoals = 13

const goalsAtLeast = (goals: number): Condition => ({
  left: { metric: "goals", scope: "total" },
  comparator: ">=",
  right: goals
})

/**
 * A strategy made rarer or more frequent, step by step: at level n > 0 it also asks for n goals, at level n < 0 it lacks
 * its last n conditions, of which two stay.
 */
const atLevel = (strategy: Strategy, level: number): Strategy => {
  const [first, second, ...rest] = strategy.when
  if (level > 0) return { ...strategy, when: [first, ...strategy.when.slice(1), goalsAtLeast(level)] }
  if (level === 0 || second === undefined) return strategy
  return { ...strategy, when: [first, second, ...rest.slice(0, Math.max(0, rest.length + level))] }
}

/** How many pairs each strategy holds at every level from `lowest` on, over all ticks. */
const holdingAt = (strategies: ReadonlyArray<Strategy>, ticks: ReadonlyArray<ReadonlyArray<View>>, level: number) => {
  const levels = mostGoals + 1
  const counts = new Uint32Array(strategies.length * levels)
  const { fired } = fire(
    strategies.map((strategy) => atLevel(strategy, Math.min(level, 0))),
    ticks
  )
  fired.forEach((pairs, tick) => {
    const goals = ticks[tick]?.map(({ snapshot: { score } }) => score.home + score.away) ?? []
    pairs.views.forEach((view, index) => {
      const most = Math.min(goals[view] ?? 0, mostGoals)
      const from = (pairs.strategies[index] ?? 0) * levels
      for (let at = 0; at <= most; at++) counts[from + at] = (counts[from + at] ?? 0) + 1
    })
  })
  return (strategy: number, at: number): number => counts[strategy * levels + Math.max(at, 0)] ?? 0
}

/**
 * Steers the share of pairs that hold to `heldShare`: all strategies are brought to the level at which more hold, then
 * one after another to the next, until no more than the share holds.
 */
const steer = (
  strategies: ReadonlyArray<Strategy>,
  ticks: ReadonlyArray<ReadonlyArray<View>>,
  heldShare: number
): ReadonlyArray<Strategy> => {
  const target = heldShare * strategies.length * ticks.reduce((sum, views) => sum + views.length, 0)
  const total = (count: (strategy: number) => number) => strategies.reduce((sum, _, index) => sum + count(index), 0)
  let level = 0
  let holding = holdingAt(strategies, ticks, 0)
  let next = holding
  while (level > -3 && total((index) => holding(index, level)) < target) {
    level -= 1
    next = holding
    holding = holdingAt(strategies, ticks, level)
  }
  if (level === 0) while (level < mostGoals && total((index) => next(index, level + 1)) > target) level += 1
  let sum = total((index) => holding(index, level))
  return strategies.map((strategy, index) => {
    const change = holding(index, level) - next(index, level + 1)
    const isNearer = Math.abs(sum - change - target) < Math.abs(sum - target)
    if (sum <= target || !isNearer) return atLevel(strategy, level)
    sum -= change
    return atLevel(strategy, level + 1)
  })
}

/**
 * The matches under way. None ends, and so none begins, within so many ticks: what begins is new to the service, and a steady
 * tick is one that meets nothing new.
 */
const makeSlots = (matches: ReadonlyArray<Played>, count: number, ticks: number, next: () => number) =>
  Array.from({ length: count }, (_, slot) => {
    const played = matches[Math.floor(next() * matches.length)]
    if (played === undefined) throw new Error("there is no match to play")
    const { frames, snapshots } = played
    const from = Math.floor(next() * Math.max(1, snapshots.length - ticks))
    const timeline = snapshots.map(moment)
    const at = (tick: number) => {
      const minute = (from + tick) % snapshots.length
      return { minute, round: Math.floor((from + tick) / snapshots.length) }
    }
    const matchId = (round: number): string => `bench-${slot}-${round}`
    return {
      from,
      timeline,
      view: (tick: number): View => {
        const { minute } = at(tick)
        const snapshot = snapshots[minute]
        if (snapshot === undefined) throw new Error("a match without a minute")
        return { snapshot, timeline: timeline.slice(0, minute + 1) }
      },
      round: (tick: number) => at(tick).round,
      matchId,
      answer: (tick: number): SnapshotInput => {
        const { minute, round } = at(tick)
        const frame = frames[minute]
        if (frame === undefined) throw new Error("a match without a minute")
        return { ...frame, match: { ...frame.match, id: matchId(round) } }
      }
    }
  })

export const makeWorld = (matches: ReadonlyArray<Played>, size: Size): World => {
  const next = seeded(`bench:tick ${size.strategies} ${size.matches}`)
  const slots = makeSlots(matches, size.matches, size.ticks, next)
  const ticks = Array.from({ length: size.ticks }, (_, tick) => slots.map(({ view }) => view(tick)))
  const [views = []] = ticks
  const competitions = [...new Set(views.map(({ snapshot }) => snapshot.match.competition.id))]
  const made = makeStrategies(
    views,
    competitions,
    "usual"
  )(size.strategies, next).map((strategy, index) => ({
    ...strategy,
    id: StrategyId.make(uuid(`bench:tick ${index}`))
  }))
  const strategies = steer(made, ticks, size.heldShare)
  const { elapsed, fired } = fire(strategies, ticks)
  const last = size.ticks - 1
  const rounds = 1 + Math.max(...slots.map(({ round }) => round(last)))
  const places = slots.length * rounds

  const pairs = function* (): Iterable<WorldPair> {
    const seen = new Uint8Array(Math.ceil((strategies.length * places) / 8))
    for (const [tick, { strategies: who, views: where }] of fired.entries()) {
      for (let index = 0; index < where.length; index++) {
        const slot = slots[where[index] ?? 0]
        const strategy = strategies[who[index] ?? 0]
        if (slot === undefined || strategy === undefined) continue
        const round = slot.round(tick)
        const pair = (who[index] ?? 0) * places + (where[index] ?? 0) * rounds + round
        const bit = 1 << (pair & 7)
        if (((seen[pair >> 3] ?? 0) & bit) !== 0) continue
        seen[pair >> 3] = (seen[pair >> 3] ?? 0) | bit
        yield { strategy, matchId: slot.matchId(round), atFirst: tick === 0 }
      }
    }
  }

  return {
    strategies,
    held: fired.map((pairs) => pairs.views.length),
    engineMs: elapsed,
    answer: (tick) => slots.map(({ answer }) => answer(tick)),
    past: function* () {
      for (const { from, matchId, timeline } of slots) {
        for (const each of timeline.slice(0, from)) yield { matchId: matchId(0), moment: each }
      }
    },
    pairs
  }
}
