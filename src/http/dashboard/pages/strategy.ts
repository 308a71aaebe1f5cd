/** The page of one strategy: how it has done, what it says, and what can be done with it. */
import { ratesOf, type StrategyPerformance, totalsOf } from "../../../outcome/Performance.ts"
import type { Diagnostic } from "../../../rules/language/Diagnostic.ts"
import { type Html, html } from "../../html.ts"
import { hitsChart, rateChart } from "../charts.ts"
import type { AlertRow, KeptBacktest, KeptRow } from "../PageStore.ts"
import { list, type Page } from "../page.ts"
import { type WatchState, watchMark } from "../WatchState.ts"
import { counted, encoded, moment, percent, price } from "../words.ts"
import { alertRow, mark } from "./alerts.ts"
import { type State, stateParts } from "./state.ts"
import { ownerOf, strategyPath } from "./strategies.ts"

export interface StrategyData {
  readonly state: State
  readonly kept: KeptRow
  /** Whether it is watched here. */
  readonly watchState: WatchState
  /** Its text, and what is wrong with it. */
  readonly text: string
  readonly problems: ReadonlyArray<Diagnostic>
  /** Whether it can be changed here, or why not. */
  readonly editable: true | string
  /** By competition. */
  readonly performance: ReadonlyArray<StrategyPerformance>
  readonly decided: ReadonlyArray<boolean>
  readonly alerts: ReadonlyArray<AlertRow>
  readonly description: string | undefined
  readonly notice: string | Html | undefined
}

/** Triggers that the curve of hits shows, and alerts that are named. */
export const mostDecided = 1000
export const mostAlerts = 10

const fact = (name: string, value: Html | string, more?: Html | string | false): Html =>
  html`<div><dt>${name}</dt><dd>${value} ${more !== undefined && more !== false && html`<small>${more}</small>`}</dd></div>`

const bounds = (interval: readonly [number, number] | undefined): string | undefined =>
  interval && `${(100 * interval[0]).toFixed(0)} to ${(100 * interval[1]).toFixed(0)} %`

const facts = ({ kept: { backtest }, performance }: StrategyData): Html => {
  const { fairPrice, hitRate, hits, interval, misses, open, triggers, voids } = totalsOf(performance)
  return html`<dl class="facts">${[
    fact("Triggers", `${triggers}`, open > 0 && `${open} open`),
    fact("Hits–misses", `${hits}–${misses}`, voids > 0 && `${voids} void`),
    fact("Hit rate", percent(hitRate), bounds(interval)),
    fact("Fair price", price(fairPrice)),
    backtest?.baseRate !== undefined && fact("Base rate", percent(backtest.baseRate), "at a minute drawn at random")
  ]}</dl>`
}

const curve = ({ decided, kept: { backtest } }: StrategyData): Html | false => {
  if (decided.length < 2) return false
  const mean = decided.filter(Boolean).length / decided.length
  const expected = backtest?.baseRate ?? mean
  return html`<h2 id="curve-title">Hits, one trigger after another</h2><div class="card">${hitsChart(decided, expected)}<p class="legend">solid: ${decided.filter(Boolean).length} hits of ${decided.length} decided; dashed: what ${
    backtest?.baseRate === undefined
      ? "its own mean would give: check it on recorded matches for a base rate"
      : `the base rate of ${percent(backtest.baseRate)} would give`
  }</p></div>`
}

const byCompetition = ({ kept: { backtest }, performance }: StrategyData): Html | false => {
  const rows = performance.filter(({ triggers }) => triggers > 0)
  return (
    rows.length > 0 &&
    html`<h2>By competition</h2><table><thead><tr><th scope="col">Competition</th><th scope="col" class="n">Triggers</th><th scope="col" class="n">Hits–misses</th><th scope="col" class="n">Hit rate</th><th scope="col" class="least">95 % interval</th></tr></thead><tbody>${rows.map(
      (each) => {
        const { hitRate, interval } = ratesOf(each)
        return html`<tr><th scope="row">${each.competition ?? "unknown"}</th><td class="n">${each.triggers}</td><td class="n">${each.hits}–${each.misses}</td><td class="n">${percent(hitRate)}</td><td class="least">${rateChart(hitRate, interval, backtest?.baseRate)}</td></tr>`
      }
    )}</tbody></table>`
  )
}

/** What a check on recorded matches found. */
export const backtestText = (found: KeptBacktest): Html => {
  const { hitRate, interval } = ratesOf(found)
  return html`<dl class="facts">${[
    fact("Matches", `${found.matches}`),
    fact("Triggers", `${found.triggers}`, found.undecided > 0 && `${found.undecided} undecided`),
    fact("Hits–misses", `${found.hits}–${found.misses}`),
    fact("Hit rate", percent(hitRate), bounds(interval)),
    fact("Base rate", percent(found.baseRate))
  ]}</dl>`
}

/** What is wrong with a text, each with its place. */
export const problemList = (problems: ReadonlyArray<Diagnostic>): Html =>
  html`<ul class="list-of-problems">${problems.map(
    ({ column, frame, line, message, path }) =>
      html`<li class="problem">${line !== undefined && html`<strong>line ${line}${column !== undefined && `, column ${column}`}</strong> `}${line === undefined && path !== "" && html`<strong>${path}</strong> `}${message}${frame !== undefined && html`<pre>${frame}</pre>`}</li>`
  )}</ul>`

const button = (id: string, action: string, text: string): Html =>
  html`<form method="post" action="${strategyPath(id)}/${action}"><button>${text}</button></form>`

const actions = ({ editable, kept }: StrategyData): Html =>
  editable === true
    ? html`<div class="editor"><div class="actions"><a href="${strategyPath(kept.id)}/edit">Edit</a>${typeof kept.file !== "string" && button(kept.id, kept.active === true ? "off" : "on", kept.active === true ? "Switch off" : "Switch on")}</div></div>`
    : html`<p class="quiet">${editable}</p>`

export const strategyPage = (data: StrategyData): Page => {
  const { alerts, description, kept, notice, problems, watchState, state, text } = data
  const name = kept.name === "" ? `Strategy ${kept.id}` : kept.name
  return {
    title: name,
    place: "Strategies",
    isKept: true,
    isMoving: alerts.some((alert) => alert.state === "pending"),
    head: html`<div class="heading"><h1>${name}</h1>${kept.content === undefined ? mark("bad", "deleted") : watchMark(watchState)}<p>${ownerOf(kept)}</p></div>
${description !== undefined && html`<p class="quiet">${description}</p>`}
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}`,
    parts: [
      ...stateParts(state),
      {
        id: "record",
        html: html`<section id="record" aria-label="Record">${facts(data)}${curve(data)}${byCompetition(data)}</section>`
      },
      {
        id: "said",
        html: html`<section id="said" aria-label="What it says"><h2>What it says</h2>${problems.length > 0 && html`<p>It cannot be used, and is left out:</p>${problemList(problems)}`}<pre class="text">${text}</pre>${actions(data)}${
          kept.backtest !== undefined &&
          kept.backtest !== null &&
          html`<h2>On recorded matches${kept.backtest.at !== undefined && html` <span class="quiet">checked ${moment(kept.backtest.at)}</span>`}</h2><div class="card">${backtestText(kept.backtest)}</div>`
        }</section>`
      },
      {
        id: "fired-title",
        html: html`<h2 id="fired-title">Latest alerts <a href="/alerts?strategy=${encoded(kept.id)}">all</a></h2>`
      },
      list("alerts", alerts.map(alertRow), (rows) =>
        rows.length === 0
          ? html`<p id="alerts" class="quiet">None yet.</p>`
          : html`<ol id="alerts" class="alerts">${rows}</ol>`
      )
    ]
  }
}

/** The number of something that was found. */
export const found = (count: number): string => counted(count, "problem")
