/** The page *System*: what the service is made of, how it does, and how it is set. */
import { DateTime, Duration } from "effect"
import type { AlertCounts } from "../../../database/TriggerStore.ts"
import { type Html, html } from "../../html.ts"
import type { Page } from "../page.ts"
import type { Facts } from "../SystemFacts.ts"
import type { Known } from "../Troubles.ts"
import { counted, moment } from "../words.ts"
import { mark } from "./alerts.ts"
import { type State, stateParts } from "./state.ts"

export interface SystemData {
  readonly state: State
  readonly facts: Facts
  readonly known: Known
  readonly alerts: AlertCounts
  readonly watchers: { readonly pages: number; readonly watchers: number }
}

const rows = (all: ReadonlyArray<readonly [name: string, value: Html | string]>): ReadonlyArray<Html> =>
  all.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)

const section = (id: string, title: string, content: Html): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`

const rate = (perMinute: number | null): string => (perMinute === null ? "–" : perMinute.toFixed(1))

const queueTable = (queues: Facts["queues"]): Html =>
  typeof queues === "string"
    ? html`<p class="reason">${queues}</p>`
    : html`<div class="wide" tabindex="0" role="group" aria-label="Queues, scrolls sideways"><table><thead><tr><th scope="col">Queue</th><th scope="col" class="n">Waiting</th><th scope="col" class="n">Active</th><th scope="col" class="n">Delayed</th><th scope="col" class="n">Failed</th><th scope="col" class="n">Done a minute</th></tr></thead><tbody>${queues.map(
        (each) =>
          html`<tr><th scope="row">${each.queue}</th><td class="n">${each.waiting}</td><td class="n">${each.active}</td><td class="n">${each.delayed}</td><td class="n">${each.failed}</td><td class="n">${rate(each.completedPerMinute)}</td></tr>`
      )}</tbody></table></div>`

export const systemPage = ({ alerts, facts, known, state, watchers }: SystemData): Page => ({
  title: "System",
  place: "System",
  head: html`<div class="heading"><h1>System</h1></div>`,
  parts: [
    ...stateParts(state),
    {
      id: "parts",
      html: html`<div id="parts" class="columns">
${section("layers", "Layers in use", html`<table><tbody>${rows(facts.layers)}</tbody></table>`)}
${section(
  "health",
  "Health",
  html`<table><tbody>${rows(known.parts.map(({ part, since, state: how, words }) => [part, html`${mark(how === "ok" ? "good" : "bad", how)} ${how !== "ok" && html`${words} since ${moment(since)}`}`]))}</tbody></table>`
)}
${section(
  "counts",
  "Alerts",
  html`<table><tbody>${rows([
    ["sent", `${alerts.sent}`],
    ["pending", html`<a href="/alerts?state=pending">${alerts.pending}</a>`],
    ["failed", html`<a href="/alerts?state=failed">${alerts.failed}</a>`],
    ["expired", html`<a href="/alerts?state=expired">${alerts.expired}</a>`]
  ])}</tbody></table>`
)}
${
  facts.budgets.length > 0 &&
  section(
    "budget",
    "Requests left",
    html`<table><tbody>${rows(facts.budgets.map(({ feed, limit, remaining }) => [feed, `${remaining}${limit === undefined ? "" : ` of ${limit}`}`]))}</tbody></table>`
  )
}
${section(
  "process",
  "This process",
  html`<table><tbody>${rows([
    ...facts.versions,
    ["running for", Duration.format(facts.uptime)],
    ["memory", `${Math.round(facts.memory / 2 ** 20)} MB`],
    ["open pages", `${counted(watchers.watchers, "watcher")} of ${counted(watchers.pages, "page")}`]
  ])}</tbody></table>`
)}
</div>`
    },
    {
      id: "instances",
      html: html`<div id="instances" class="columns">${
        known.instances.length > 0 &&
        section(
          "processes",
          "Processes of the service",
          html`<table><tbody>${rows(known.instances.map(({ name, stalled, state: how, version }) => [name, html`${mark(how === "ok" ? "good" : "bad", how)} ${version} ${stalled}`]))}</tbody></table>`
        )
      }${
        known.scans.length > 0 &&
        section(
          "scans",
          "Latest scans",
          html`<table><thead><tr><th scope="col">At</th><th scope="col" class="less">On</th><th scope="col" class="n">Matches</th><th scope="col" class="n">Triggers</th><th scope="col" class="n">ms</th></tr></thead><tbody>${known.scans.map(
            (scan) =>
              html`<tr><td>${moment(DateTime.makeUnsafe(scan.at), "clock")}</td><td class="less">${scan.on}</td><td class="n">${scan.matches}</td><td class="n">${scan.triggers}</td><td class="n">${scan.ms}</td></tr>`
          )}</tbody></table>`
        )
      }</div>`
    },
    {
      id: "queues",
      html: section("queues", "Queues", html`${queueTable(facts.queues)}<p><a href="/board">Jobs of the queues</a></p>`)
    },
    {
      id: "settings",
      html: section(
        "settings",
        "Settings",
        html`<div class="wide" tabindex="0" role="group" aria-label="Settings, scrolls sideways"><table><thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col" class="least">Meaning</th></tr></thead><tbody>${facts.settings.map(
          ({ isDefault, meaning, name, value }) =>
            html`<tr><th scope="row"><code>${name}</code></th><td>${isDefault ? html`<span class="quiet">${value}</span>` : html`<code>${value}</code>`}</td><td class="least">${meaning.replaceAll("`", "")}</td></tr>`
        )}</tbody></table></div>`
      )
    }
  ]
})
