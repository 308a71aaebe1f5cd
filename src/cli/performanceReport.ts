/** The performance of strategies as people, programs and spreadsheets read it. */

import { type Effect, Stream } from "effect"
import { Csv } from "effect/encoding"
import { type Mark, type Rates, type StrategyPerformance, totalsOf } from "../outcome/Performance.ts"
import { csvText } from "./csvText.ts"
import { table } from "./report.ts"

const marks: Readonly<Record<Mark, string>> = { hit: "✓", miss: "✗", void: "∅", open: "·", none: " " }

const percent = (rate: number): string => (100 * rate).toFixed(1)

const rateText = ({ hitRate, interval }: Rates): string =>
  hitRate === undefined || interval === undefined
    ? ""
    : `${percent(hitRate)} % (${interval.map((bound) => (100 * bound).toFixed(0)).join(" to ")})`

const priceText = (fairPrice: number | undefined): string =>
  fairPrice === undefined ? "" : Number.isFinite(fairPrice) ? fairPrice.toFixed(2) : "none"

const isByCompetition = (all: ReadonlyArray<StrategyPerformance>): boolean =>
  all.some(({ competition }) => competition !== undefined)

/** A row for each strategy (or competition of one), and one for all of them. */
export const performanceTable = (all: ReadonlyArray<StrategyPerformance>): string => {
  const place = isByCompetition(all)
  const rows = all.map((each) => [
    each.name,
    ...(place ? [each.competition ?? ""] : []),
    `${each.triggers}`,
    `${each.open}`,
    `${each.hits}`,
    `${each.misses}`,
    `${each.voids}`,
    rateText(each),
    priceText(each.fairPrice),
    each.medianMinute === undefined ? "" : `${each.medianMinute}'`,
    each.last.map((mark) => marks[mark]).join("")
  ])
  const { fairPrice, hits, misses, open, triggers, voids, ...rates } = totalsOf(all)
  const sums = [triggers, open, hits, misses, voids].map((count) => `${count}`)
  const total = [
    "all",
    ...(place ? [""] : []),
    ...sums,
    rateText({ fairPrice, ...rates }),
    priceText(fairPrice),
    "",
    ""
  ]
  const heading = [
    "triggers",
    "open",
    "hits",
    "misses",
    "void",
    "hit rate (95 %)",
    "fair price",
    "median minute",
    "last ten"
  ]
  return table(["strategy", ...(place ? ["competition"] : []), ...heading], [...rows, total])
}

const ratesJson = ({ fairPrice, hitRate, interval }: Rates) => ({
  hitRate: hitRate ?? null,
  interval: interval ?? null,
  fairPrice: fairPrice !== undefined && Number.isFinite(fairPrice) ? fairPrice : null
})

/** One object; `unreadable` counts the triggers that stay open for want of being read. Rates are fractions from 0 to 1; `null` is what does not exist. */
export const performanceJson = (all: ReadonlyArray<StrategyPerformance>, unreadable: number) => ({
  strategies: all.map(
    ({ competition, hits, id, last, medianMinute, misses, name, open, triggers, voids, ...rates }) => ({
      id,
      name,
      ...(competition === undefined ? {} : { competition }),
      triggers,
      open,
      hits,
      misses,
      voids,
      ...ratesJson(rates),
      medianMinute: medianMinute ?? null,
      last
    })
  ),
  totals: { ...totalsOf(all), ...ratesJson(totalsOf(all)), unreadable }
})

const columns = [
  "id",
  "strategy",
  "competition",
  "triggers",
  "open",
  "hits",
  "misses",
  "voids",
  "hit_rate",
  "low",
  "high",
  "fair_price",
  "median_minute",
  "last"
]

const text = (value: number | undefined): string => (value === undefined || !Number.isFinite(value) ? "" : `${value}`)

/** A row of a CSV file (RFC 4180) for each, under the names of the columns. */
export const performanceCsv = (all: ReadonlyArray<StrategyPerformance>): Effect.Effect<string> =>
  Stream.fromIterable(
    all.map((each) => ({
      id: each.id,
      strategy: csvText(each.name),
      competition: csvText(each.competition ?? ""),
      triggers: `${each.triggers}`,
      open: `${each.open}`,
      hits: `${each.hits}`,
      misses: `${each.misses}`,
      voids: `${each.voids}`,
      hit_rate: text(each.hitRate),
      low: text(each.interval?.[0]),
      high: text(each.interval?.[1]),
      fair_price: text(each.fairPrice),
      median_minute: text(each.medianMinute),
      last: each.last.join(" ")
    }))
  ).pipe(Stream.pipeThroughChannel(Csv.encodeString({ columns, headers: true })), Stream.mkString)
