import { assert, describe, it } from "@effect/vitest"
import type { Side } from "../../../src/domain/Match.ts"
import { isMetricName, metric } from "../../../src/domain/Metric.ts"
import { compareMatchMinutes, matchMinuteLabel } from "../../../src/domain/Snapshot.ts"
import { margin, quote } from "../../../src/feed/simulated/odds.ts"
import {
  longestAdded,
  type SimulatedMatch,
  type SimulatedMinute,
  type SimulatedStatistic,
  simulateMatch
} from "../../../src/feed/simulated/SimulatedMatch.ts"

const average = { scoring: 1, conceding: 1 }
const strong = { scoring: 1.5, conceding: 0.7 }
const weak = { scoring: 0.7, conceding: 1.4 }

const matches = Array.from({ length: 1000 }, (_, index) =>
  simulateMatch(`test ${index}`, { home: average, away: average })
)

const minutesOf = (match: SimulatedMatch): ReadonlyArray<SimulatedMinute> => [...match.firstHalf, ...match.secondHalf]

const last = <A>(items: ReadonlyArray<A>): A => {
  const item = items.at(-1)
  if (item === undefined) throw new Error("expected an item")
  return item
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

const meanAtFullTime = (name: SimulatedStatistic, side: Side): number =>
  mean(matches.map((match) => last(match.secondHalf).statistics[name][side]))

const assertBetween = (value: number, least: number, greatest: number, what: string) =>
  assert.isTrue(value >= least && value <= greatest, `${what}: ${value} is not within ${least} to ${greatest}`)

const number = (figure: unknown): number => {
  if (typeof figure !== "number") throw new Error(`expected a number, got ${String(figure)}`)
  return figure
}

const oneXTwo = (minute: Pick<SimulatedMinute, "score" | "remaining">) => {
  const { draw, win } = quote(minute.score, minute.remaining)
  if (typeof win !== "object") throw new Error("expected a price of each win")
  return { home: win.home, draw: number(draw), away: win.away }
}

describe("simulateMatch", () => {
  // Wyscout, Premier League 2017/18, game weeks 1 to 19: the averages of 190 matches.
  it.each([
    ["goals", 1.45, 1.2],
    ["shots", 12.94, 10.65],
    ["shots_on_target", 4.39, 3.76],
    ["shots_off_target", 4.86, 4.13],
    ["shots_blocked", 3.69, 2.76],
    ["corners", 5.82, 4.61],
    ["crosses", 18.22, 14.08],
    ["fouls", 10.71, 11.02],
    ["free_kicks", 12.38, 12.41],
    ["throw_ins", 22.98, 21.79],
    ["offsides", 2.15, 1.87],
    ["yellow_cards", 1.55, 1.56],
    ["passes", 452, 415.5],
    ["accurate_passes", 375.5, 342.5]
  ] as const)("averages the %s of real matches within a tenth", (name, home, away) => {
    assertBetween(meanAtFullTime(name, "home"), home * 0.9, home * 1.1, "home")
    assertBetween(meanAtFullTime(name, "away"), away * 0.9, away * 1.1, "away")
    const total = meanAtFullTime(name, "home") + meanAtFullTime(name, "away")
    assertBetween(total, (home + away) * 0.95, (home + away) * 1.05, "total")
  })

  it.each([
    ["red_cards", 0.1, 0.18],
    ["penalties", 0.16, 0.28],
    ["saves", 5.3, 6.2],
    ["substitutions", 5.4, 5.7],
    ["attacks", 130, 150],
    ["dangerous_attacks", 60, 68]
  ] as const)("averages the %s of real matches", (name, least, greatest) => {
    assertBetween(meanAtFullTime(name, "home") + meanAtFullTime(name, "away"), least, greatest, name)
  })

  it("gives the same match for the same seed, and another one for another seed", () => {
    const teams = { home: strong, away: weak }
    assert.deepStrictEqual(simulateMatch("a", teams), simulateMatch("a", teams))
    assert.notDeepEqual(simulateMatch("a", teams).secondHalf, simulateMatch("b", teams).secondHalf)
  })

  it("has each scoreboard minute once and in order, with added time in both halves", () => {
    for (const match of matches.slice(0, 100)) {
      const minutes = minutesOf(match)
      minutes.slice(1).forEach((minute, index) => {
        const before = minutes[index]
        assert.isTrue(before !== undefined && compareMatchMinutes(before, minute) < 0)
      })
      assert.strictEqual(matchMinuteLabel(last(match.firstHalf)), `45+${match.firstHalf.length - 45}`)
      assert.strictEqual(matchMinuteLabel(last(match.secondHalf)), `90+${match.secondHalf.length - 45}`)
      assertBetween(match.firstHalf.length - 45, 1, longestAdded.firstHalf, "added to the first half")
      assertBetween(match.secondHalf.length - 45, 2, longestAdded.secondHalf, "added to the second half")
    }
  })

  it("never lets a count fall", () => {
    for (const match of matches.slice(0, 100)) {
      const minutes = minutesOf(match)
      minutes.slice(1).forEach((minute, index) => {
        for (const [name, figure] of Object.entries(minute.statistics)) {
          if (!isMetricName(name) || metric(name).kind !== "cumulative") continue
          const before = Object.entries(minutes[index]?.statistics ?? {}).find(([each]) => each === name)?.[1]
          assert.isTrue(before !== undefined && figure.home >= before.home && figure.away >= before.away, name)
        }
      })
    }
  })

  it("has figures that fit together in every minute", () => {
    for (const minute of matches.slice(0, 200).flatMap(minutesOf)) {
      const { score, statistics } = minute
      assert.deepStrictEqual(score, statistics.goals)
      assert.strictEqual(statistics.possession.home + statistics.possession.away, 100)
      for (const [side, opponent] of [
        ["home", "away"],
        ["away", "home"]
      ] as const) {
        const of = (name: SimulatedStatistic) => statistics[name][side]
        assert.strictEqual(of("shots"), of("shots_on_target") + of("shots_off_target") + of("shots_blocked"))
        const ownGoals = score[side] + statistics.saves[opponent] - of("shots_on_target")
        assertBetween(ownGoals, 0, 3, "own goals")
        assert.isTrue(of("shots") <= of("dangerous_attacks") && of("dangerous_attacks") <= of("attacks"))
        assert.isTrue(of("accurate_passes") <= of("passes"))
        assert.isTrue(of("yellow_cards") + of("red_cards") <= of("fouls"))
        assert.isTrue(of("free_kicks") >= 0 && of("substitutions") <= 3)
      }
    }
  })

  it("gives the stronger team the shorter price, the better season and most wins", () => {
    const duels = Array.from({ length: 200 }, (_, index) =>
      simulateMatch(`duel ${index}`, { home: weak, away: strong })
    )
    const { goals_scored, win_odds } = duels[0]?.prematch ?? {}
    assert.isTrue(typeof win_odds === "object" && win_odds.away < win_odds.home)
    assert.isTrue(typeof goals_scored === "object" && goals_scored.away > goals_scored.home)
    const awayWins = duels.filter((match) => {
      const { away, home } = last(match.secondHalf).score
      return away > home
    })
    assertBetween(awayWins.length, 130, 190, "away wins of 200")
  })

  it("takes goals from a team that has a player sent off, and gives some to the other", () => {
    const sendings = matches.flatMap((match) => {
      const minutes = minutesOf(match)
      return minutes.slice(1, -3).flatMap((after, index) => {
        const before = minutes[index]
        const alone = after.statistics.red_cards.away === before?.statistics.red_cards.away
        return before !== undefined && alone && after.statistics.red_cards.home > before.statistics.red_cards.home
          ? [{ before, after }]
          : []
      })
    })
    assert.isAbove(sendings.length, 20)
    for (const { after, before } of sendings) {
      assert.isBelow(after.remaining.home / before.remaining.home, 0.7)
      assert.isAbove(after.remaining.away / before.remaining.away, after.remaining.home / before.remaining.home)
    }
  })
})

describe("quote", () => {
  it("adds the margin to the probabilities of each market", () => {
    for (const score of [
      { home: 0, away: 0 },
      { home: 0, away: 1 },
      { home: 2, away: 0 }
    ]) {
      const remaining = { home: 1.1, away: 0.9 }
      const { btts_no, btts_yes, over_2_5, under_2_5 } = quote(score, remaining)
      const prices = oneXTwo({ score, remaining })
      for (const market of [
        [prices.home, prices.draw, prices.away],
        [number(over_2_5), number(under_2_5)],
        [number(btts_yes), number(btts_no)]
      ]) {
        const implied = market.reduce((sum, price) => sum + 1 / price, 0)
        assert.closeTo(implied, 1 + margin, 0.01, `at ${score.home}-${score.away}`)
      }
    }
  })

  it("makes a team that leads late cheaper than before kick-off, and the others dearer", () => {
    const before = oneXTwo({ score: { home: 0, away: 0 }, remaining: { home: 1.45, away: 1.2 } })
    const late = oneXTwo({ score: { home: 1, away: 0 }, remaining: { home: 0.25, away: 0.2 } })
    assert.isBelow(late.home, before.home)
    assert.isAbove(late.away, before.away)
    assert.isAbove(late.draw, before.draw)
  })

  it("makes a goal dearer and a draw cheaper as time runs out at 0-0", () => {
    const [early, later] = [
      { home: 1.45, away: 1.2 },
      { home: 0.25, away: 0.2 }
    ].map((remaining) => quote({ home: 0, away: 0 }, remaining))
    assert.isAbove(number(later?.over_0_5), number(early?.over_0_5))
    assert.isBelow(number(later?.draw), number(early?.draw))
  })

  it("no longer quotes a market that is decided", () => {
    assert.sameMembers(Object.keys(quote({ home: 2, away: 1 }, { home: 0.5, away: 0.5 })), ["win", "draw", "over_3_5"])
  })

  it("stays within the prices that are ever quoted", () => {
    const { away, draw, home } = oneXTwo({ score: { home: 6, away: 0 }, remaining: { home: 0, away: 0 } })
    assert.deepStrictEqual([home, draw, away], [1.01, 1000, 1000])
  })

  it("is right: of the teams given a chance of p, about p win", () => {
    const bets = matches.flatMap((match) => {
      const halfTime = last(match.firstHalf)
      const { away, home } = last(match.secondHalf).score
      const prices = oneXTwo(halfTime)
      return [
        { chance: 1 / (prices.home * (1 + margin)), won: home > away },
        { chance: 1 / (prices.away * (1 + margin)), won: away > home }
      ]
    })
    for (const [from, to] of [
      [0, 0.15],
      [0.15, 0.35],
      [0.35, 0.6],
      [0.6, 1]
    ] as const) {
      const group = bets.filter(({ chance }) => chance >= from && chance < to)
      const chance = mean(group.map((bet) => bet.chance))
      const won = group.filter((bet) => bet.won).length / group.length
      assert.closeTo(won, chance, 0.05, `of ${group.length} bets at ${from} to ${to}`)
    }
  })
})
