/**
 * Follows the strategies of the database: all of them at the start, then what changes.
 *
 * Guarantees: no tick waits for it. Strategies that changed are read, whoever wrote them, and no others. One that is made of
 * `rules`, which older programs write one after another, is taken up when a look finds it as the look before did. While
 * the database cannot be read everything stays as it was read last. What no look can see (a backup that was restored,
 * rows written behind the triggers' back) is found by comparing all, now and then.
 */
import { Array as Arr, Cause, Duration, Effect, Fiber, Schedule } from "effect"
import { pageSize, type StoredStrategy, StrategyStore } from "../database/StrategyStore.ts"
import type { StrategyId } from "../domain/Strategy.ts"
import { makeOutage } from "../health/Outage.ts"
import { steadyMillis } from "../health/steady.ts"
import { OwnerLimits } from "../rules/rows/limits.ts"
import { isMadeOfRules, ownerOfRow } from "../rules/rows/StrategyRow.ts"
import { makeHeldStrategies } from "./HeldStrategies.ts"
import type { Watched } from "./Watched.ts"

/** How long after one look the next one comes, and so how long the rules of a strategy are still before it is taken up. */
export const lookEvery = Duration.seconds(2)

/** How often all that is held is compared with all that the database has. */
export const compareEvery = Duration.minutes(5)

/** How many characters of one owner's strategies a look takes up: the others' are read meanwhile, and the rest at later looks. */
const charactersOfOwner = 64_000

/** So many of one owner's strategies that are to be looked at again are asked for in a look. */
const againOfOwner = 20

/** Strategies that are followed. */
export interface Followed {
  readonly watched: () => Watched
  /** Whether the database keeps no strategy at all, watched or not, but those of files. */
  readonly isEmpty: () => boolean
  /** Looks again and again. */
  readonly follow: Effect.Effect<never>
}

/** A strategy that a look or a comparison found; without content it is not watched any more. */
interface Found extends Omit<StoredStrategy, "fingerprint"> {
  readonly fingerprint: string | null
  readonly changed: boolean
}

/**
 * Reads all strategies. When that fails those read so far are watched, and the first look that can reads the rest. `follow`
 * is to be run for what comes after. A dry run tells the database nothing.
 */
export const followDatabase = Effect.fnUntraced(function* ({ isDryRun }: { readonly isDryRun: boolean }) {
  const store = yield* StrategyStore
  const strategies = yield* makeHeldStrategies
  const limits = yield* OwnerLimits
  const outage = makeOutage({
    part: "strategies",
    begins: "the strategies cannot be read; those read last are watched",
    ends: "the strategies are read again"
  })
  const untold = makeOutage({
    begins: "owners cannot be told why strategies of theirs are left out",
    ends: "owners are told again why strategies of theirs are left out"
  })
  /** Made of rules, and changed when they were last looked at, or put off, by their owners. */
  const restless = new Map<StrategyId, string>()
  let isEmpty = false
  /** What the last look saw; undefined until everything was read once. */
  let seen: string | undefined
  /** When everything was compared, by the clock of this process; undefined when it must be. */
  let compared: number | undefined

  const arrive = (found: ReadonlyArray<Found>) => {
    const gone: Array<StrategyId> = []
    const ready: Array<StoredStrategy> = []
    const taken = new Map<string, number>()
    for (const { changed, content, fingerprint, id, size } of found) {
      restless.delete(id)
      if (fingerprint === null) gone.push(id)
      else if (strategies.isHeld({ id, fingerprint })) continue
      else {
        const owner = ownerOfRow(content) ?? ""
        const before = taken.get(owner) ?? 0
        const isTooMuch = owner !== "" && before > 0 && before + size > charactersOfOwner
        if (isTooMuch || (changed && isMadeOfRules(content))) restless.set(id, owner)
        else {
          taken.set(owner, before + size)
          ready.push({ id, fingerprint, content, size })
        }
      }
    }
    return strategies.take(ready, gone)
  }

  /** What is to be looked at again now: of each owner some, the longest put off first. */
  const again = (): ReadonlyArray<StrategyId> => {
    const asked = new Map<string, number>()
    return Array.from(restless).flatMap(([id, owner]) => {
      const before = asked.get(owner) ?? 0
      asked.set(owner, before + 1)
      return owner === "" || before < againOfOwner ? [id] : []
    })
  }

  /** Keeps for owners why strategies of theirs are left out. Where that fails it is tried again at the next look. */
  const tell = Effect.suspend(() => {
    const reasons = strategies.takeReasons()
    return Effect.matchEffect(Effect.forEach(Arr.chunksOf(reasons, pageSize), store.tell, { discard: true }), {
      onSuccess: () => untold.over,
      onFailure: ({ message }) => {
        strategies.giveBack(reasons)
        return untold.met(message)
      }
    })
  })

  const readAll = Effect.gen(function* () {
    if (!isDryRun) yield* store.bound(limits)
    const first = yield* store.since(undefined, [])
    isEmpty = !first.any
    for (const { content, id } of first.strategies) {
      if (isMadeOfRules(content)) restless.set(id, ownerOfRow(content) ?? "")
    }
    const gone = new Set(strategies.ids())
    let coming = yield* Effect.forkChild(store.page(undefined))
    while (true) {
      const page = yield* Fiber.join(coming)
      const last = page.at(-1)
      if (last === undefined) break
      // The next page is on its way while this one is decoded.
      coming = yield* Effect.forkChild(store.page(last.id))
      for (const { id } of page) gone.delete(id)
      yield* strategies.take(page.filter(({ content, id }) => !(restless.has(id) && isMadeOfRules(content))))
    }
    yield* strategies.take([], gone)
    seen = first.seen
    compared = yield* steadyMillis
  })

  const compare = Effect.gen(function* () {
    const [theirs, ours] = [yield* store.sum, strategies.sum()]
    if (theirs.count !== ours.count || theirs.sum !== ours.sum) {
      const gone = new Set(strategies.ids())
      let page = yield* store.fingerprints(undefined)
      while (page.length > 0) {
        for (const { id } of page) gone.delete(id)
        const others = page.filter((each) => !strategies.isHeld(each)).map(({ id }) => id)
        for (const ids of Arr.chunksOf(others, pageSize)) {
          yield* arrive((yield* store.byId(ids)).map((each) => ({ ...each, changed: true })))
        }
        page = yield* store.fingerprints(page.at(-1)?.id)
      }
      yield* strategies.take([], gone)
    }
    compared = yield* steadyMillis
    yield* store.forgetChanges
  })

  const look = Effect.gen(function* () {
    if (seen === undefined) return yield* readAll
    const { all, seen: now, strategies: found } = yield* store.since(seen, again())
    if (all) compared = undefined
    yield* arrive(found)
    seen = now
    if (compared === undefined || (yield* steadyMillis) - compared >= Duration.toMillis(compareEvery)) {
      yield* compare
    }
  }).pipe(
    Effect.andThen(isDryRun ? Effect.void : tell),
    Effect.matchCauseEffect({
      onSuccess: () => outage.over,
      onFailure: (cause) =>
        Cause.hasInterruptsOnly(cause) ? Effect.interrupt : outage.met(Cause.prettyErrors(cause)[0]?.message ?? "")
    })
  )

  yield* look
  return {
    watched: strategies.now,
    isEmpty: () => isEmpty,
    follow: look.pipe(Effect.delay(lookEvery), Effect.repeat(Schedule.forever), Effect.andThen(Effect.never))
  } satisfies Followed
})
