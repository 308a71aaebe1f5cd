/** The rules of the strategies that are watched now, kept up with them: a change touches what has changed. */
import { Effect, Option } from "effect"
import * as RuleSet from "../rules/RuleSet.ts"
import { Strategies } from "../strategies/Strategies.ts"
import type { KnownPairs } from "./KnownPairs.ts"

/** Brings the rules up to date, each strategy labelled with its place among the known pairs, and answers with them. */
export const makeWatching = (known: KnownPairs) =>
  Effect.map(Strategies, ({ watched }) => {
    const rules = RuleSet.make([])
    let version = -1
    return Effect.map(watched, (now) => {
      const { added, removed } = Option.getOrElse(now.since(version), () => {
        const gone = new Set(rules.ids())
        const added = [...now.all()]
        for (const { id } of added) gone.delete(id)
        return { added, removed: [...gone] }
      })
      for (const id of removed) {
        rules.remove(id)
        known.unwatch(id)
      }
      for (const strategy of added) rules.add(strategy, known.watch(strategy.id))
      version = now.version
      return { rules, size: now.size, leftOut: now.leftOut }
    })
  })
