/**
 * The database's strategies as this process holds them: which content each had when it was decoded, and what was wrong.
 * A content that is held already is not decoded again; a problem is reported when it comes up, and not again until then. Why
 * an owner's strategy is not watched is kept for its owner to read.
 */
import { Effect, Result } from "effect"
import type { Fingerprinted, StoredStrategy, StrategyReason } from "../database/StrategyStore.ts"
import { oneLine } from "../domain/oneLine.ts"
import type { OwnerId, Strategy, StrategyId } from "../domain/Strategy.ts"
import { OwnerLimits } from "../rules/rows/limits.ts"
import { decodeStrategyRow, nameOfRow, ownerOfRow } from "../rules/rows/StrategyRow.ts"
import { makeOwners } from "./Owners.ts"
import { makeWatchedSet } from "./Watched.ts"

/** Rows are decoded so many at a time, or such as have so many characters, and between them ticks have their turn. */
const atATime = { rows: 25, characters: 8000 }

/** How many characters of a reason are told. */
const longestReason = 1000

interface Held {
  readonly fingerprint: string
  readonly problem: string | undefined
}

const isOwned = (strategy: Strategy): strategy is Strategy & { readonly owner: OwnerId } => strategy.owner !== undefined

export const makeHeldStrategies = Effect.map(OwnerLimits, (limits) => {
  const set = makeWatchedSet()
  const held = new Map<StrategyId, Held>()
  const owners = makeOwners(limits)
  /** Reasons that are to be told to owners: none where there is none any more. */
  let reasons = new Map<StrategyId, string | null>()
  let leftOut = 0

  const hold = (id: StrategyId, next: Held, owner: string | undefined): void => {
    const before = held.get(id)?.problem
    if (before !== undefined) leftOut -= 1
    if (next.problem !== undefined) leftOut += 1
    held.set(id, next)
    if (owner !== undefined && (next.problem !== undefined || before !== undefined)) {
      reasons.set(id, next.problem ?? null)
    }
  }

  const letGo = (id: StrategyId): void => {
    if (held.get(id)?.problem !== undefined) leftOut -= 1
    held.delete(id)
    reasons.delete(id)
  }

  const isHeld = ({ fingerprint, id }: Fingerprinted): boolean => held.get(id)?.fingerprint === fingerprint

  const leaveOut = (id: StrategyId, name: string | undefined, reason: string) =>
    held.get(id)?.problem === reason
      ? Effect.void
      : Effect.logWarning("a strategy is left out").pipe(
          Effect.annotateLogs({
            strategy: `strategy ${oneLine(id, 200)}`,
            ...(name === undefined ? undefined : { name: oneLine(name, 200) }),
            reason
          })
        )

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
    /** What owners are to be told of, and takes it from here; to be given back where it could not be told. */
    takeReasons: (): ReadonlyArray<StrategyReason> => {
      const taken = Array.from(reasons, ([strategyId, reason]) => ({ strategyId, reason }))
      reasons = new Map()
      return taken
    },
    giveBack: (untold: ReadonlyArray<StrategyReason>) => {
      for (const { reason, strategyId } of untold) {
        if (!reasons.has(strategyId)) reasons.set(strategyId, reason)
      }
    },
    /** Lets go of strategies, then decodes rows and watches what comes of them. */
    take: Effect.fnUntraced(function* (rows: ReadonlyArray<StoredStrategy>, gone: Iterable<StrategyId> = []) {
      const added: Array<Strategy> = []
      const removed: Array<StrategyId> = [...gone]
      /** The owners whose strategies changed, and which of those are new. */
      const changed = new Map<string, Set<string>>()
      const touch = (owner: string | undefined, id?: string) => {
        if (owner === undefined) return
        const ids = changed.get(owner) ?? new Set()
        if (id !== undefined) ids.add(id)
        changed.set(owner, ids)
      }
      for (const id of removed) {
        letGo(id)
        touch(owners.drop(id))
      }
      let [decoded, characters] = [0, 0]
      for (const row of rows) {
        if (isHeld(row)) continue
        const { content, fingerprint, id, size } = row
        decoded += 1
        characters += size
        if (decoded >= atATime.rows || characters >= atATime.characters) {
          yield* Effect.yieldNow
          decoded = 0
          characters = 0
        }
        const strategy = decodeStrategyRow(content, limits)
        touch(owners.drop(id))
        if (Result.isSuccess(strategy) && isOwned(strategy.success)) {
          touch(owners.put(strategy.success), id)
          // Whether it is watched is decided below, with the others of its owner.
          held.set(id, { fingerprint, problem: held.get(id)?.problem })
        } else if (Result.isSuccess(strategy)) {
          added.push(strategy.success)
          hold(id, { fingerprint, problem: undefined }, undefined)
        } else {
          const problem = oneLine(strategy.failure.message, longestReason)
          yield* leaveOut(id, nameOfRow(content), problem)
          removed.push(id)
          hold(id, { fingerprint, problem }, ownerOfRow(content))
        }
      }
      for (const [owner, ids] of changed) {
        const { admitted, aside } = owners.settle(owner, ids)
        for (const strategy of admitted) {
          added.push(strategy)
          hold(strategy.id, { fingerprint: held.get(strategy.id)?.fingerprint ?? "", problem: undefined }, owner)
        }
        for (const { reason, strategy } of aside) {
          yield* leaveOut(strategy.id, strategy.name, reason)
          removed.push(strategy.id)
          hold(strategy.id, { fingerprint: held.get(strategy.id)?.fingerprint ?? "", problem: reason }, owner)
        }
      }
      set.change({ added, removed, leftOut })
    })
  }
})
