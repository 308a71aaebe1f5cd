/** The strategies that are watched, and what has become of them since someone looked last. Pure, in memory. */
import { Option } from "effect"
import type { Strategy } from "../domain/Strategy.ts"

/** What has changed: a strategy that was edited is among those added. */
export interface WatchedChanges {
  readonly added: ReadonlyArray<Strategy>
  /** Ids of strategies that are watched no more. */
  readonly removed: ReadonlyArray<string>
}

/** What is watched. The same version is the same state: nothing has to be looked at again. */
export interface Watched {
  readonly version: number
  /** How many strategies are watched. */
  readonly size: number
  /** How many more cannot be used. */
  readonly leftOut: number
  /** Every strategy that is watched, each active, in the order in which they came. */
  readonly all: () => Iterable<Strategy>
  /**
   * What has changed since a version; none when that is too long ago or unknown: then `all` tells. Both tell of now, so
   * they may hold what came after `version`, and it is told again: no matter to whoever adds and removes by id.
   */
  readonly since: (version: number) => Option.Option<WatchedChanges>
}

/** Strategies that are watched, changed by whoever follows them. */
export interface WatchedSet {
  readonly now: () => Watched
  /** Removes, then adds; a strategy that is not active is not watched. A new version, unless nothing comes of it. */
  readonly change: (changes: WatchedChanges & { readonly leftOut: number }) => void
}

/** How many changes are remembered at the least; otherwise as many as there are strategies. */
const leastRemembered = 1000

/** A set that watches nothing yet. */
export const makeWatchedSet = (): WatchedSet => {
  const held = new Map<string, Strategy>()
  /** Which id changed in which version, the latest last. */
  let log: Array<{ readonly id: string; readonly version: number }> = []
  let version = 0
  /** What changed in this version and in those before is not in the log. */
  let forgotten = 0
  let leftOut = 0

  const forget = (): void => {
    const most = Math.max(leastRemembered, held.size)
    if (log.length <= 2 * most) return
    forgotten = log[log.length - most]?.version ?? version
    log = log.filter((each) => each.version > forgotten)
  }

  const since: Watched["since"] = (seen) => {
    if (seen < forgotten || seen > version) return Option.none()
    const ids = new Set<string>()
    for (let index = log.length - 1; index >= 0; index--) {
      const each = log[index]
      if (each === undefined || each.version <= seen) break
      ids.add(each.id)
    }
    const added: Array<Strategy> = []
    const removed: Array<string> = []
    for (const id of [...ids].reverse()) {
      const strategy = held.get(id)
      if (strategy === undefined) removed.push(id)
      else added.push(strategy)
    }
    return Option.some({ added, removed })
  }

  const change: WatchedSet["change"] = ({ added, leftOut: without, removed }) => {
    const active = added.filter((strategy) => strategy.active)
    const gone = [...removed, ...added.flatMap(({ active, id }) => (active ? [] : [id]))].filter((id) => held.has(id))
    if (active.length === 0 && gone.length === 0 && without === leftOut) return
    version += 1
    leftOut = without
    for (const id of gone) held.delete(id)
    for (const strategy of active) held.set(strategy.id, strategy)
    for (const id of [...gone, ...active.map((strategy) => strategy.id)]) log.push({ id, version })
    forget()
  }

  return { now: () => ({ version, size: held.size, leftOut, all: () => held.values(), since }), change }
}

/** Strategies that never change, for a Strategies of one's own. */
export const watchedOf = (strategies: ReadonlyArray<Strategy>): Watched => {
  const set = makeWatchedSet()
  set.change({ added: strategies, removed: [], leftOut: 0 })
  return set.now()
}
