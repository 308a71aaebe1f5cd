/**
 * The statistics of a fixture of SportMonks by their names in the metric catalogue.
 *
 * A statistic that was never recorded is absent there, not 0; once one side has it the other is 0. Where the match is covered
 * at all (attacks, possession or shots are there), corners, cards, offsides and saves that are absent count as none.
 */
import { Schema } from "effect"
import type { Side } from "../../domain/Match.ts"
import { AnyWhole, type HalfKnown, numberIn, readRows } from "../provider/lenient.ts"

const sideSchema = Schema.Literals(["home", "away"])

const StatisticRow = Schema.Struct({
  type_id: AnyWhole,
  location: sideSchema,
  data: Schema.Struct({ value: Schema.Unknown })
})
export const readStatistics = readRows(StatisticRow)

const EventRow = Schema.Struct({
  type_id: AnyWhole,
  participant_id: AnyWhole,
  injured: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
  rescinded: Schema.optionalKey(Schema.NullOr(Schema.Boolean))
})
type EventRow = typeof EventRow.Type
export const readEvents = readRows(EventRow)

/** Counts: a side without a row has none once the other has one. */
const counts: Readonly<Record<string, number>> = {
  shots: 42,
  shots_on_target: 86,
  shots_off_target: 41,
  shots_blocked: 58,
  shots_inside_box: 49,
  shots_outside_box: 50,
  corners: 34,
  fouls: 56,
  offsides: 51,
  yellow_cards: 84,
  penalties: 47,
  saves: 57,
  passes: 80,
  accurate_passes: 81,
  key_passes: 117,
  crosses: 98,
  accurate_crosses: 99,
  big_chances: 580,
  tackles: 78,
  interceptions: 100,
  free_kicks: 55,
  throw_ins: 60,
  substitutions: 59,
  attacks: 43,
  dangerous_attacks: 44
}

/** Other figures, which need both sides. */
const gauges: Readonly<Record<string, number>> = { possession: 45, expected_goals: 5304 }

/** Straight reds, and second yellows. */
const [red, secondYellow] = [83, 85]

/** Any of these shows that somebody records the match. */
const covering = [42, 43, 45]

/** What is 0 where a match that is recorded does not have it. */
const none = ["corners", "yellow_cards", "red_cards", "offsides", "saves"]

/** Substitutions and cards. */
const moreThanGoals = new Set([18, 19, 20, 21])

/** Events that count for a figure that no statistic has. */
const counted: Readonly<Record<string, (event: EventRow) => boolean>> = {
  penalties: ({ type_id }) => type_id === 16 || type_id === 17,
  substitutions: ({ type_id }) => type_id === 18,
  injuries: ({ injured, type_id }) => type_id === 18 && injured === true,
  yellow_cards: ({ rescinded, type_id }) => type_id === 19 && rescinded !== true,
  red_cards: ({ rescinded, type_id }) => (type_id === 20 || type_id === 21) && rescinded !== true
}

const filled = ({ away, home }: HalfKnown<unknown>) => ({ home: home ?? 0, away: away ?? 0 })

/** The sum of two values; what is no number is left to the decoder to tell of. */
const sum = (a: unknown, b: unknown): unknown => (typeof a === "number" && typeof b === "number" ? a + b : a)

/**
 * Figures by name, each `{home, away}`, with values as they were sent where they are none. `sides` are the teams by id;
 * `events` are absent where they were not sent.
 */
export const statisticsOf = (
  rows: ReadonlyArray<typeof StatisticRow.Type>,
  events: ReadonlyArray<EventRow> | undefined,
  sides: ReadonlyMap<number, Side>
): { readonly [name: string]: { readonly home: unknown; readonly away: unknown } } => {
  const byType = new Map<number, { home?: unknown; away?: unknown }>()
  for (const { data, location, type_id } of rows) {
    byType.set(type_id, { ...byType.get(type_id), [location]: numberIn(data.value) })
  }
  const figures: { [name: string]: { readonly home: unknown; readonly away: unknown } } = {}
  for (const [name, type] of Object.entries(counts)) {
    const found = byType.get(type)
    if (found !== undefined) figures[name] = filled(found)
  }
  for (const [name, type] of Object.entries(gauges)) {
    const { away, home } = byType.get(type) ?? {}
    if (home !== undefined && away !== undefined) figures[name] = { home, away }
  }
  const [straight, second] = [byType.get(red), byType.get(secondYellow)]
  if (straight !== undefined || second !== undefined) {
    const [a, b] = [filled(straight ?? {}), filled(second ?? {})]
    figures.red_cards = { home: sum(a.home, b.home), away: sum(a.away, b.away) }
  }
  const isCovered = covering.some((type) => byType.has(type))
  if (events !== undefined) {
    // Of some leagues goals are written down and nothing else.
    const isComplete = isCovered || events.some(({ type_id }) => moreThanGoals.has(type_id))
    for (const [name, counts] of Object.entries(counted)) {
      if (name in figures || !(isComplete || (name === "penalties" && events.length > 0))) continue
      const of = (side: Side) => events.filter((each) => counts(each) && sides.get(each.participant_id) === side).length
      figures[name] = { home: of("home"), away: of("away") }
    }
  }
  if (isCovered) for (const name of none) figures[name] ??= { home: 0, away: 0 }
  return figures
}
