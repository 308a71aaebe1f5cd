/** What the strategies of one owner cost a tick at most: as many as their price admits, of kinds that are made to be slow. */
import { Result } from "effect"
import { OwnerId } from "../../src/domain/Strategy.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { defaultLimits } from "../../src/rules/rows/limits.ts"
import { decodeStrategyRow } from "../../src/rules/rows/StrategyRow.ts"
import { makeOwners } from "../../src/strategies/Owners.ts"
import { median } from "../rules/measure.ts"
import { decodeMatches, loadMatches, playMatches } from "../rules/views.ts"

const owner = OwnerId.make("a0000000-0000-4000-8000-000000000001")

/** Matches in play, and ticks that are played of them. */
const [matches, ticks] = [1000, 8]

const sum = (terms: number, term: (index: number) => string): string =>
  Array.from({ length: terms }, (_, index) => term(index)).join(" + ")

/** Comparisons by kind, each unlike any other of its kind, and true. */
const kinds: Readonly<Record<string, (number: number) => string>> = {
  "the minute": (number) => `minute >= 0 - ${number}`,
  "sums of 38 numbers": (number) => `${sum(38, () => "minute")} >= 0 - ${number}`,
  "sums of 38 figures": (number) =>
    `${sum(38, (index) => `${index % 2 === 0 ? "home" : "away"} corners`)} >= 0 - ${number}`,
  "figures at a minute": (number) => `home corners at minute ${number % 120} >= 0 - ${number}`,
  "the last minute": (number) => `home corners last 1 minutes >= 0 - ${number}`,
  "a half": (number) => `home corners last 45 minutes >= 0 - ${number}`
}

const strategyOf = (id: string, when: ReadonlyArray<string>) =>
  Result.getOrThrow(decodeStrategyRow({ id, user_id: owner, name: "Costly", is_active: true, definition: { when } }))

/** Others have strategies as well: a few alone would be tried one by one. */
const others = Array.from({ length: 20 }, (_, number) => strategyOf(`other-${number}`, [`total goals >= ${number}`]))

/** The strategies of a kind that their owner may have, as a service holds them. */
const admitted = (make: (number: number) => string) => {
  const owners = makeOwners(defaultLimits)
  const ids = new Set<string>()
  let number = 0
  while (ids.size < defaultLimits.strategies) {
    const when: Array<string> = []
    while (when.length < defaultLimits.conditions && JSON.stringify(when).length < 0.9 * defaultLimits.size) {
      when.push(make(number))
      number += 1
    }
    const id = `${ids.size}`.padStart(3, "0")
    owners.put({ ...strategyOf(id, when), owner })
    ids.add(id)
  }
  return owners.settle(owner, ids).admitted
}

/** By kind: the comparisons that are evaluated, and the milliseconds that a tick of so many matches takes for them. */
export const costOfPrice = () => {
  const recorded = decodeMatches(loadMatches())
  const played = playMatches(recorded, matches, ticks, seeded("bench:strangers"))
  const costs = Object.entries(kinds).map(([kind, make]) => {
    const ruleSet = RuleSet.make([...others, ...admitted(make)])
    const [, ...times] = played.map((views) => {
      const began = performance.now()
      ruleSet.fired(views)
      return performance.now() - began
    })
    return { kind, comparisons: ruleSet.conditions() - others.length, ms: median(times) }
  })
  return { matches, costs, most: costs.reduce((one, other) => (other.ms > one.ms ? other : one)) }
}
