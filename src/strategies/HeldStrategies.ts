/**
 * The database's strategies as this process holds them: which content each had when it was decoded, and what was wrong.
 * A content that is held already is not decoded again; a problem is reported when it comes up, and not again until then.
 */
import { Effect, Result } from "effect"
import type { Fingerprinted, StoredStrategy } from "../database/StrategyStore.ts"
import type { Strategy, StrategyId } from "../domain/Strategy.ts"
import { decodeStrategyRow } from "../rules/rows/StrategyRow.ts"
import { makeWatchedSet } from "./Watched.ts"

/** Rows are decoded so many at a time, and between them ticks have their turn. */
const atATime = 25

interface Held {
  readonly fingerprint: string
  readonly problem: string | undefined
}

export const makeHeldStrategies = () => {
  const set = makeWatchedSet()
  const held = new Map<StrategyId, Held>()
  let leftOut = 0

  const hold = (id: StrategyId, next: Held): void => {
    if (held.get(id)?.problem !== undefined) leftOut -= 1
    if (next.problem !== undefined) leftOut += 1
    held.set(id, next)
  }

  const letGo = (id: StrategyId): void => {
    if (held.get(id)?.problem !== undefined) leftOut -= 1
    held.delete(id)
  }

  const isHeld = ({ fingerprint, id }: Fingerprinted): boolean => held.get(id)?.fingerprint === fingerprint

  return {
    /** What is watched. */
    now: set.now,
    /** Whether this content of the strategy is held. */
    isHeld,
    /** Ids of all that is held, what cannot be used among them. */
    ids: () => held.keys(),
    /** How many are held, and the sum of their fingerprints. */
    sum: () => {
      let sum = 0n
      for (const { fingerprint } of held.values()) sum += BigInt(fingerprint)
      return { count: held.size, sum }
    },
    /** Lets go of strategies, then decodes rows and watches what comes of them. */
    take: Effect.fnUntraced(function* (rows: ReadonlyArray<StoredStrategy>, gone: Iterable<StrategyId> = []) {
      const added: Array<Strategy> = []
      const removed: Array<StrategyId> = [...gone]
      for (const id of removed) letGo(id)
      let decoded = 0
      for (const row of rows) {
        if (isHeld(row)) continue
        decoded += 1
        if (decoded % atATime === 0) yield* Effect.yieldNow
        const { content, fingerprint, id } = row
        const strategy = decodeStrategyRow(content)
        if (Result.isSuccess(strategy)) {
          added.push(strategy.success)
          hold(id, { fingerprint, problem: undefined })
        } else {
          const { message, source } = strategy.failure
          if (held.get(id)?.problem !== message) {
            yield* Effect.logWarning("a strategy is left out").pipe(
              Effect.annotateLogs({ strategy: source, reason: message })
            )
          }
          removed.push(id)
          hold(id, { fingerprint, problem: message })
        }
      }
      set.change({ added, removed, leftOut })
    })
  }
}
