/** The page *Now*: the matches in play, the one that is closest to firing first. */
import type { Sides } from "../../../domain/Match.ts"
import { isPlayed, type Snapshot } from "../../../domain/Snapshot.ts"
import { type Html, html } from "../../html.ts"
import { pressureChart } from "../charts.ts"
import type { NearMiss } from "../nearness.ts"
import type { Live, Look } from "../Picture.ts"
import { list, type Page, type Piece } from "../page.ts"
import { clockText, counted, encoded, number, shortText } from "../words.ts"
import { type State, stateParts } from "./state.ts"

export interface NowData {
  readonly state: State
  /** Those in play on this page, and how many there are on all. */
  readonly live: ReadonlyArray<Live>
  readonly total: number
  /** Counted from 1. */
  readonly page: number
  /** Those that are not in play, as far as the feed shows them. */
  readonly others: ReadonlyArray<Look>
  readonly strategies: number
}

/** Matches on one page. */
export const matchesPerPage = 40

/** An id of a match as a part of an element's. */
export const elementId = (prefix: string, id: string): string => `${prefix}-${encoded(id)}`

export const matchPath = (id: string): string => `/matches/${encoded(id)}`

const figure = (label: string, sides: Sides | undefined): Html | false =>
  sides !== undefined && html`<span>${label} ${sides.home}–${sides.away}</span> `

const hasAny = (sides: Sides | undefined): Sides | undefined =>
  sides !== undefined && sides.home + sides.away > 0 ? sides : undefined

const figuresOf = ({ statistics }: Snapshot): Html =>
  html`<p class="figures">${figure("shots", statistics.shots)}${figure("on target", statistics.shots_on_target)}${figure("corners", statistics.corners)}${figure("red cards", hasAny(statistics.red_cards))}</p>`

const nearMiss = ({ failing, strategy }: NearMiss): Html =>
  html`<li><a href="/strategies/${encoded(strategy.id)}">${strategy.name}</a> <strong>${shortText(failing)}</strong> <span class="want"><code>${failing.condition}</code> is ${number(failing.left)}</span></li>`

const nearness = (remoteness: number): string => (remoteness < 0.15 ? "hot" : remoteness < 0.5 ? "warm" : "cool")

const liveRow = ({ look: { snapshot, timeline }, near }: Live): Piece => {
  const { clock, match, score } = snapshot
  const id = elementId("match", match.id)
  const more = near.count - near.nearest.length
  return {
    id,
    html: html`<li id="${id}" class="match ${nearness(near.remoteness)}">
<a class="teams" href="${matchPath(match.id)}"><span class="clock">${clockText(clock)}</span><span class="team">${match.home.name}</span> <span class="score">${score.home}–${score.away}</span> <span class="team away">${match.away.name}</span><span class="competition">${match.competition.name}</span></a>
<div class="play">${pressureChart(timeline)}${figuresOf(snapshot)}</div>
<div class="near${near.nearest.length === 0 && " nothing"}">${
      near.nearest.length === 0
        ? html`<p class="quiet">No strategy is one condition away</p>`
        : html`<ul>${near.nearest.map(nearMiss)}</ul>`
    }${more > 0 && html`<p class="quiet"><a href="${matchPath(match.id)}">${counted(more, "more strategy", "more strategies")} one condition away</a></p>`}</div>
</li>`
  }
}

const otherRow = ({ snapshot: { clock, match, score }, stands }: Look): Html =>
  html`<li><a href="${matchPath(match.id)}"><span class="clock">${clockText(clock)}</span> ${match.home.name} ${
    isPlayed(clock) ? `${score.home}–${score.away}` : "v"
  } ${match.away.name}</a>${stands && html` <span class="quiet">the clock stands still</span>`}</li>`

/** Links to the pages before and after this one. */
export const paging = (page: number, pages: number, path: (page: number) => string): Html | false =>
  pages > 1 &&
  html`<nav class="paging" aria-label="Pages of the list">${page > 1 && html`<a href="${path(page - 1)}" rel="prev">Before</a>`}<span>page ${page} of ${pages}</span>${page < pages && html`<a href="${path(page + 1)}" rel="next">After</a>`}</nav>`

export const nowPage = ({ live, others, page, state, strategies, total }: NowData): Page => ({
  title: "Now",
  place: "Now",
  parts: [
    ...stateParts(state),
    {
      id: "heading",
      html: html`<div id="heading" class="heading"><h1>Now</h1><p>${
        total === 0
          ? `No match is in play. ${counted(strategies, "strategy", "strategies")} wait.`
          : `${counted(total, "match", "matches")} in play, closest to firing first. ${counted(strategies, "strategy", "strategies")} watched.`
      }</p></div>`
    },
    list("live", live.map(liveRow), (rows) => html`<ul id="live" class="matches">${rows}</ul>`),
    {
      id: "paging",
      html: html`<div id="paging">${paging(page, Math.ceil(total / matchesPerPage), (to) => `/?page=${to}`)}</div>`
    },
    {
      id: "others",
      html: html`<div id="others">${
        others.length > 0 &&
        html`<section aria-labelledby="others-title"><h2 id="others-title">Not in play</h2><ul class="others">${others.map(otherRow)}</ul></section>`
      }</div>`
    }
  ]
})
