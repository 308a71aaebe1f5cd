/**
 * Prices of API-Football by their names in the metric catalogue: in play from one source without a name, before kick-off from
 * a bookmaker. The two number their bets differently.
 *
 * In play nothing is read while betting is stopped or blocked, and no value that is suspended. A line counts only where it is
 * half a goal: it has been seen cut to a whole number. `main` tells apart values that stand twice.
 */
import { Option, Schema } from "effect"
import { AnyWhole, priceIn, readRows } from "../provider/lenient.ts"
import { type Priced, type Prices, pricesFrom, type Quote } from "../provider/prices.ts"

const Value = Schema.Struct({
  value: Schema.Union([Schema.String, Schema.Finite]),
  odd: Schema.Unknown,
  handicap: Schema.optionalKey(Schema.Unknown),
  main: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
  suspended: Schema.optionalKey(Schema.NullOr(Schema.Boolean))
})
type Value = typeof Value.Type
const readValues = readRows(Value)

const Bet = Schema.Struct({ id: AnyWhole, name: Schema.optionalKey(Schema.Unknown), values: Schema.Unknown })
type Bet = typeof Bet.Type
const readBets = readRows(Bet)

const Live = Schema.Struct({
  fixture: Schema.Struct({ id: AnyWhole }),
  status: Schema.optionalKey(
    Schema.Struct({
      stopped: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
      blocked: Schema.optionalKey(Schema.NullOr(Schema.Boolean))
    })
  ),
  odds: Schema.Unknown
})
const readLive = readRows(Live)

const Before = Schema.Struct({
  fixture: Schema.Struct({ id: AnyWhole }),
  bookmakers: Schema.Array(Schema.Struct({ id: AnyWhole, bets: Schema.Unknown }))
})
const readBefore = readRows(Before)

const result =
  (of: "full time" | "half time") =>
  ({ value }: Value): Quote | undefined =>
    /^(home|draw|away)$/i.test(String(value)) ? { of, outcome: String(value).toLowerCase() } : undefined

/** Over and under with the line beside, or behind the word: `Over 2.5`. */
const line =
  (of: "match" | "first half" | "corners") =>
  ({ handicap, value }: Value): Quote | undefined => {
    const [, outcome, behind] = /^(over|under)(?:\s+(\S+))?$/i.exec(String(value)) ?? []
    return outcome === undefined ? undefined : { of, outcome: outcome.toLowerCase(), line: behind ?? handicap }
  }

const pair =
  (of: "both score" | "parity", words: RegExp) =>
  ({ value }: Value): Quote | undefined =>
    words.test(String(value)) ? { of, outcome: String(value).toLowerCase() } : undefined

type Bets = ReadonlyMap<number, (value: Value) => Quote | undefined>

const yesNo = /^(yes|no)$/i
const oddEven = /^(odd|even)$/i

/** Bets in play, by the numbers of `/odds/live/bets`. */
const liveBets: Bets = new Map([
  [59, result("full time")],
  [25, line("match")],
  [69, pair("both score", yesNo)],
  [49, line("first half")],
  [19, result("half time")],
  [68, pair("parity", oddEven)],
  [37, line("corners")]
])

/** Bets before kick-off, by the numbers of `/odds/bets`. */
const betsBefore: Bets = new Map([
  [1, result("full time")],
  [5, line("match")],
  [8, pair("both score", yesNo)],
  [6, line("first half")],
  [13, result("half time")],
  [21, pair("parity", oddEven)]
])

const pricesOf = (bets: ReadonlyArray<Bet>, known: Bets): Prices =>
  pricesFrom(
    bets.flatMap(({ id, values }) => {
      const quoteOf = known.get(id)
      if (quoteOf === undefined) return []
      const offered = readValues(values).rows.filter(({ suspended }) => suspended !== true)
      return [...offered.filter(({ main }) => main === true), ...offered].flatMap((value): ReadonlyArray<Priced> => {
        const [quote, price] = [quoteOf(value), priceIn(value.odd)]
        return quote === undefined || price === undefined ? [] : [{ quote, price }]
      })
    })
  )

/** Current prices by fixture, of an answer of `/odds/live`. A fixture on which no bet is taken has none. */
export const livePrices = (answer: unknown): ReadonlyMap<string, Prices> =>
  new Map(
    readLive(answer).rows.map(({ fixture, odds, status }) => [
      String(fixture.id),
      status?.stopped === true || status?.blocked === true ? {} : pricesOf(readBets(odds).rows, liveBets)
    ])
  )

/** Prices from before kick-off, of an answer of `/odds`: those of this bookmaker, or of the first that there is. */
export const pricesBefore = (answer: unknown, bookmaker: number): ReadonlyMap<string, Prices> =>
  new Map(
    readBefore(answer).rows.map(({ bookmakers, fixture }) => {
      const chosen = Option.fromUndefinedOr(bookmakers.find(({ id }) => id === bookmaker) ?? bookmakers[0])
      return [
        String(fixture.id),
        Option.match(chosen, {
          onNone: (): Prices => ({}),
          onSome: ({ bets }) => pricesOf(readBets(bets).rows, betsBefore)
        })
      ]
    })
  )
