/** The page of a match: its course, its figures, and every strategy on it. */
import type { Side } from "../../../domain/Match.ts"
import { matchLabel } from "../../../domain/Match.ts"
import { isMetricName, metrics } from "../../../domain/Metric.ts"
import { type Figures, figures, type MatchMinute, matchMinuteLabel } from "../../../domain/Snapshot.ts"
import type { Timeline } from "../../../domain/Timeline.ts"
import type { ExplainedComparison, ExplainedCondition } from "../../../rules/explain/explain.ts"
import { type Html, html } from "../../html.ts"
import { type Mark, rises, timelineChart } from "../charts.ts"
import type { AlertRow } from "../PageStore.ts"
import type { Look } from "../Picture.ts"
import { list, type Page, type Piece } from "../page.ts"
import type { Standing, Standings } from "../verdicts.ts"
import { clockText, counted, encoded, moment, number, shortText } from "../words.ts"
import { alertRow } from "./alerts.ts"
import { elementId, matchPath, paging } from "./now.ts"
import { type State, stateParts } from "./state.ts"

export interface MatchData {
  readonly state: State
  readonly look: Look
  /** What fired on it. */
  readonly alerts: ReadonlyArray<AlertRow>
  readonly standings: Standings | undefined
  /** The page of strategies, counted from 1. */
  readonly page: number
}

/** Strategies on one page of a match. */
export const strategiesPerMatch = 30

const sides = ["home", "away"] as const

const marked = [
  ["goals", "goal", "Goal"],
  ["red_cards", "red", "Red card"],
  ["yellow_cards", "yellow", "Yellow card"],
  ["shots_on_target", "target", "Shot on target"],
  ["shots", "shot", "Shot"],
  ["corners", "corner", "Corner"]
] as const

const teamOf = ({ match }: Look["snapshot"], side: Side): string => match[side].name

interface Event extends Mark {
  readonly when: Pick<MatchMinute, "minute" | "added" | "period">
}

/** What happened, as far as figures by minute tell. */
const eventsOf = ({ snapshot, timeline }: Look): ReadonlyArray<Event> =>
  sides.flatMap((side) => {
    const onTarget = new Set(rises(timeline, "shots_on_target", side).map(({ at }) => at))
    return marked.flatMap(([name, kind, word]) =>
      rises(timeline, name, side).flatMap(({ at, by }) =>
        kind === "shot" && onTarget.has(at)
          ? []
          : [
              {
                at,
                when: at,
                kind,
                side,
                title: `${matchMinuteLabel(at)}' ${word}${by > 1 ? ` × ${by}` : ""}, ${teamOf(snapshot, side)}`
              }
            ]
      )
    )
  })

const triggersOf = (alerts: ReadonlyArray<AlertRow>): ReadonlyArray<Event> =>
  alerts.flatMap(({ added = 0, minute, period, strategyName = "a strategy" }) => {
    if (minute === undefined || period === undefined) return []
    const when = { minute, added, period }
    return [
      {
        at: when,
        when,
        kind: "trigger" as const,
        side: undefined,
        title: `${matchMinuteLabel(when)}' ${strategyName} fired`
      }
    ]
  })

const goals = (timeline: Timeline, side: Side): string =>
  rises(timeline, "goals", side)
    .map(({ at }) => `${matchMinuteLabel(at)}'`)
    .join(" ")

const board = ({ snapshot, timeline }: Look): Html => {
  const { clock, match, score } = snapshot
  return html`<div id="board" class="board"><div class="team">${match.home.name}<p class="goals">${goals(timeline, "home")}</p></div>
<div><p class="score">${score.home}–${score.away}</p><p class="clock">${clockText(clock)}</p></div>
<div class="team">${match.away.name}<p class="goals">${goals(timeline, "away")}</p></div></div>`
}

const legend = html`<p class="legend" aria-hidden="true"><span><svg viewBox="-8 -8 16 16" class="timeline-mark"><circle r="6" class="home"/></svg>goal</span><span><svg viewBox="-8 -8 16 16"><path d="M0 -5L5 4H-5Z" class="home"/></svg>shot (bright: on target)</span><span><svg viewBox="-8 -8 16 16"><path d="M-3 3V-4L4 -1L-3 2" class="home"/></svg>corner</span><span><svg viewBox="-8 -8 16 16"><rect x="-3" y="-5" width="6" height="10" fill="#b58a00"/></svg>card</span><span><svg viewBox="-8 -8 16 16" class="trigger"><path d="M-6 8V-7H7L3 -2.5L7 2H-6" class="flag"/></svg>alert</span><span>areas: pressure by minute, home above, away below</span></p>`

const words = (name: string): string => name.replaceAll("_", " ")

const inPlayRows = (all: Figures): ReadonlyArray<Html> =>
  [...metrics.keys()].filter(isMetricName).flatMap((name) => {
    const figure = all[name]
    if (name.includes(".") || typeof figure !== "object") return []
    return [
      html`<tr><td>${number(figure.home)}</td><th scope="row">${words(name)}</th><td>${number(figure.away)}</td></tr>`
    ]
  })

const pricedRows = (all: Figures, prefix: string): ReadonlyArray<Html> =>
  [...metrics.keys()].filter(isMetricName).flatMap((name) => {
    const figure = all[name]
    if (!name.startsWith(prefix) || figure === undefined) return []
    const text = typeof figure === "number" ? number(figure) : `${number(figure.home)} / ${number(figure.away)}`
    return [html`<tr><th scope="row">${words(name.slice(prefix.length))}</th><td class="n">${text}</td></tr>`]
  })

const figureTables = ({ snapshot }: Look): Html => {
  const all = figures(snapshot)
  const [odds, prematch] = [pricedRows(all, "odds."), pricedRows(all, "prematch.")]
  return html`<div id="figures" class="columns">
<section aria-labelledby="figures-title"><h2 id="figures-title">Figures</h2><table class="sides"><thead><tr><th scope="col">${snapshot.match.home.name}</th><td></td><th scope="col">${snapshot.match.away.name}</th></tr></thead><tbody>${inPlayRows(all)}</tbody></table></section>
${odds.length > 0 && html`<section aria-labelledby="odds-title"><h2 id="odds-title">Odds now</h2><table><tbody>${odds}</tbody></table></section>`}
${prematch.length > 0 && html`<section aria-labelledby="prematch-title"><h2 id="prematch-title">Before kick-off</h2><table><tbody>${prematch}</tbody></table></section>`}
</div>`
}

const comparison = (each: ExplainedComparison): Html =>
  html`<li><span class="${each.holds ? "yes" : "no"}" aria-label="${each.holds ? "holds" : "fails"}">${each.holds ? "✓" : "✗"}</span><span><code>${each.condition}</code> <span class="quiet">is ${number(each.left)}</span> ${!each.holds && html`<strong class="no">${shortText(each)}</strong>`}</span></li>`

const condition = ({ alternatives, ...each }: ExplainedCondition): ReadonlyArray<Html> =>
  alternatives === undefined ? [comparison(each)] : [comparison({ ...each, left: each.left })]

const standing = ({ explanation, strategy }: Standing): Piece => {
  const { conditions, excluded } = explanation
  const fails = conditions.filter(({ holds }) => !holds)
  const id = elementId("strategy", strategy.id)
  return {
    id,
    html: html`<li id="${id}"><a class="name" href="/strategies/${encoded(strategy.id)}">${strategy.name}</a> <span class="quiet">${
      excluded ??
      (fails.length === 0
        ? "all conditions hold"
        : `${fails.length} of ${counted(conditions.length, "condition")} ${fails.length === 1 ? "fails" : "fail"}`)
    }</span><ul class="conditions">${conditions.map(condition)}</ul></li>`
  }
}

export const matchPage = ({ alerts, look, page, standings, state }: MatchData): Page => {
  const { match } = look.snapshot
  const events = [...eventsOf(look), ...triggersOf(alerts)]
  const told = events
    .filter(({ kind }) => kind === "goal" || kind === "red" || kind === "yellow" || kind === "trigger")
    .sort((a, b) => a.when.minute - b.when.minute || a.when.added - b.when.added)
  return {
    title: matchLabel(match),
    place: "Now",
    isMoving: alerts.some((alert) => alert.state === "pending"),
    head: html`<div class="heading"><h1>${matchLabel(match)}</h1><p>${match.competition.name} · ${moment(match.kickOff)}</p></div>`,
    parts: [
      ...stateParts(state),
      { id: "board", html: board(look) },
      {
        id: "course",
        html: html`<section id="course" class="card" aria-label="Course of the match"><div class="wide" tabindex="0" role="group" aria-label="Timeline, scrolls sideways">${timelineChart(look.timeline, events, `Timeline of ${matchLabel(match)}: ${told.length === 0 ? "no goals, cards or alerts yet" : told.map(({ title }) => title).join("; ")}`)}</div>${legend}${
          told.length > 0 &&
          html`<details><summary>In words</summary><ol>${told.map(({ title }) => html`<li>${title}</li>`)}</ol></details>`
        }</section>`
      },
      {
        id: "fired-title",
        html: html`<h2 id="fired-title">Fired${alerts.length === 0 && html` <span class="quiet">nothing yet</span>`}</h2>`
      },
      list("fired", alerts.map(alertRow), (rows) =>
        rows.length === 0 ? html`<div id="fired"></div>` : html`<ol id="fired" class="alerts">${rows}</ol>`
      ),
      {
        id: "standing-title",
        html: html`<h2 id="standing-title">${
          standings === undefined ? "Strategies" : counted(standings.total, "strategy waits", "strategies wait")
        }${standings === undefined && html` <span class="quiet">${look.stands ? "the clock stands still: nothing fires until it goes on" : "the match is not in play"}</span>`}</h2>`
      },
      list(
        "standings",
        (standings?.shown ?? []).map(standing),
        (rows) => html`<ul id="standings" class="verdicts">${rows}</ul>`
      ),
      {
        id: "paging",
        html: html`<div id="paging">${paging(page, Math.ceil((standings?.total ?? 0) / strategiesPerMatch), (to) => `${matchPath(match.id)}?page=${to}`)}</div>`
      },
      { id: "figures", html: figureTables(look) }
    ]
  }
}
