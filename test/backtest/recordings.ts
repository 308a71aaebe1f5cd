/** Recordings of invented matches, for tests of what walks through them. */
import { Result } from "effect"
import { type Recording, recordingOf } from "../../src/backtest/Recording.ts"
import { type Condition, type Strategy, StrategyId } from "../../src/domain/Strategy.ts"
import { readMatch } from "../../src/feed/recorded/Wyscout.ts"
import { seeded } from "../../src/feed/simulated/SimulatedMatch.ts"
import { parseCondition } from "../../src/rules/language/parse.ts"
import { type FixtureEvent, type FixtureMatch, wyscoutFile } from "../fixtures/wyscout.ts"

/** What a recorded match of these events is decoded to. */
export const recordingFrom = (match: FixtureMatch): Recording =>
  Result.getOrThrow(Result.flatMap(readMatch(wyscoutFile(match), `${match.id}`), recordingOf))

/** A match of Reds against Blues. */
export const match = (
  events: ReadonlyArray<FixtureEvent>,
  played: FixtureMatch["played"] = { "1H": 46, "2H": 48 }
): FixtureMatch => ({ id: 1, home: "Reds", away: "Blues", events, ...(played === undefined ? {} : { played }) })

/** A match in which things happen at random; the same seed gives the same match. One in three goes to extra time. */
export const randomMatch = (seed: string): FixtureMatch => {
  const next = seeded(seed)
  const whats = ["goal", "own goal", "shot on target", "corner", "foul", "yellow card", "red card", "pass"] as const
  const toExtraTime = next() < 0.33
  const events = Array.from({ length: Math.floor(60 * next()) }, (): FixtureEvent => {
    const what = whats[Math.floor(next() * whats.length)] ?? "goal"
    const minute = 1 + Math.floor(next() * (toExtraTime ? 120 : 90))
    return { minute, team: next() < 0.5 ? "home" : "away", what }
  })
  const added = () => Math.floor(next() * 6)
  const regulation = { "1H": 45 + added(), "2H": 45 + added() }
  return match(events, toExtraTime ? { ...regulation, E1: 15 + added(), E2: 15 + added() } : regulation)
}

/** A condition in the written language. */
export const condition = (text: string): Condition => Result.getOrThrow(parseCondition(text))

/** An active strategy of one condition, perhaps with an expectation. */
export const strategy = (id: string, when: string, expect?: string): Strategy => ({
  id: StrategyId.make(id),
  name: id,
  when: [condition(when)],
  ...(expect === undefined ? {} : { expect: condition(expect) }),
  active: true
})
