/** Prices as the metric catalogue names them, of whatever a provider calls them. */
import type { Sides } from "../../domain/Match.ts"

/** One thing that is priced. */
export interface Quote {
  readonly of: "full time" | "half time" | "match" | "first half" | "both score" | "parity" | "corners"
  /** `home`, `draw`, `away`; `over`, `under`; `yes`, `no`; `odd`, `even`. */
  readonly outcome: string
  /** Over and under how much: `2.5`. */
  readonly line?: unknown
}

/** A quote and its price. */
export interface Priced {
  readonly quote: Quote
  readonly price: number
}

/** Prices by their names in the catalogue, without its prefix. */
export type Prices = { readonly [name: string]: number | Sides }

const lines: Readonly<Record<string, string>> = { match: "", "first half": "first_half_", corners: "corners_" }

/** `over_2_5`; none for a line that is not half a goal, such as 2.25. */
const nameOf = ({ line, of, outcome }: Quote): string | undefined => {
  const [, whole] = /^\s*(\d{1,2})\.5\s*$/.exec(String(line)) ?? []
  const prefix = lines[of]
  if (prefix !== undefined) return whole === undefined ? undefined : `${prefix}${outcome}_${whole}_5`
  if (of === "both score") return `btts_${outcome}`
  return of === "parity" ? `${outcome}_goals` : undefined
}

const results = { "full time": ["win", "draw"], "half time": ["first_half_win", "first_half_draw"] } as const

/** The prices of these quotes, the first of those for the same thing. A win needs the price of either side. */
export const pricesFrom = (quotes: ReadonlyArray<Priced>): Prices => {
  const prices: { [name: string]: number | Sides } = {}
  for (const { price, quote } of quotes) {
    const name = nameOf(quote)
    if (name !== undefined) prices[name] ??= price
  }
  for (const when of ["full time", "half time"] as const) {
    const priceOf = (outcome: string) =>
      quotes.find(({ quote }) => quote.of === when && quote.outcome === outcome)?.price
    const [home, draw, away] = [priceOf("home"), priceOf("draw"), priceOf("away")]
    const [win, drawn] = results[when]
    if (home !== undefined && away !== undefined) prices[win] = { home, away }
    if (draw !== undefined) prices[drawn] = draw
  }
  return prices
}
