/**
 * Prices of SportMonks by their names in the metric catalogue: one bookmaker's, in play or from before kick-off.
 *
 * A row that is suspended or stopped, or whose price is none (0, 1, -1), is as if it were not there. The same line may stand
 * in two markets at different prices, of which one is stale: the later one counts. The Asian goal line (market 7), whose old
 * rows stay, is not read.
 */
import { Schema } from "effect"
import { AnyWhole, priceIn, readRows } from "../provider/lenient.ts"
import { type Prices, pricesFrom, type Quote } from "../provider/prices.ts"

const isTrue = Schema.optionalKey(Schema.NullOr(Schema.Boolean))
const textOrNone = Schema.optionalKey(Schema.NullOr(Schema.String))

const OddsRow = Schema.Struct({
  market_id: AnyWhole,
  bookmaker_id: AnyWhole,
  label: Schema.String,
  value: Schema.Unknown,
  total: Schema.optionalKey(Schema.Unknown),
  name: textOrNone,
  suspended: isTrue,
  stopped: isTrue,
  updated_at: textOrNone,
  created_at: textOrNone,
  latest_bookmaker_update: textOrNone
})
type OddsRow = typeof OddsRow.Type
const readOdds = readRows(OddsRow)

/** Some markets call the sides and the draw by number, others by name. */
const sideOf: Readonly<Record<string, "home" | "draw" | "away">> = {
  "1": "home",
  home: "home",
  x: "draw",
  draw: "draw",
  "2": "away",
  away: "away"
}

/** What each market prices. Of two markets with the same lines the first goes before where both are as new. */
const markets: ReadonlyMap<number, (row: OddsRow) => Quote | undefined> = new Map([
  [1, ({ label }) => result("full time", label)],
  [4, (row) => line("match", row)],
  [80, (row) => line("match", row)],
  [5, (row) => line("match", row)],
  [14, ({ label }) => (/^(yes|no)$/i.test(label) ? { of: "both score", outcome: label.toLowerCase() } : undefined)],
  [12, ({ label }) => (/^(odd|even)$/i.test(label) ? { of: "parity", outcome: label.toLowerCase() } : undefined)],
  [28, (row) => line("first half", row)],
  [31, ({ label }) => result("half time", label)]
])
const order = [...markets.keys()]

const result = (of: "full time" | "half time", label: string): Quote | undefined => {
  const side = sideOf[label.toLowerCase()]
  return side === undefined ? undefined : { of, outcome: side }
}

const line = (of: "match" | "first half", { label, name, total }: OddsRow): Quote | undefined =>
  /^(over|under)$/i.test(label) ? { of, outcome: label.toLowerCase(), line: total ?? name } : undefined

const timeOf = ({ created_at, latest_bookmaker_update, updated_at }: OddsRow): number => {
  const text = updated_at ?? latest_bookmaker_update ?? created_at
  const time = typeof text === "string" ? Date.parse(text.replace(" ", "T")) : Number.NaN
  return Number.isNaN(time) ? 0 : time
}

/** The prices that this bookmaker offers now, and how many rows cannot be read. */
export const oddsOf = (value: unknown, bookmaker: number): { readonly odds: Prices; readonly unread: number } => {
  const { rows, unread } = readOdds(value)
  const offered = rows
    .filter((row) => row.bookmaker_id === bookmaker && row.suspended !== true && row.stopped !== true)
    .flatMap((row) => {
      const quote = markets.get(row.market_id)?.(row)
      const price = priceIn(row.value)
      return quote === undefined || price === undefined
        ? []
        : [{ quote, price, time: timeOf(row), place: order.indexOf(row.market_id) }]
    })
    .sort((a, b) => b.time - a.time || a.place - b.place)
  return { odds: pricesFrom(offered), unread }
}
