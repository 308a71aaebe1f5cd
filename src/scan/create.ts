/**
 * The fifth stage of a scan: pairs without a trigger get one, and their evidence with it, batch by batch.
 *
 * Guarantees: a batch is one transaction. One that the database refuses because of a value in it is divided until what it
 * refuses stands alone; that is told, left out, and holds no other.
 */
import { createHash } from "node:crypto"
import { Array as Arr, type Context, Effect, Result } from "effect"
import { type DatabaseError, isBadValue } from "../database/Database.ts"
import { type Created, TriggerStore } from "../database/TriggerStore.ts"
import { lastGoal } from "../domain/LastGoal.ts"
import { matchLabel } from "../domain/Match.ts"
import type { Strategy } from "../domain/Strategy.ts"
import { type Candidate, type Pair, pairOf, type TriggerSnapshot } from "../domain/Trigger.ts"
import type { View } from "../rules/evaluate.ts"
import { evidenceOf } from "../rules/RuleSet.ts"
import type { Holding } from "./recall.ts"

/** Triggers that are created in one call of the database: with more, the first alerts and the process's other work wait longer. */
const batchSize = 500

/** Comparisons whose values one call brings: strategies of very many make batches of few. */
const evidenceOfBatch = 20_000

/** The same for what an owner fires beyond the first pairs: whoever fires much does not hold up this process for long at a time. */
const evidenceOfRest = 2000

/** So many pairs of each owner are created before any others: who fires a few does not wait for who fires many. */
const pairsAtFirst = 10

/** What became of a batch. */
export interface Batch extends Created {
  /** Pairs that the database does not take. */
  readonly refused: ReadonlyArray<Pair>
}

const withLastGoal = ({ snapshot, timeline }: View): TriggerSnapshot => {
  const goal = lastGoal(timeline)
  return goal === undefined ? snapshot : { ...snapshot, lastGoal: goal }
}

const texts = new WeakMap<Strategy, string>()

/** What the strategy of an owner says, as one text that no other owner's and no other conditions have. */
const textOf = (strategy: Strategy): string => {
  const { competitions, expect, owner, when } = strategy
  const known =
    texts.get(strategy) ??
    createHash("sha256")
      .update(JSON.stringify([owner, when, competitions, expect]))
      .digest("base64url")
  texts.set(strategy, known)
  return known
}

/** What holds, with its evidence. Those of one match share its snapshot. */
export const candidatesOf = (holdings: ReadonlyArray<Holding>): ReadonlyArray<Candidate> => {
  const shown = new Map<View, TriggerSnapshot>()
  return holdings.map(({ strategy, view }) => {
    const snapshot = shown.get(view) ?? withLastGoal(view)
    shown.set(view, snapshot)
    return {
      strategyId: strategy.id,
      strategyName: strategy.name,
      snapshot,
      evidence: evidenceOf(strategy, view),
      ...(strategy.expect === undefined ? undefined : { expectation: strategy.expect }),
      ...(strategy.owner === undefined ? undefined : { strategyText: textOf(strategy) })
    }
  })
}

/** The first pairs of each owner, and all of the operator's; and what is left. */
const inTurn = (holdings: ReadonlyArray<Holding>): readonly [first: Array<Holding>, then: Array<Holding>] => {
  const counts = new Map<string, number>()
  return Arr.partition(holdings, (holding) => {
    const { owner } = holding.strategy
    if (owner === undefined) return Result.succeed(holding)
    const count = (counts.get(owner) ?? 0) + 1
    counts.set(owner, count)
    return count <= pairsAtFirst ? Result.succeed(holding) : Result.fail(holding)
  })
}

/**
 * The pairs in rounds, one after the other: a few of each owner, then what is left. Each is in parts, which the database creates
 * in one call.
 */
export const roundsOf = (holdings: ReadonlyArray<Holding>): ReadonlyArray<ReadonlyArray<ReadonlyArray<Holding>>> => {
  const [first, rest] = inTurn(holdings)
  return [partsOf(first, evidenceOfBatch), partsOf(rest, evidenceOfRest)]
}

const partsOf = (holdings: ReadonlyArray<Holding>, mostEvidence: number): ReadonlyArray<ReadonlyArray<Holding>> => {
  const batches: Array<Array<Holding>> = []
  let [batch, evidence]: [Array<Holding>, number] = [[], 0]
  for (const holding of holdings) {
    const more = holding.strategy.when.length
    if (batch.length === 0 || batch.length >= batchSize || evidence + more > mostEvidence) {
      batch = []
      evidence = 0
      batches.push(batch)
    }
    batch.push(holding)
    evidence += more
  }
  return batches
}

const leaveOut = (candidate: Candidate, { message }: DatabaseError) =>
  Effect.logError("a trigger cannot be created and is left out; it is tried again when DEDUP_TTL has passed").pipe(
    Effect.annotateLogs({
      strategy: candidate.strategyName,
      match: matchLabel(candidate.snapshot.match),
      reason: message
    }),
    Effect.as<Batch>({ triggers: [], known: [], pending: [], held: [], refused: [pairOf(candidate)] })
  )

const together = (one: Batch, other: Batch): Batch => ({
  triggers: [...one.triggers, ...other.triggers],
  known: [...one.known, ...other.known],
  pending: [...one.pending, ...other.pending],
  held: [...one.held, ...other.held],
  refused: [...one.refused, ...other.refused]
})

const createOf =
  (store: Context.Service.Shape<typeof TriggerStore>) =>
  (candidates: ReadonlyArray<Candidate>): Effect.Effect<Batch, DatabaseError> =>
    store.create(candidates).pipe(
      Effect.map((created) => ({ ...created, refused: [] })),
      Effect.catchIf(isBadValue, (error) => {
        const [only] = candidates
        if (only !== undefined && candidates.length === 1) return leaveOut(only, error)
        const [left, right] = Arr.splitAt(candidates, candidates.length >> 1)
        const create = createOf(store)
        return Effect.zipWith(create(left), create(right), together)
      })
    )

export const makeCreate = Effect.map(TriggerStore, (store) => {
  const create = createOf(store)
  return Effect.fn("Scanner.create")((batch: ReadonlyArray<Holding>) =>
    Effect.map(create(candidatesOf(batch)), (created) => ({
      ...created,
      owners: new Map(batch.map(({ strategy }) => [strategy.id, strategy.owner]))
    }))
  )
})
