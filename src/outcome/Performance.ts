/**
 * How strategies have done, from their triggers: hits, misses, and how much such a rate means.
 *
 * The hit rate is hits / (hits + misses): what is void or open says nothing. The fair price is the decimal odds at which a bet on
 * each trigger would neither win nor lose: 1 / rate.
 */
import { Array as Arr, DateTime, Effect, Schema } from "effect"
import { Database, decodeRows } from "../database/Database.ts"
import { OutcomeStore } from "./OutcomeStore.ts"
import { wilson } from "./wilson.ts"

const Mark = Schema.Literals(["hit", "miss", "void", "open", "none"])
/** What became of one trigger; `none` where nothing was expected of it. */
export type Mark = typeof Mark.Type

const Row = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  competition: Schema.NullOr(Schema.String),
  competition_name: Schema.NullOr(Schema.String),
  triggers: Schema.Int,
  open: Schema.Int,
  hits: Schema.Int,
  misses: Schema.Int,
  voids: Schema.Int,
  median_minute: Schema.NullOr(Schema.Finite),
  last: Schema.Array(Mark)
})

/** Rates are fractions from 0 to 1, and absent where nothing was decided. */
export interface Rates {
  readonly hitRate: number | undefined
  /** The 95 % Wilson interval of the hit rate. */
  readonly interval: readonly [low: number, high: number] | undefined
  /** Infinite where nothing was hit. */
  readonly fairPrice: number | undefined
}

export interface Counts {
  readonly triggers: number
  /** Of those that expect something, how many are not decided yet. */
  readonly open: number
  readonly hits: number
  readonly misses: number
  readonly voids: number
}

export interface StrategyPerformance extends Counts, Rates {
  readonly id: string
  readonly name: string
  /** Where it is by competition: the competition's name, or its id where no name is known. */
  readonly competition?: string
  /** The median of the triggers' scoreboard minutes. */
  readonly medianMinute: number | undefined
  /** What became of the latest ten triggers, the newest last. */
  readonly last: ReadonlyArray<Mark>
}

export const ratesOf = ({ hits, misses }: Pick<Counts, "hits" | "misses">): Rates => {
  const decided = hits + misses
  return {
    hitRate: decided === 0 ? undefined : hits / decided,
    interval: wilson(hits, decided),
    fairPrice: decided === 0 ? undefined : decided / hits
  }
}

export interface PerformanceOptions {
  /** The id or name of the only strategy to tell of. */
  readonly strategy: string | undefined
  /** Only triggers of this time on. */
  readonly since: DateTime.Utc | undefined
  /** A row for each competition of a strategy. */
  readonly byCompetition: boolean
}

/** The performance of strategies, deleted ones that have triggers among them, in the order of their names. */
export const performance = Effect.fn("performance")(function* ({ byCompetition, since, strategy }: PerformanceOptions) {
  const { call } = yield* Database
  const rows = yield* decodeRows(
    "performance",
    Row
  )(
    yield* call("strategy_performance", {
      strategy: strategy ?? null,
      since: since === undefined ? null : DateTime.formatIso(since),
      by_competition: byCompetition
    })
  )
  return rows.map(({ competition, competition_name, median_minute, ...row }): StrategyPerformance => {
    const place = competition_name ?? competition ?? undefined
    return {
      ...row,
      ...ratesOf(row),
      medianMinute: median_minute ?? undefined,
      ...(byCompetition && place !== undefined ? { competition: place } : undefined)
    }
  })
})

/** All counts together. */
export const totalsOf = (all: ReadonlyArray<Counts>): Counts & Rates => {
  const sum = (name: keyof Counts): number => all.reduce((total, each) => total + each[name], 0)
  const [triggers, open, hits, misses, voids] = [sum("triggers"), sum("open"), sum("hits"), sum("misses"), sum("voids")]
  return { triggers, open, hits, misses, voids, ...ratesOf({ hits, misses }) }
}

/**
 * How many triggers stay open because they cannot be read: all that are open are read, of whatever strategy and time. Each is told
 * of in the log.
 */
export const unreadableTriggers = Effect.fn("unreadableTriggers")(function* () {
  const store = yield* OutcomeStore
  const matches = yield* store.absent([], mostMatches)
  for (const page of Arr.chunksOf(matches, matchesPerCall)) {
    yield* store.open(
      page.map(({ matchId }) => matchId),
      undefined
    )
  }
  return yield* store.unreadable
})

/** Matches with open triggers that are looked at: all that there may be. */
const mostMatches = 1_000_000
const matchesPerCall = 50

/** Makes the counters of all strategies what a count of their triggers says. Answers how many were not. */
export const recount = Effect.gen(function* () {
  const { call } = yield* Database
  return (yield* call("recount_performance", { strategies: null })).length
}).pipe(Effect.withSpan("recount"))
