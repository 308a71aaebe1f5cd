import { assert, describe, it } from "@effect/vitest"
import type { Strategy } from "../../src/domain/Strategy.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import { evaluate, type View } from "../../src/rules/evaluate.ts"
import * as RuleSet from "../../src/rules/RuleSet.ts"
import { makeKnownPairs } from "../../src/scan/KnownPairs.ts"
import { newStrategy, snapshotOf } from "../fixtures/pipeline.ts"
import { generator } from "../rules/generated.ts"
import { makeReference } from "./sets.ts"

const ttl = 1000

/** Holds on matches with so many goals. */
const fromGoals = (strategy: Strategy, goals: number): Strategy => ({
  ...strategy,
  when: [{ left: { metric: "goals" }, comparator: ">=", right: goals }]
})

/** Ticks between which anything happens to so many strategies and matches. Answers with how many pairs were unknown. */
const playTicks = (seed: string, size: { strategies: number; matches: number; ticks: number }): number => {
  const { chance, integer } = generator(seeded(seed))
  const all = Array.from({ length: size.strategies }, () => newStrategy())
  const matches = Array.from({ length: size.matches }, (_, id) => snapshotOf({ id: `${id}` }))
  const known = makeKnownPairs({ ttl })
  const rules = RuleSet.make([])
  const reference = makeReference()
  const held = new Map<string, Strategy>()
  let shown = matches.filter(() => chance(0.7))
  let met = 0

  const put = (strategy: Strategy): void => {
    reference.watched.add(strategy.id)
    held.set(strategy.id, strategy)
    rules.add(strategy, known.watch(strategy.id))
  }
  const remove = ({ id }: Strategy): void => {
    reference.unwatch(id)
    held.delete(id)
    rules.remove(id)
    known.unwatch(id)
  }
  const add = (strategyId: string, matchId: string): void => {
    reference.add(strategyId, matchId)
    known.add({ strategyId, matchId }, 0)
  }
  const changeStrategies = (): void => {
    if (chance(0.1)) for (const each of all) if (chance(0.8)) remove(each)
    const share = integer(0, 4) / 8
    for (const each of all) if (chance(share)) chance(0.7) ? put(fromGoals(each, integer(0, 9))) : remove(each)
  }
  const changeMatches = (): void => {
    if (chance(0.1)) shown = shown.filter(() => chance(0.5))
    const share = integer(0, 2) / 16
    shown = shown.filter(() => !chance(share))
    const isShown = new Set(shown)
    shown = [...shown, ...matches.filter((match) => !isShown.has(match) && chance(3 * share))]
    if (chance(0.2))
      shown = shown
        .map((match) => ({ match, at: integer(0, 9999) }))
        .sort((a, b) => a.at - b.at)
        .map(({ match }) => match)
  }
  const changeKnown = (): void => {
    const asked = matches.filter(() => chance(0.1)).map(({ match }) => `${match.id}`)
    for (const id of asked) reference.ask(id)
    known.asking(asked, 0)
    for (const each of all) add(each.id, `${integer(0, size.matches - 1)}`)
    for (const id of asked) {
      if (chance(0.2)) {
        reference.noAnswer(id)
        known.unanswered([id])
      } else {
        const answer = all.filter((each) => chance(0.9) === reference.of(id).has(each.id)).map((each) => `${each.id}`)
        reference.answer(id, answer)
        known.answered(id, answer, 0)
      }
    }
    if (chance(0.2)) {
      reference.forget()
      known.due(ttl)
    }
  }

  for (let tick = 0; tick < size.ticks; tick++) {
    if (chance(0.6)) changeStrategies()
    if (chance(0.6)) changeMatches()
    if (chance(0.6)) changeKnown()
    // A feed may show a match twice.
    const views = [...shown, ...shown.filter(() => chance(0.01))].map(
      (snapshot): View => ({ snapshot: { ...snapshot, score: { home: integer(0, 9), away: 0 } }, timeline: [] })
    )
    const ids = views.map(({ snapshot }) => `${snapshot.match.id}`)
    const fired = rules.fired(views, known.shown(ids))
    reference.show(ids)
    const holding = views.flatMap((view, index) =>
      [...held.values()].flatMap((each) =>
        evaluate(each, view) === undefined ? [] : [{ strategyId: `${each.id}`, index, matchId: ids[index] ?? "" }]
      )
    )
    const expected = holding.filter(({ matchId, strategyId }) => !reference.of(matchId).has(strategyId))
    const pairs = Array.from(fired.strategies, (number, at) => `${rules.strategy(number)?.id} on ${fired.views[at]}`)
    assert.deepStrictEqual(pairs.sort(), expected.map(({ index, strategyId }) => `${strategyId} on ${index}`).sort())
    assert.strictEqual(fired.held, holding.length)
    met += expected.length
    for (const { matchId, strategyId } of expected) if (chance(0.5)) add(strategyId, matchId)
  }
  return met
}

describe("Pairs that hold and are not known", () => {
  it.each([
    { seed: "few strategies", strategies: 12, matches: 8, ticks: 300 },
    { seed: "strategies below and above a dozen", strategies: 24, matches: 20, ticks: 400 },
    { seed: "many strategies", strategies: 1100, matches: 12, ticks: 40 },
    { seed: "more matches than a block has views", strategies: 16, matches: 1400, ticks: 16 }
  ])("are those of sets of pairs, whatever comes, goes and returns between ticks: $seed", ({ seed, ...size }) => {
    assert.isAbove(playTicks(seed, size), 1000)
  })
})
