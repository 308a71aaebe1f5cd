/** The page *Alerts*: what fired, newest first, and what became of its alert and of what was expected. */
import { DateTime } from "effect"
import { evidenceText } from "../../../alert/message.ts"
import { verdictText } from "../../../alert/verdictText.ts"
import { matchMinuteLabel } from "../../../domain/Snapshot.ts"
import { type Html, html } from "../../html.ts"
import type { AlertFilter, AlertRow, Named } from "../PageStore.ts"
import { list, type Page, type Piece } from "../page.ts"
import { counted, encoded, moment } from "../words.ts"
import { elementId, matchPath } from "./now.ts"
import { type State, stateParts } from "./state.ts"

/** What the address of the page asks for, as it was given. */
export interface AlertQuery {
  readonly strategy?: string | undefined
  readonly competition?: string | undefined
  readonly state?: string | undefined
  readonly verdict?: string | undefined
  /** A day as YYYY-MM-DD, in `zone`, or else in UTC. */
  readonly day?: string | undefined
  /** A time zone by its name, such as Europe/Berlin: the reader's, which the page's script knows. */
  readonly zone?: string | undefined
  readonly after?: string | undefined
}

export interface AlertsData {
  readonly state: State
  readonly query: AlertQuery
  readonly filter: AlertFilter
  readonly alerts: ReadonlyArray<AlertRow>
  /** Whether there are more behind these. */
  readonly hasMore: boolean
  /** Names to choose from. */
  readonly competitions: ReadonlyArray<Named>
  readonly strategies: ReadonlyArray<Named>
  /** What came of something that was asked for. */
  readonly notice?: string | Html | undefined
}

export const alertsPerPage = 50

const states = { pending: "pending", sent: "sent", failed: "failed", expired: "expired" } as const
const verdicts = { hit: "hit", miss: "miss", void: "void", open: "open" } as const

/** A mark for what became of an alert or of what was expected. */
export const mark = (kind: string, text: string = kind): Html => html`<span class="mark ${kind}">${text}</span>`

const resultOf = ({ outcome }: AlertRow): Html | false => outcome !== undefined && mark(outcome.verdict ?? "open")

const again = ({ id, state }: AlertRow): Html | false =>
  (state === "failed" || state === "expired") &&
  html`<form method="post" action="/alerts/again"><input type="hidden" name="id" value="${id}"><button class="small">Send again</button></form>`

/** The match as it stood: `67' Brazil 1–0 Belgium`. */
const matchOf = ({ added = 0, away, home, matchId, minute, scoreAway, scoreHome }: AlertRow): Html =>
  html`<a href="${matchPath(matchId)}">${minute !== undefined && html`<span class="clock">${matchMinuteLabel({ minute, added })}'</span> `}${home ?? `match ${matchId}`} <span class="score">${
    scoreHome === undefined || scoreAway === undefined ? "v" : `${scoreHome}–${scoreAway}`
  }</span> ${away}</a>`

export const alertRow = (alert: AlertRow): Piece => {
  const {
    attempts = 0,
    channel,
    competition,
    competitionId,
    evidence = [],
    outcome,
    reason,
    state,
    strategyId,
    strategyName,
    triggeredAt
  } = alert
  const id = elementId("alert", alert.id)
  const told = verdictText(outcome)
  const sentBy = state === "sent" && channel !== undefined ? `by ${channel}` : ""
  const tries = attempts > 1 || (attempts > 0 && state !== "sent") ? counted(attempts, "attempt") : ""
  return {
    id,
    html: html`<li id="${id}" class="alert ${state}">
<p class="when">${moment(triggeredAt, "day")}</p>
<p class="what"><a href="/strategies/${encoded(strategyId)}">${strategyName ?? `strategy ${strategyId}`}</a> ${matchOf(alert)} <span class="competition">${competition ?? competitionId}</span></p>
<p class="became">${mark(state)}${resultOf(alert)}${again(alert)}</p>
<details><summary>${evidence.length === 0 ? "no evidence was kept" : html`<code>${evidence.map(evidenceText).join(" · ")}</code>`}</summary><ul>${evidence.map((each) => html`<li><code>${evidenceText(each)}</code></li>`)}</ul>${told !== undefined && html`<p>${told}</p>`}</details>
<p class="how">${[sentBy, tries].filter((each) => each !== "").join(", ")}</p>
${reason !== undefined && html`<p class="reason">${reason}</p>`}
</li>`
  }
}

const options = (choices: ReadonlyArray<Named>, chosen: string | undefined, all: string): Html =>
  html`<option value="">${all}</option>${choices.map(
    ({ id, name }) => html`<option value="${id}"${id === chosen && html` selected`}>${name}</option>`
  )}`

const words = (choices: Readonly<Record<string, string>>): ReadonlyArray<Named> =>
  Object.entries(choices).map(([id, name]) => ({ id, name }))

const filterForm = ({ competitions, query, strategies }: AlertsData): Html =>
  html`<form class="filter" method="get" action="/alerts" role="search" aria-label="Filter the alerts">
<label>State <select name="state">${options(words(states), query.state, "any")}</select></label>
<label>Result <select name="verdict">${options(words(verdicts), query.verdict, "any")}</select></label>
<label>Competition <select name="competition">${options(competitions, query.competition, "all")}</select></label>
<label>Strategy <select name="strategy">${options(strategies, query.strategy, "all")}</select></label>
<label><span id="day">Day (${query.zone ?? "UTC"})</span> <input type="date" name="day" value="${query.day}"></label><input type="hidden" name="zone" value="${query.zone}">
<button>Show</button>
</form>`

/** The address of the page with these words of the query, and others. */
export const alertsPath = (query: AlertQuery): string => {
  const given = Object.entries(query).filter(
    (each): each is [string, string] => each[1] !== undefined && each[1] !== ""
  )
  return given.length === 0 ? "/alerts" : `/alerts?${new URLSearchParams(given)}`
}

/** What a place in the list is called in an address. */
export const placeText = ({ id, triggeredAt }: Pick<AlertRow, "id" | "triggeredAt">): string =>
  `${DateTime.toEpochMillis(triggeredAt)} ${id}`

export const alertsPage = (data: AlertsData): Page => {
  const { alerts, hasMore, notice, query, state } = data
  const last = alerts.at(-1)
  return {
    title: "Alerts",
    place: "Alerts",
    isKept: true,
    isMoving: alerts.some((alert) => alert.state === "pending"),
    head: html`<div class="heading"><h1>Alerts</h1>
<details class="tool"><summary>Test message</summary><form method="post" action="/alerts/test"><label>Chat <input name="chat" placeholder="that of the settings"></label> <button>Send</button></form></details></div>
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
${filterForm(data)}`,
    parts: [
      ...stateParts(state),
      list("alerts", alerts.map(alertRow), (rows) =>
        rows.length === 0
          ? html`<p id="alerts" class="quiet">No alert is like that.</p>`
          : html`<ol id="alerts" class="alerts">${rows}</ol>`
      ),
      {
        id: "paging",
        html: html`<nav id="paging" class="paging" aria-label="Pages of the list">${
          query.after !== undefined && html`<a href="${alertsPath({ ...query, after: undefined })}">Newest</a>`
        }${hasMore && last !== undefined && html`<a href="${alertsPath({ ...query, after: placeText(last) })}" rel="next">Older</a>`}</nav>`
      }
    ]
  }
}
