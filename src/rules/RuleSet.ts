/**
 * Every watched strategy, ready to be evaluated on all matches of a tick in one call. Pure: what holds depends on the
 * strategies and the views alone.
 *
 * Guarantees: a verdict is that of the reference evaluator (`evaluate.ts`), for each strategy and view, whose timelines
 * must be what they say they are: in the order of play, and never changed, only replaced. Time grows at most linearly in
 * strategies and in views. Adding or removing a strategy touches that strategy's conditions and no others.
 *
 * How: distinct conditions are few, however many strategies there are. What they ask for is read from the views into
 * columns of numbers once; each condition is evaluated once for all views, as a row of bits, and a strategy is the AND of
 * its rows (see `engine/`; the loops are WebAssembly, sixteen bytes at a time). What is known of its pairs is a row too, and
 * taken off before any pair is written out. Evidence is made for the pairs that fired only, by the reference evaluator.
 */
import { type Strategy, watches } from "../domain/Strategy.ts"
import type { Evidence } from "../domain/Trigger.ts"
import { blockSize, grown } from "./engine/block.ts"
import { type Conditions, makeConditions } from "./engine/conditions.ts"
import { compileStrategy, type Test } from "./engine/direct.ts"
import { makeKernel } from "./engine/Kernel.ts"
import { type KnownRows, makeKnownRows } from "./engine/knownRows.ts"
import {
  type Known,
  makeStrategyTable,
  type NearPairs,
  type Pairs,
  reserve,
  type StrategyTable
} from "./engine/strategyTable.ts"
import { evaluateCondition, type View } from "./evaluate.ts"
import { hasLabel, type KnownLabels } from "./KnownLabels.ts"

/** A strategy that holds on a match. */
export interface Verdict {
  readonly strategy: Strategy
  readonly view: View
  readonly evidence: ReadonlyArray<Evidence>
}

/** Pairs that fired: `strategies[i]`, a number for `RuleSet.strategy`, on view `views[i]`. In no order of meaning. */
export interface Fired {
  readonly strategies: Int32Array
  readonly views: Int32Array
}

/** Pairs that nearly fired, and of each which of its strategy's conditions fails, counted from 0. */
export interface NearlyFired extends Fired {
  readonly failing: Int32Array
}

export interface RuleSet {
  /** The strategies that hold, match by match in the order of the views; for each match in the order they were added. */
  readonly evaluate: (views: ReadonlyArray<View>) => ReadonlyArray<Verdict>
  /**
   * The same without evidence: eight bytes a pair. The arrays are valid until the next call of `evaluate` or `fired`, the
   * strategies' numbers until the next `add` or `remove`.
   *
   * Where `known` says for each view what is known on its match, by the labels of the strategies, pairs that are known are
   * left out and cost next to nothing; `held` is how many hold, those included. Every strategy must have a label of its own
   * then, and one rule set alone must be told of what is known.
   */
  readonly fired: (
    views: ReadonlyArray<View>,
    known?: ReadonlyArray<KnownLabels | undefined>
  ) => Fired & { readonly held: number }
  /**
   * The pairs that are one condition away from holding: all conditions but one hold, and the competition is watched. Arrays of
   * their own; the numbers are valid as those of `fired` are. On some or all of the views that were evaluated last it costs next
   * to nothing.
   */
  readonly nearly: (views: ReadonlyArray<View>) => NearlyFired
  /** The strategy of a number in `fired`. */
  readonly strategy: (number: number) => Strategy | undefined
  /** The label of each strategy, by its number: valid as long as the numbers are. */
  readonly labels: () => Int32Array
  /**
   * Adds a strategy. One of the same id that is held already gives way to it; an inactive one is not held. The label is the
   * caller's: it stays with the strategy whatever its number becomes.
   */
  readonly add: (strategy: Strategy, label?: number) => void
  /** Removes the strategy of this id. False when there is none. */
  readonly remove: (id: string) => boolean
  /** The ids of the strategies held. */
  readonly ids: () => Iterable<string>
  /** Strategies held. */
  readonly size: () => number
  /** Distinct conditions held, which is what evaluating a match costs. */
  readonly conditions: () => number
}

/** So few strategies are tried one by one: reading all figures of all views costs as much as trying so many. */
const directUpTo = 12

/** Of more strategies it costs less to evaluate few views anew than to look through the rows of all that were evaluated last. */
const lookedThroughUpTo = 8192

/** Room for so many pairs is kept, however few fired last. */
const spare = 2 ** 20

const noPairs = (): Pairs => ({ strategies: new Int32Array(0), views: new Int32Array(0), length: 0 })

/** Which views of a block are asked for, as bits, and how many of them are. */
const bitsOf = (block: ReadonlyArray<View>, asked: ReadonlyMap<View, number>) => {
  const bits = new Int32Array(Math.ceil(block.length / 32))
  let count = 0
  block.forEach((view, place) => {
    if (!asked.has(view)) return
    bits[place >> 5] = (bits[place >> 5] ?? 0) | (1 << (place & 31))
    count += 1
  })
  return { bits, count }
}

/** The evidence of a strategy that is known to hold on this view. */
export const evidenceOf = (strategy: Strategy, view: View): ReadonlyArray<Evidence> =>
  strategy.when.flatMap((condition) => evaluateCondition(condition, view) ?? [])

/** What evaluates many strategies together. A strategy's number in the table is its number in the rule set. */
interface Together {
  readonly conditions: Conditions
  readonly table: StrategyTable
  readonly knownRows: KnownRows
}

const addTo = ({ conditions, table }: Together, { competitions, when }: Strategy): void => {
  const rows = when.map(conditions.acquire)
  if (competitions !== undefined) rows.push(conditions.acquireCompetitions(competitions))
  table.add(rows)
}

/** A rule set of these strategies. Of several with one id the last is held. */
export const make = (strategies: ReadonlyArray<Strategy>): RuleSet => {
  // Made when there are strategies enough for it.
  let together: Together | undefined
  let held: Array<Strategy | undefined> = []
  let labels = new Int32Array(16)
  const numbers = new Map<string, number>()
  // Undefined when strategies were added or removed since.
  let direct: ReadonlyArray<{ readonly number: number; readonly test: Test }> | undefined
  // Kept from tick to tick: new arrays of this size would cost a collection of the whole heap now and then.
  let pairs = noPairs()
  // The views that the rows of the conditions tell of now, in their order. None when strategies were added or removed since.
  let evaluated: ReadonlyArray<View> = []

  const compact = (): void => {
    together?.table.compact((number) => held[number] !== undefined)
    labels = labels.filter((_, number) => held[number] !== undefined)
    held = held.filter((strategy) => strategy !== undefined)
    held.forEach((strategy, number) => {
      if (strategy !== undefined) numbers.set(strategy.id, number)
    })
  }

  const remove: RuleSet["remove"] = (id) => {
    const number = numbers.get(id)
    if (number === undefined) return false
    direct = undefined
    evaluated = []
    if (together !== undefined) {
      together.table.rows(number).forEach(together.conditions.release)
      together.table.remove(number)
    }
    held[number] = undefined
    numbers.delete(id)
    // Moving the others takes time in proportion to them: once as many were removed, that is little for each.
    if (held.length > 2 * numbers.size) compact()
    return true
  }

  const add: RuleSet["add"] = (strategy, label = 0) => {
    remove(strategy.id)
    if (!strategy.active) return
    direct = undefined
    evaluated = []
    const number = held.push(strategy) - 1
    numbers.set(strategy.id, number)
    labels = grown(labels, number + 1)
    labels[number] = label
    if (together !== undefined) addTo(together, strategy)
    else if (numbers.size > directUpTo) makeTogether()
  }

  const makeTogether = (): Together => {
    const kernel = makeKernel()
    const made = {
      conditions: makeConditions(kernel),
      table: makeStrategyTable(kernel),
      knownRows: makeKnownRows(kernel)
    }
    compact()
    for (const strategy of held) if (strategy !== undefined) addTo(made, strategy)
    together = made
    return made
  }

  /** Pairs by trying every strategy on every view. Answers with how many hold. */
  const fireDirectly = (views: ReadonlyArray<View>, known: ReadonlyArray<KnownLabels | undefined> = []): number => {
    direct ??= [...numbers.values()].flatMap((number) => {
      const strategy = held[number]
      return strategy === undefined ? [] : [{ number, test: compileStrategy(strategy) }]
    })
    reserve(pairs, direct.length * views.length)
    let holding = 0
    for (const { number, test } of direct) {
      for (let view = 0; view < views.length; view++) {
        const subject = views[view]
        if (subject === undefined || !test(subject)) continue
        holding += 1
        const labelled = known[view]
        if (labelled !== undefined && hasLabel(labelled, labels[number] ?? 0)) continue
        pairs.strategies[pairs.length] = number
        pairs.views[pairs.length] = view
        pairs.length += 1
      }
    }
    return holding
  }

  /** Pairs by columns and rows of bits. Answers with how many hold. */
  const fireTogether = (views: ReadonlyArray<View>, known?: Known): number => {
    const { conditions, table } = together ?? makeTogether()
    let holding = 0
    for (let from = 0; from < views.length; from += blockSize) {
      const block = views.slice(from, from + blockSize)
      conditions.evaluate(block)
      evaluated = block
      holding += table.fired(block.length, from, pairs, known)
    }
    return holding
  }

  /** The same less what is known, for which the views are put in the order of its rows. */
  const fireUnknown = (views: ReadonlyArray<View>, known: ReadonlyArray<KnownLabels | undefined>): number => {
    const { knownRows } = together ?? makeTogether()
    const matchIds = views.map(({ snapshot }) => snapshot.match.id)
    const order = knownRows.show(matchIds, known)
    const ordered = Array.from(order).flatMap((index) => views[index] ?? [])
    const holding = fireTogether(ordered, { rows: knownRows, labels })
    for (let index = 0; index < pairs.length; index++) pairs.views[index] = order[pairs.views[index] ?? 0] ?? 0
    return holding
  }

  const fire = (views: ReadonlyArray<View>, known?: ReadonlyArray<KnownLabels | undefined>): number => {
    if (numbers.size <= directUpTo) return fireDirectly(views, known)
    return known === undefined ? fireTogether(views) : fireUnknown(views, known)
  }

  const nearly: RuleSet["nearly"] = (views) => {
    const near: NearPairs = { ...noPairs(), missing: new Int32Array(0) }
    const { conditions, table } = together ?? makeTogether()
    const places = new Map(views.map((view, place) => [view, place]))
    const asked = bitsOf(evaluated, places)
    const isCurrent =
      asked.count === views.length && (evaluated.length === views.length || held.length <= lookedThroughUpTo)
    const ordered = isCurrent ? evaluated : views
    if (isCurrent) table.nearly(asked.bits, 0, near)
    for (let from = 0; !isCurrent && from < views.length; from += blockSize) {
      const block = views.slice(from, from + blockSize)
      conditions.evaluate(block)
      evaluated = block
      table.nearly(bitsOf(block, places).bits, from, near)
    }
    let length = 0
    for (let index = 0; index < near.length; index++) {
      const number = near.strategies[index] ?? 0
      const view = ordered[near.views[index] ?? 0]
      const strategy = held[number]
      if (view === undefined || strategy === undefined || !watches(strategy, view.snapshot.match.competition.id))
        continue
      near.strategies[length] = number
      near.views[length] = places.get(view) ?? 0
      near.missing[length] = near.missing[index] ?? 0
      length += 1
    }
    return {
      strategies: near.strategies.subarray(0, length),
      views: near.views.subarray(0, length),
      failing: near.missing.subarray(0, length)
    }
  }

  const fired: RuleSet["fired"] = (views, known) => {
    if (pairs.views.length > 4 * pairs.length + spare) pairs = noPairs()
    pairs.length = 0
    const holding = fire(views, known)
    return {
      strategies: pairs.strategies.subarray(0, pairs.length),
      views: pairs.views.subarray(0, pairs.length),
      held: holding
    }
  }

  for (const strategy of strategies) add(strategy)

  return {
    evaluate: (views) => {
      const { strategies, views: on } = fired(views)
      const byView = views.map((): Array<number> => [])
      on.forEach((view, index) => {
        const number = strategies[index]
        if (number !== undefined) byView[view]?.push(number)
      })
      return views.flatMap((view, index) =>
        (byView[index] ?? []).flatMap((number) => {
          const strategy = held[number]
          return strategy === undefined ? [] : [{ strategy, view, evidence: evidenceOf(strategy, view) }]
        })
      )
    },
    fired,
    nearly,
    strategy: (number) => held[number],
    labels: () => labels,
    add,
    remove,
    ids: () => numbers.keys(),
    size: () => numbers.size,
    conditions: () => (together ?? makeTogether()).conditions.size()
  }
}
