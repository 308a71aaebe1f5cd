/**
 * What each owner's strategies cost together, and which of them are put aside because that is more than they may. Pure, in
 * memory. The operator's, which have no owner, are not known here.
 *
 * Guarantees: what is put aside depends on the strategies alone, not on when they came, so that every process puts aside the
 * same: strategies are admitted in the order of their ids, as long as they fit.
 */
import type { Strategy } from "../domain/Strategy.ts"
import { beyond, type Limits } from "../rules/rows/limits.ts"
import { priceOf, pricesOf } from "../rules/rows/price.ts"

/** What has become of an owner's strategies. */
export interface Settled {
  /** They are watched from now on. */
  readonly admitted: ReadonlyArray<Strategy>
  /** They are put aside, each with the reason. */
  readonly aside: ReadonlyArray<{ readonly strategy: Strategy; readonly reason: string }>
}

interface Owned {
  readonly strategies: Map<string, Strategy>
  /** Those that are put aside, and why. */
  aside: ReadonlyMap<string, string>
  /** What all cost where no two share a comparison. */
  price: number
}

const nothing: Settled = { admitted: [], aside: [] }

export const makeOwners = (limits: Limits) => {
  const owners = new Map<string, Owned>()
  const ownerOf = new Map<string, string>()

  /** Those that do not fit, and why. */
  const beyondLimits = ({ price, strategies }: Owned): ReadonlyMap<string, string> => {
    const aside = new Map<string, string>()
    if (strategies.size <= limits.strategies && price <= limits.price) return aside
    const paid = new Set<string>()
    let [count, cost] = [0, 0]
    for (const id of [...strategies.keys()].sort()) {
      const strategy = strategies.get(id)
      if (strategy === undefined) continue
      if (count >= limits.strategies) {
        aside.set(id, beyond("strategies", limits))
        continue
      }
      const fresh = [...pricesOf(strategy)].filter(([comparison]) => !paid.has(comparison))
      const more = fresh.reduce((sum, [, each]) => sum + each, 0)
      if (cost + more > limits.price) {
        aside.set(id, beyond("price", limits))
        continue
      }
      for (const [comparison] of fresh) paid.add(comparison)
      count += 1
      cost += more
    }
    return aside
  }

  const drop = (id: string): string | undefined => {
    const owner = ownerOf.get(id)
    const owned = owner === undefined ? undefined : owners.get(owner)
    const strategy = owned?.strategies.get(id)
    if (owner === undefined || owned === undefined || strategy === undefined) return undefined
    ownerOf.delete(id)
    owned.strategies.delete(id)
    owned.price -= priceOf(strategy)
    if (owned.strategies.size === 0) owners.delete(owner)
    return owner
  }

  return {
    /** The strategy is there, in the place of the one of its id. Answers with its owner. */
    put: (strategy: Strategy & { readonly owner: string }): string => {
      drop(strategy.id)
      const { id, owner } = strategy
      const owned = owners.get(owner) ?? { strategies: new Map(), aside: new Map(), price: 0 }
      owners.set(owner, owned)
      ownerOf.set(id, owner)
      owned.strategies.set(id, strategy)
      owned.price += priceOf(strategy)
      return owner
    },
    /** The strategy is gone. Answers with the owner that it had. */
    drop,
    /** Decides again about an owner's strategies: `changed` are those that are new to whoever watches. */
    settle: (owner: string, changed: ReadonlySet<string>): Settled => {
      const owned = owners.get(owner)
      if (owned === undefined) return nothing
      const before = owned.aside
      owned.aside = beyondLimits(owned)
      const admitted: Array<Strategy> = []
      const aside: Array<Settled["aside"][number]> = []
      for (const id of new Set([...changed, ...before.keys(), ...owned.aside.keys()])) {
        const strategy = owned.strategies.get(id)
        if (strategy === undefined) continue
        const reason = owned.aside.get(id)
        const isNews = changed.has(id) || reason !== before.get(id)
        if (reason !== undefined && isNews) aside.push({ strategy, reason })
        else if (reason === undefined && isNews) admitted.push(strategy)
      }
      return { admitted, aside }
    }
  }
}
