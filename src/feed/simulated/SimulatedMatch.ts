/**
 * One football match out of a seed: the same seed and teams give the same match, minute by minute.
 *
 * Averages follow the Premier League 2017/18 as recorded by Wyscout (Pappalardo et al., "A public data set of
 * spatio-temporal match events in soccer competitions", Scientific Data 6:236, 2019; game weeks 1 to 19, 190 matches),
 * counted as the metric catalogue defines them (an attack is a spell of possession that reaches the opponent's half, a
 * dangerous one reaches the last fifth of the pitch). football-data.co.uk (its file E0 of that season, all 380 matches)
 * agrees within 5 percent on goals, shots, shots on target, corners, fouls and yellow cards.
 *
 * Play is a chain, which is why the figures of a match fit together: of the attacks some are dangerous, some of those
 * end in a shot, and a shot is a goal, saved, blocked or off target. Goals so are a Poisson process whose rates depend
 * on the teams, the minute and red cards, and `quote` prices what is left of it.
 */
import { Effect, Random, Record, Struct } from "effect"
import type { Side, Sides } from "../../domain/Match.ts"
import type { MetricName } from "../../domain/Metric.ts"
import { type Figure, type MatchMinute, matchMinute, type Score } from "../../domain/Snapshot.ts"
import { goals, opening, rounded, sum } from "./odds.ts"

/** How many goals a team scores and concedes, relative to an average team: 1.2 is a fifth more than average. */
export interface Strength {
  readonly scoring: number
  readonly conceding: number
}

/** The in-play metrics of a simulated match. */
export type SimulatedStatistic = keyof typeof nothing

/** A match at the end of one scoreboard minute. */
export interface SimulatedMinute extends MatchMinute {
  readonly score: Score
  /** In-play metrics by their name in the catalogue. */
  readonly statistics: Readonly<Record<SimulatedStatistic, Sides>>
  /** The goals that each team is expected to score from here to full time: with the score, all that odds depend on. */
  readonly remaining: Sides
}

/** A whole match: each scoreboard minute of both halves, up to the last added one. */
export interface SimulatedMatch {
  /** What was known before kick-off, by metric name without `prematch.`. */
  readonly prematch: Readonly<Record<string, Figure>>
  /** The goals that each team was expected to score before kick-off. */
  readonly expected: Sides
  readonly firstHalf: ReadonlyArray<SimulatedMinute>
  readonly secondHalf: ReadonlyArray<SimulatedMinute>
}

/** The greatest number of added minutes of each half; the least are 1 and 2. */
export const longestAdded = { firstHalf: 5, secondHalf: 8 } as const

/** Deterministic numbers in [0, 1) for a seed: Effect's own seeded generator, taken out of its service. */
export const seeded = (seed: string): (() => number) => {
  const random = Effect.runSync(Random.withSeed(Effect.service(Random.Random), seed))
  return () => random.nextDoubleUnsafe()
}

const nothing = {
  goals: 0,
  shots: 0,
  shots_on_target: 0,
  shots_off_target: 0,
  shots_blocked: 0,
  saves: 0,
  penalties: 0,
  corners: 0,
  attacks: 0,
  dangerous_attacks: 0,
  possession: 50,
  passes: 0,
  accurate_passes: 0,
  crosses: 0,
  throw_ins: 0,
  offsides: 0,
  fouls: 0,
  free_kicks: 0,
  yellow_cards: 0,
  red_cards: 0,
  substitutions: 0
} satisfies { readonly [name in MetricName]?: number }

const names = Struct.keys(nothing)

const other = { home: "away", away: "home" } as const satisfies Record<Side, Side>
const sides = ["home", "away"] as const satisfies ReadonlyArray<Side>

/** Shots in an average match. */
const shotsPerMatch = { home: 12.9, away: 10.7 } as const

/** What comes of a shot. An own goal is no shot of the team that it counts for, but is as likely as that team shoots. */
const perShot = { penalty: 0.0093, goal: 0.103, saved: 0.237, blocked: 0.275, corner: 0.2, ownGoal: 0.003 } as const
const perPenalty = { goal: 0.75, saved: 0.17 } as const
const goalsPerShot = perShot.ownGoal + perShot.penalty * perPenalty.goal + (1 - perShot.penalty) * perShot.goal

/** What an average team does in a match, beside shooting: `threats` are dangerous attacks that end without a shot. */
const perTeam = { threats: 20.2, buildUps: 38.3, passes: 434, offsides: 2, throwIns: 22.4, fouls: 10.8 } as const

/**
 * The goals of a team a player down, and of the team that plays against it, relative to eleven against eleven: fewer by
 * much, more by little, as Vecer, Kopriva and Ichiba find (Journal of Quantitative Analysis in Sports 5:1, 2009).
 */
const sentOff = { own: 2 / 3, opponent: 5 / 4 } as const

/** When substitutions are made: the share of them made up to the end of each window, and the window's minutes. */
const windows = [
  { upTo: 0.04, from: 5, length: 40 },
  { upTo: 0.16, from: 46, length: 14 },
  { upTo: 0.53, from: 60, length: 15 },
  { upTo: 1, from: 75, length: 15 }
] as const

/** How much happens in a minute, as a share of the match: more towards the end; added minutes are as the 45th or 90th. */
const pace = ({ minute }: MatchMinute): number => (0.85 + 0.3 * (minute / 90)) / 98.1

/** A Poisson number by inversion: one random number a count, whatever the rate. */
const poisson = (next: () => number, rate: number): number => {
  let mass = Math.exp(-rate)
  let count = 0
  for (let left = next() - mass; left >= 0 && count < 100; left -= mass) {
    count += 1
    mass *= rate / count
  }
  return count
}

const binomial = (next: () => number, trials: number, probability: number): number => {
  let count = 0
  for (let trial = 0; trial < trials; trial++) if (next() < probability) count += 1
  return count
}

/** The minutes at which a team replaces a player; three are allowed, as in the season that the averages are from. */
const substitutions = (next: () => number): ReadonlyArray<number> =>
  Array.from({ length: next() < 0.77 ? 3 : 2 }, () => {
    const draw = next()
    const { from, length } = windows.find(({ upTo }) => draw < upTo) ?? windows[3]
    return from + Math.floor(next() * length)
  })

/** The scoreboard minutes of a half. */
const minutesOf = (period: "1H" | "2H", added: number): ReadonlyArray<MatchMinute> =>
  Array.from({ length: 45 + added }, (_, index) => matchMinute(period, index * 60))

/**
 * Plays the match of a seed between two teams. Any seed and any positive strengths give a match.
 *
 * Each minute holds every event up to its end. Counts never fall, home and away possession add up to 100, goals but for
 * own goals are shots on target, and these are shots.
 */
export const simulateMatch = (
  seed: string,
  teams: { readonly home: Strength; readonly away: Strength }
): SimulatedMatch => {
  const next = seeded(seed)
  const firstHalf = minutesOf("1H", 1 + binomial(next, longestAdded.firstHalf - 1, 0.38))
  const secondHalf = minutesOf("2H", 2 + binomial(next, longestAdded.secondHalf - 2, 0.46))
  const bench = { home: substitutions(next), away: substitutions(next) }
  const shots = {
    home: shotsPerMatch.home * teams.home.scoring * teams.away.conceding,
    away: shotsPerMatch.away * teams.away.scoring * teams.home.conceding
  }
  // Whoever shoots more has more of the ball, but for the style of the day and the spells of pressure within a match.
  const control = 0.5 + 0.15 * Math.log(shots.home / shots.away) + 0.3 * (next() - 0.5)
  let pressure = 0
  const count = { home: { ...nothing }, away: { ...nothing } }
  const shooting = (side: Side): number =>
    shots[side] * sentOff.own ** count[side].red_cards * sentOff.opponent ** count[other[side]].red_cards

  const shoot = (side: Side): void => {
    const own = count[side]
    const opponent = count[other[side]]
    const penalty = next() < perShot.penalty
    const { goal, saved } = penalty ? perPenalty : perShot
    const fate = next()
    own.shots += 1
    if (penalty) {
      own.penalties += 1
      opponent.fouls += 1
    }
    if (fate < goal + saved) {
      own.shots_on_target += 1
      if (fate < goal) own.goals += 1
      else opponent.saves += 1
    } else if (!penalty && fate < goal + saved + perShot.blocked) own.shots_blocked += 1
    else own.shots_off_target += 1
    if (fate >= goal && next() < perShot.corner) own.corners += 1
    if (next() < perShot.ownGoal) own.goals += 1
  }

  const foul = (side: Side, minute: number): void => {
    const own = count[side]
    // Referees are lenient early: a foul of the last minutes is four times as likely to be a card as one of the first.
    const late = 0.4 + 1.2 * (minute / 90)
    own.fouls += 1
    if (next() < 0.134 * late) own.yellow_cards += 1
    else if (next() < 0.0068 * late) own.red_cards += 1
  }

  const play = (side: Side, at: MatchMinute): void => {
    const own = count[side]
    const share = pace(at)
    const ball = side === "home" ? control + pressure : 1 - control - pressure
    // The ball a team has, relative to half of it.
    const grip = 2 * Math.min(0.85, Math.max(0.15, ball))
    const chances = poisson(next, shooting(side) * share)
    const threats = poisson(next, perTeam.threats * grip * share)
    const passes = poisson(next, perTeam.passes * grip * share)
    for (let chance = 0; chance < chances; chance++) shoot(side)
    own.dangerous_attacks += chances + threats
    own.attacks += chances + threats + poisson(next, perTeam.buildUps * Math.sqrt(grip) * share)
    own.corners += binomial(next, threats, 0.155)
    own.crosses += poisson(next, 0.5 * (chances + threats))
    own.passes += passes
    own.accurate_passes += binomial(next, passes, 0.745 + 0.08 * grip)
    own.throw_ins += poisson(next, perTeam.throwIns * share)
    own.offsides += poisson(next, perTeam.offsides * share)
    for (let fouls = poisson(next, perTeam.fouls * share); fouls > 0; fouls--) foul(side, at.minute)
    if (at.added === 0) own.substitutions += bench[side].filter((minute) => minute === at.minute).length
  }

  // What follows from the other figures: the share of the passes is the share of the ball, and a foul or an offside
  // gives the other team a free kick, unless it was a penalty.
  const derive = (): void => {
    const { away, home } = count
    const passes = home.passes + away.passes
    home.possession = passes === 0 ? 50 : Math.round((100 * home.passes) / passes)
    away.possession = 100 - home.possession
    for (const side of sides) {
      const opponent = count[other[side]]
      count[side].free_kicks = opponent.fouls + opponent.offsides - count[side].penalties
    }
  }

  let left = [...firstHalf, ...secondHalf].reduce((sum, at) => sum + pace(at), 0)
  const remaining = (): Sides => ({
    home: Math.max(0, left) * goalsPerShot * shooting("home"),
    away: Math.max(0, left) * goalsPerShot * shooting("away")
  })
  const expected = remaining()
  const statistics = Record.map(nothing, (value): Sides => ({ home: value, away: value }))
  const minute = (at: MatchMinute): SimulatedMinute => {
    pressure = 0.9 * pressure + 0.1 * (next() - 0.5)
    for (const side of sides) play(side, at)
    derive()
    left -= pace(at)
    // Figures that did not change are shared between minutes: a thousand matches fit in memory with ease.
    for (const name of names) {
      const home = count.home[name]
      const away = count.away[name]
      if (statistics[name].home !== home || statistics[name].away !== away) statistics[name] = { home, away }
    }
    return { ...at, score: statistics.goals, statistics: { ...statistics }, remaining: remaining() }
  }
  return {
    prematch: { ...opening(expected), ...season(teams) },
    expected,
    firstHalf: firstHalf.map(minute),
    secondHalf: secondHalf.map(minute)
  }
}

/** What teams of this strength did so far this season, against average opponents. */
const season = (teams: Readonly<Record<Side, Strength>>): Readonly<Record<string, Figure>> => {
  const average = (goalsPerShot * (shotsPerMatch.home + shotsPerMatch.away)) / 2
  const both = (figure: (scored: number, conceded: number) => number): Sides => ({
    home: figure(average * teams.home.scoring, average * teams.home.conceding),
    away: figure(average * teams.away.scoring, average * teams.away.conceding)
  })
  return {
    goals_scored: both((scored) => rounded(scored, 2)),
    goals_conceded: both((_, conceded) => rounded(conceded, 2)),
    corners: both((scored) => rounded(5.2 * Math.sqrt(scored / average), 2)),
    cards: both((_, conceded) => rounded(1.6 * Math.sqrt(conceded / average), 2)),
    btts_rate: both((scored, conceded) => Math.round(100 * (1 - Math.exp(-scored)) * (1 - Math.exp(-conceded)))),
    over_2_5_rate: both((scored, conceded) => Math.round(100 * (1 - sum(goals(scored + conceded).slice(0, 3))))),
    clean_sheet_rate: both((_, conceded) => Math.round(100 * Math.exp(-conceded)))
  }
}
