/** Figures from before kick-off as the metric catalogue names them. */
import type { Prices } from "./prices.ts"

/** Figures by their names in the catalogue, without its prefix. */
export type PrematchFigures = { readonly [name: string]: unknown }

/** Prices from before kick-off, under the names that the catalogue has for them. */
export const beforeKickOff = (prices: Prices): PrematchFigures =>
  Object.fromEntries(Object.entries(prices).map(([name, price]) => [`${name}_odds`, price]))

/** The figures that both teams have. */
export const bySides = (
  home: { readonly [name: string]: number },
  away: { readonly [name: string]: number }
): PrematchFigures =>
  Object.fromEntries(
    Object.entries(home).flatMap(([name, value]) =>
      away[name] === undefined ? [] : [[name, { home: value, away: away[name] }]]
    )
  )
