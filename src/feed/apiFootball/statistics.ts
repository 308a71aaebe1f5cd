/**
 * The statistics of a fixture of API-Football by their names in the metric catalogue.
 *
 * A value is a number, a text such as `47%`, or null, which stands for 0 as well as for not known: where the team's
 * possession or shots are known somebody counts, and null is 0; otherwise there is nothing yet. What events tell is told sooner
 * than by statistics, so cards are counted there where a match has events.
 */
import { Schema } from "effect"
import type { Side } from "../../domain/Match.ts"
import { AnyWhole, numberIn, readRows } from "../provider/lenient.ts"

const Block = Schema.Struct({
  team: Schema.Struct({ id: AnyWhole }),
  statistics: Schema.Array(Schema.Struct({ type: Schema.String, value: Schema.Unknown }))
})
type Block = typeof Block.Type
export const readBlocks = readRows(Block)

const Event = Schema.Struct({
  team: Schema.Struct({ id: AnyWhole }),
  type: Schema.String,
  detail: Schema.optionalKey(Schema.NullOr(Schema.String)),
  comments: Schema.optionalKey(Schema.NullOr(Schema.String))
})
type Event = typeof Event.Type
export const readEvents = readRows(Event)

/** Counts, of which null is 0 in a block that is counted. */
const counts: Readonly<Record<string, string>> = {
  shots: "Total Shots",
  shots_on_target: "Shots on Goal",
  shots_off_target: "Shots off Goal",
  shots_blocked: "Blocked Shots",
  shots_inside_box: "Shots insidebox",
  shots_outside_box: "Shots outsidebox",
  corners: "Corner Kicks",
  fouls: "Fouls",
  offsides: "Offsides",
  yellow_cards: "Yellow Cards",
  red_cards: "Red Cards",
  saves: "Goalkeeper Saves",
  passes: "Total passes",
  accurate_passes: "Passes accurate"
}

/** Other figures: null is not known. */
const gauges: Readonly<Record<string, string>> = { possession: "Ball Possession", expected_goals: "expected_goals" }

/** Any of these shows that a team's block is counted. */
const counting = ["Ball Possession", "Total Shots"]

export type SidedFigures = { readonly [name: string]: { readonly home: unknown; readonly away: unknown } }

/** A team's figures by name. */
const figuresOf = ({ statistics }: Block): { readonly [name: string]: unknown } => {
  const values = new Map(statistics.map(({ type, value }) => [type, numberIn(value)]))
  const isCounted = counting.some((type) => (values.get(type) ?? null) !== null)
  const figures: { [name: string]: unknown } = {}
  for (const [name, type] of Object.entries(counts)) {
    const value = values.get(type)
    if (value === undefined) continue
    if (value !== null) figures[name] = value
    else if (isCounted) figures[name] = 0
  }
  for (const [name, type] of Object.entries(gauges)) {
    const value = values.get(type) ?? null
    if (value !== null) figures[name] = value
  }
  return figures
}

/** The figures that both teams have. Blocks are told apart by their teams: their order means nothing. */
export const statisticsOf = (blocks: ReadonlyArray<Block>, sides: ReadonlyMap<number, Side>): SidedFigures => {
  const of = (side: Side) => blocks.find(({ team }) => sides.get(team.id) === side)
  const [home, away] = [of("home"), of("away")]
  if (home === undefined || away === undefined) return {}
  const [left, right] = [figuresOf(home), figuresOf(away)]
  return Object.fromEntries(
    Object.entries(left).flatMap(([name, value]) =>
      right[name] === undefined ? [] : [[name, { home: value, away: right[name] }]]
    )
  )
}

const isCard = (detail: RegExp) => (event: Event) => event.type === "Card" && detail.test(event.detail ?? "")

const counted: Readonly<Record<string, (event: Event) => boolean>> = {
  // A second yellow is a red card beside a yellow one, or one of its own name.
  yellow_cards: isCard(/^yellow card/i),
  red_cards: isCard(/^(red card|second yellow)/i),
  penalties: ({ comments, detail, type }) =>
    type === "Goal" && /^(missed )?penalty$/i.test(detail ?? "") && !/shootout/i.test(comments ?? ""),
  substitutions: ({ type }) => type.toLowerCase() === "subst"
}

/** Of some leagues goals are written down and nothing else. */
const isMoreThanGoals = ({ type }: Event) => type === "Card" || type.toLowerCase() === "subst"

/**
 * What the events of a match count up to. A kind of which there is none is 0 only where it is plain that somebody writes it
 * down: cards and substitutions where there is one of either, penalties where there is any event.
 */
export const countsOf = (events: ReadonlyArray<Event>, sides: ReadonlyMap<number, Side>): SidedFigures => {
  const isComplete = events.some(isMoreThanGoals)
  return Object.fromEntries(
    Object.entries(counted).flatMap(([name, counts]) => {
      const of = (side: Side) => events.filter((each) => counts(each) && sides.get(each.team.id) === side).length
      const isKnown = isComplete || (name === "penalties" && events.length > 0)
      return isKnown ? [[name, { home: of("home"), away: of("away") }]] : []
    })
  )
}
