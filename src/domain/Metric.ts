/**
 * The metric catalogue: every figure a strategy can speak of, and the only place where one is defined.
 *
 * In-play metrics are read from a snapshot's score and statistics, `prematch.*` from its pre-match figures, `odds.*`
 * from its current odds. A strategy that names anything else is refused with the nearest names of this table.
 */

import { Schema, Struct } from "effect"

/** Where a metric's value comes from: the live statistics, what was known before kick-off, or the current odds. */
export type MetricGroup = "in-play" | "prematch" | "odds"

/** One row of the catalogue. */
export interface Metric {
  readonly group: MetricGroup
  /** What one unit of the value is. Percentages run from 0 to 100, odds are decimal (2.5 returns 2.5 for a stake of 1). */
  readonly unit: "count" | "goals" | "minutes" | "percent" | "decimal odds" | "per match" | "rank"
  /** A cumulative metric counts since kick-off and never falls; a gauge goes up and down. */
  readonly kind: "cumulative" | "gauge"
  /** Whether there is one value for each team (which needs a scope to become a number) or a single one for the match. */
  readonly sided: boolean
  /** The least and the greatest value that makes sense, inclusive. A value outside is bad input. */
  readonly range: readonly [least: number, greatest: number]
  readonly meaning: string
  /** Of rows made from one pattern: the name with `N` for what differs, and what that may be. */
  readonly family?: Family
}

/** Rows of the catalogue that differ in a number. */
export interface Family {
  /** `odds.over_N`. */
  readonly pattern: string
  readonly meaning: string
  /** `0_5, 1_5, … 8_5`. */
  readonly lines: string
}

const count = (meaning: string, greatest = 999): Metric => ({
  group: "in-play",
  unit: "count",
  kind: "cumulative",
  sided: true,
  range: [0, greatest],
  meaning
})

const priceRange = [1, 10_000] as const

const odds = (meaning: string, sided = false): Metric => ({
  group: "odds",
  unit: "decimal odds",
  kind: "gauge",
  sided,
  range: priceRange,
  meaning
})

const prematch = (unit: Metric["unit"], range: Metric["range"], meaning: string, sided = true): Metric => ({
  group: "prematch",
  unit,
  kind: "gauge",
  sided,
  range,
  meaning
})

const opening = (meaning: string, sided = false): Metric => prematch("decimal odds", priceRange, meaning, sided)

/** What every metric that is not one of a family is. */
const catalogue = {
  goals: count("Goals as on the scoreboard: own goals count for the other team, shoot-outs for none", 99),
  expected_goals: {
    group: "in-play",
    unit: "goals",
    kind: "cumulative",
    sided: true,
    range: [0, 30],
    meaning: "Goals that the chances so far were worth (xG), with decimals"
  },
  minutes_since_last_goal: {
    group: "in-play",
    unit: "minutes",
    kind: "gauge",
    sided: false,
    range: [0, 120],
    meaning:
      "Scoreboard minutes since the last goal; without a value before the first one, and where its minute was not seen"
  },
  shots: count("Attempts at goal, on target or not, free kicks and penalties included"),
  shots_on_target: count("Attempts that were goals or would have been without the goalkeeper"),
  shots_off_target: count("Attempts that missed the goal"),
  shots_blocked: count("Attempts stopped by a defender"),
  shots_inside_box: count("Attempts from inside the penalty area"),
  shots_outside_box: count("Attempts from outside the penalty area"),
  big_chances: count("Chances from which a goal was to be expected"),
  key_passes: count("Passes that led to an attempt at goal"),
  corners: count("Corner kicks taken"),
  fouls: count("Fouls committed"),
  offsides: count("Times caught offside"),
  yellow_cards: count("Yellow cards shown"),
  red_cards: count("Red cards shown, second yellows included"),
  penalties: count("Penalty kicks taken in play"),
  saves: count("Shots on target that the goalkeeper stopped"),
  passes: count("Passes attempted", 9999),
  accurate_passes: count("Passes that found a team-mate", 9999),
  crosses: count("Crosses attempted"),
  accurate_crosses: count("Crosses that found a team-mate"),
  tackles: count("Tackles made"),
  interceptions: count("Passes of the opponent caught"),
  free_kicks: count("Free kicks taken"),
  throw_ins: count("Throw-ins taken"),
  substitutions: count("Players replaced"),
  injuries: count("Players replaced because of an injury"),
  attacks: count("Possessions carried into the opponent's half"),
  dangerous_attacks: count("Possessions carried close to the opponent's goal"),
  momentum: count("Attacks, dangerous attacks twice and shots on target three times over, added up", 5994),
  possession: {
    group: "in-play",
    unit: "percent",
    kind: "gauge",
    sided: true,
    range: [0, 100],
    meaning: "Share of the ball since kick-off"
  },
  "odds.win": odds("Current price of a win of that team", true),
  "odds.draw": odds("Current price of a draw"),
  "odds.first_half_win": odds("Current price of that team leading at half-time", true),
  "odds.first_half_draw": odds("Current price of a draw at half-time"),
  "odds.btts_yes": odds("Current price of both teams scoring"),
  "odds.btts_no": odds("Current price of a team not scoring"),
  "odds.odd_goals": odds("Current price of an odd number of goals in the match"),
  "odds.even_goals": odds("Current price of an even number of goals in the match, none included"),
  "prematch.win_odds": opening("Price of a win of that team before kick-off", true),
  "prematch.draw_odds": opening("Price of a draw before kick-off"),
  "prematch.first_half_win_odds": opening("Price of that team leading at half-time before kick-off", true),
  "prematch.first_half_draw_odds": opening("Price of a draw at half-time before kick-off"),
  "prematch.btts_yes_odds": opening("Price of both teams scoring before kick-off"),
  "prematch.btts_no_odds": opening("Price of a team not scoring before kick-off"),
  "prematch.odd_goals_odds": opening("Price of an odd number of goals before kick-off"),
  "prematch.even_goals_odds": opening("Price of an even number of goals, none included, before kick-off"),
  "prematch.position": prematch("rank", [1, 100], "Place in the table, 1 is first"),
  "prematch.goals_scored": prematch("per match", [0, 20], "Goals scored a match this season"),
  "prematch.goals_conceded": prematch("per match", [0, 20], "Goals conceded a match this season"),
  "prematch.corners": prematch("per match", [0, 50], "Corners a match this season"),
  "prematch.cards": prematch("per match", [0, 20], "Cards a match this season"),
  "prematch.btts_rate": prematch("percent", [0, 100], "Share of this season's matches in which both teams scored"),
  "prematch.over_2_5_rate": prematch("percent", [0, 100], "Share of this season's matches with three goals or more"),
  "prematch.clean_sheet_rate": prematch("percent", [0, 100], "Share of this season's matches without conceding")
} satisfies Record<string, Metric>

/** Lines of goals, as names have them: `2_5` is two and a half. */
const goalLines = ["0_5", "1_5", "2_5", "3_5", "4_5", "5_5", "6_5", "7_5", "8_5"] as const

/** Lines of corners, in halves: `9_5`, `10`. */
const inHalves = <N extends number>(whole: ReadonlyArray<N>) =>
  whole.flatMap((line) => [`${line}`, `${line}_5`] as const)

const firstHalfCornerLines = ["0_5", ...inHalves([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]), "15"] as const
const cornerLines = [...firstHalfCornerLines, "15_5", ...inHalves([16, 17, 18, 19, 20, 21, 22, 23, 24]), "25"] as const

const directions = ["over", "under"] as const

const beyond = { over: "more than", under: "less than" } as const

/** The four families that price a count: over and under a line, now and before kick-off. */
const priced = <const What extends string, const Line extends string>(
  what: What,
  counted: string,
  lines: ReadonlyArray<Line>
) =>
  directions.flatMap((direction) => {
    const listed = `${lines.slice(0, 3).join(", ")}, … ${lines.at(-1)}`
    const said = (line: string) => `${beyond[direction]} ${line.replace("_", ".")} ${counted}`
    return lines.flatMap((line) => {
      const now: Metric = {
        ...odds(`Current price of ${said(line)}`),
        family: {
          pattern: `odds.${what}${direction}_N`,
          meaning: `Current price of ${said("N")}`,
          lines: listed
        }
      }
      const before: Metric = {
        ...opening(`Price of ${said(line)} before kick-off`),
        family: {
          pattern: `prematch.${what}${direction}_N_odds`,
          meaning: `Price of ${said("N")} before kick-off`,
          lines: listed
        }
      }
      return [
        [`odds.${what}${direction}_${line}`, now],
        [`prematch.${what}${direction}_${line}_odds`, before]
      ] as const
    })
  })

const families = [
  ...priced("", "goals in the match", goalLines),
  ...priced("first_half_", "goals in the first half", goalLines),
  ...priced("corners_", "corners in the match", cornerLines),
  ...priced("first_half_corners_", "corners in the first half", firstHalfCornerLines)
] as const

/** The catalogue by metric name. */
export const metrics: ReadonlyMap<string, Metric> = new Map([...Object.entries<Metric>(catalogue), ...families])

/** The name of a metric of the catalogue. */
export const MetricName = Schema.Literals([...Struct.keys(catalogue), ...families.map(([name]) => name)])
export type MetricName = typeof MetricName.Type

/** Whether the catalogue has a metric of this name. */
export const isMetricName = (name: string): name is MetricName => metrics.has(name)

/** The catalogue's row of a metric. */
export const metric = (name: MetricName): Metric => {
  const row = metrics.get(name)
  if (row === undefined) throw new Error(`the catalogue has no ${name}`)
  return row
}

/**
 * Whether the values of both teams added up mean nothing: percentages come to 100, ranks and prices to no number of any use.
 * Such a metric takes every scope but `total`, and needs one.
 */
export const hasNoTotal = ({ sided, unit }: Metric): boolean =>
  sided && (unit === "percent" || unit === "rank" || unit === "decimal odds")
