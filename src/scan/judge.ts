/**
 * The third stage of a scan: which strategies hold on which matches, and which of these pairs this process does not know to
 * have a trigger. It costs the engine's time, which tells them apart as it goes; it waits for nothing.
 */
import { Effect } from "effect"
import type { View } from "../rules/evaluate.ts"
import type { Fired, RuleSet } from "../rules/RuleSet.ts"
import type { KnownPairs } from "./KnownPairs.ts"
import { makeWatching } from "./watching.ts"

/** What holds. Numbers of strategies and views are good until the next judgement. */
export interface Judgement {
  readonly views: ReadonlyArray<View>
  /** The ids of the views' matches. */
  readonly matchIds: ReadonlyArray<string>
  readonly rules: RuleSet
  /** Strategies that are watched, and those that cannot be. */
  readonly strategies: number
  readonly leftOut: number
  /** Pairs that hold. */
  readonly held: number
  /** Those that this process does not know. */
  readonly unknown: Fired
}

/** Those of the pairs that are unknown still. */
export const stillUnknown = (known: KnownPairs, { matchIds, rules }: Judgement, pairs: Fired): Fired =>
  known.unknown(pairs, rules.labels(), matchIds)

export const makeJudge = (known: KnownPairs) =>
  Effect.map(makeWatching(known), (watching) =>
    Effect.fn("Scanner.judge")(function* (views: ReadonlyArray<View>) {
      const { leftOut, rules, size } = yield* watching
      const matchIds = views.map(({ snapshot }) => snapshot.match.id)
      const unknown = rules.fired(views, known.shown(matchIds))
      return { views, matchIds, rules, strategies: size, leftOut, held: unknown.held, unknown }
    })
  )
