/**
 * Between the fourth stage of a scan and the fifth: what an owner fires beyond a day's share is held back, before anything is
 * made of it, so that the tick costs others nothing more.
 *
 * Guarantees: a pair that is held back is known from then on, as one that fired, and not looked at again at every tick; it is
 * counted, and its owner can read why. Other instances' triggers count too: the database bounds a day's triggers itself, and
 * what it holds back is taken up here. What cannot be told is counted in the log alone.
 */
import { Clock, Effect } from "effect"
import { TriggerStore } from "../database/TriggerStore.ts"
import { oneLine } from "../domain/oneLine.ts"
import type { Pair } from "../domain/Trigger.ts"
import { steadyMillis } from "../health/steady.ts"
import { beyond, OwnerLimits } from "../rules/rows/limits.ts"
import type { Batch } from "./create.ts"
import type { KnownPairs } from "./KnownPairs.ts"
import type { Holding } from "./recall.ts"

/** So many pairs of an owner are named in a tick; the others are counted. */
const namedOfOwner = 100

const dayInMillis = 86_400_000

const pairOf = ({ strategy, view }: Holding): Pair => ({ strategyId: strategy.id, matchId: view.snapshot.match.id })

export const makeHoldBack = (known: KnownPairs) =>
  Effect.gen(function* () {
    const store = yield* TriggerStore
    const limits = yield* OwnerLimits
    const reason = beyond("triggers", limits)
    /** How many triggers each owner has had today, as far as this process knows. */
    let used = new Map<string, number>()
    /** Owners of whom it was told today. */
    let told = new Set<string>()
    let day = 0

    const ask = Effect.fnUntraced(function* (holdings: ReadonlyArray<Holding>, now: number) {
      const today = Math.floor(now / dayInMillis)
      if (today !== day) {
        used = new Map()
        told = new Set()
        day = today
      }
      const unknown = new Set<string>()
      for (const { strategy } of holdings) {
        if (strategy.owner !== undefined && !used.has(strategy.owner)) unknown.add(strategy.owner)
      }
      if (unknown.size === 0) return
      for (const { owner, triggers } of yield* store.triggersOf([...unknown])) used.set(owner, triggers)
    })

    /** What is held back and not told yet, since the scan began. */
    let untold: Array<readonly [owner: string, pair: Pair]> = []

    const remember = (held: ReadonlyArray<readonly [owner: string, pair: Pair]>, now: number) => {
      for (const [, pair] of held) known.add(pair, now)
      for (const each of held) untold.push(each)
    }

    /** Tells of what is held back: a line an owner and day. When all else of the scan is done: nobody waits for it. */
    const tell = Effect.gen(function* () {
      const held = untold
      untold = []
      if (held.length === 0) return
      const counts = new Map<string, number>()
      const named: Array<Pair> = []
      for (const [owner, pair] of held) {
        const count = (counts.get(owner) ?? 0) + 1
        counts.set(owner, count)
        if (count <= namedOfOwner) named.push(pair)
      }
      for (const [owner, pairs] of counts) {
        if (told.has(owner)) continue
        told.add(owner)
        yield* Effect.logWarning("an owner has had as many triggers today as may be: more are held back").pipe(
          Effect.annotateLogs({ owner: oneLine(owner, 100), triggers: limits.triggers, heldBack: pairs })
        )
      }
      yield* store
        .holdBack(named, counts, reason)
        .pipe(
          Effect.catch(({ message }) =>
            Effect.logWarning("owners cannot be told what is held back").pipe(
              Effect.annotateLogs({ pairs: held.length, reason: message })
            )
          )
        )
    })

    /** What the database made of a batch counts. */
    const noteCreated = (batch: ReadonlyArray<Holding>, { held, triggers }: Batch, now: number) => {
      const owners = new Map(batch.map(({ strategy }) => [`${strategy.id}`, strategy.owner]))
      for (const { strategyId } of triggers) {
        const owner = owners.get(strategyId)
        if (owner !== undefined) used.set(owner, (used.get(owner) ?? 0) + 1)
      }
      const refused: Array<readonly [owner: string, pair: Pair]> = []
      for (const pair of held) {
        const owner = owners.get(pair.strategyId)
        if (owner === undefined) continue
        used.set(owner, Math.max(used.get(owner) ?? 0, limits.triggers))
        refused.push([owner, pair])
      }
      remember(refused, now)
    }

    return Effect.fn("Scanner.holdBack")(function* (holdings: ReadonlyArray<Holding>) {
      yield* ask(holdings, yield* Clock.currentTimeMillis)
      const now = yield* steadyMillis
      const room = new Map<string, number>()
      const fresh: Array<Holding> = []
      const held: Array<readonly [owner: string, pair: Pair]> = []
      for (const holding of holdings) {
        const { owner } = holding.strategy
        if (owner === undefined) {
          fresh.push(holding)
          continue
        }
        const left = room.get(owner) ?? limits.triggers - (used.get(owner) ?? 0)
        room.set(owner, left - 1)
        if (left > 0) fresh.push(holding)
        else held.push([owner, pairOf(holding)])
      }
      remember(held, now)
      return {
        fresh,
        heldBack: held.length,
        noteCreated: (batch: ReadonlyArray<Holding>, made: Batch) => noteCreated(batch, made, now),
        tell
      }
    })
  })
