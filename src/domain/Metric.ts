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
  readonly unit: "count" | "percent" | "decimal odds" | "per match" | "rank"
  /** A cumulative metric counts since kick-off and never falls; a gauge goes up and down. */
  readonly kind: "cumulative" | "gauge"
  /** Whether there is one value for each team (which needs a scope to become a number) or a single one for the match. */
  readonly sided: boolean
  /** The least and the greatest value that makes sense, inclusive. A value outside is bad input. */
  readonly range: readonly [least: number, greatest: number]
  readonly meaning: string
}

const count = (meaning: string, greatest = 999): Metric => ({
  group: "in-play",
  unit: "count",
  kind: "cumulative",
  sided: true,
  range: [0, greatest],
  meaning
})

const odds = (meaning: string, sided = false): Metric => ({
  group: "odds",
  unit: "decimal odds",
  kind: "gauge",
  sided,
  range: [1, 10_000],
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

const catalogue = {
  goals: count("Goals as on the scoreboard: own goals count for the other team, shoot-outs for none", 99),
  shots: count("Attempts at goal, on target or not, free kicks and penalties included"),
  shots_on_target: count("Attempts that were goals or would have been without the goalkeeper"),
  shots_off_target: count("Attempts that missed the goal"),
  shots_blocked: count("Attempts stopped by a defender"),
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
  free_kicks: count("Free kicks taken"),
  throw_ins: count("Throw-ins taken"),
  substitutions: count("Players replaced"),
  attacks: count("Possessions carried into the opponent's half"),
  dangerous_attacks: count("Possessions carried close to the opponent's goal"),
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
  "odds.over_0_5": odds("Current price of one goal or more in the match"),
  "odds.over_1_5": odds("Current price of two goals or more in the match"),
  "odds.over_2_5": odds("Current price of three goals or more in the match"),
  "odds.over_3_5": odds("Current price of four goals or more in the match"),
  "odds.under_2_5": odds("Current price of at most two goals in the match"),
  "odds.btts_yes": odds("Current price of both teams scoring"),
  "odds.btts_no": odds("Current price of a team not scoring"),
  "prematch.win_odds": prematch("decimal odds", [1, 10_000], "Price of a win of that team before kick-off"),
  "prematch.draw_odds": prematch("decimal odds", [1, 10_000], "Price of a draw before kick-off", false),
  "prematch.over_2_5_odds": prematch(
    "decimal odds",
    [1, 10_000],
    "Price of three goals or more before kick-off",
    false
  ),
  "prematch.btts_yes_odds": prematch("decimal odds", [1, 10_000], "Price of both teams scoring before kick-off", false),
  "prematch.position": prematch("rank", [1, 100], "Place in the table, 1 is first"),
  "prematch.goals_scored": prematch("per match", [0, 20], "Goals scored a match this season"),
  "prematch.goals_conceded": prematch("per match", [0, 20], "Goals conceded a match this season"),
  "prematch.corners": prematch("per match", [0, 50], "Corners a match this season"),
  "prematch.cards": prematch("per match", [0, 20], "Cards a match this season"),
  "prematch.btts_rate": prematch("percent", [0, 100], "Share of this season's matches in which both teams scored"),
  "prematch.over_2_5_rate": prematch("percent", [0, 100], "Share of this season's matches with three goals or more"),
  "prematch.clean_sheet_rate": prematch("percent", [0, 100], "Share of this season's matches without conceding")
} satisfies Record<string, Metric>

/** The catalogue by metric name. */
export const metrics: ReadonlyMap<string, Metric> = new Map(Object.entries(catalogue))

/** The name of a metric of the catalogue. */
export const MetricName = Schema.Literals(Struct.keys(catalogue))
export type MetricName = typeof MetricName.Type

/** Whether the catalogue has a metric of this name. */
export const isMetricName = (name: string): name is MetricName => metrics.has(name)

/** The catalogue's row of a metric. */
export const metric = (name: MetricName): Metric => catalogue[name]
