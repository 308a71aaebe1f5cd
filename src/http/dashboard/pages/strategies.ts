/** The page *Strategies*: all of them, and how they have done. */
import { ratesOf } from "../../../outcome/Performance.ts"
import { type Html, html } from "../../html.ts"
import { rateChart } from "../charts.ts"
import type { RecordRow } from "../PageStore.ts"
import { list, type Page, type Piece } from "../page.ts"
import { type WatchState, watchMark } from "../WatchState.ts"
import { counted, encoded, percent, price } from "../words.ts"
import { elementId } from "./now.ts"
import { type State, stateParts } from "./state.ts"

export interface StrategiesData {
  readonly state: State
  readonly records: ReadonlyArray<RecordRow>
  readonly hasMore: boolean
  readonly named: string | undefined
  readonly isFirst: boolean
  readonly watched: number
  readonly leftOut: number
  /** Whether each is watched here, by id. */
  readonly watchStates: ReadonlyMap<string, WatchState>
  /** Whether a new one can be written here, or why not. */
  readonly addable: true | string
  readonly notice?: string | Html | undefined
}

export const strategiesPerPage = 100

export const strategyPath = (id: string): string => `/strategies/${encoded(id)}`

/** Whose a strategy is. */
export const ownerOf = ({ file, owner }: { readonly file?: string | null; readonly owner?: string | null }): string =>
  typeof owner === "string" ? `owner ${owner}` : typeof file === "string" ? `file ${file}` : "operator"

/** Where the page behind a strategy begins. */
export const recordPlace = ({ id, name }: Pick<RecordRow, "id" | "name">): string => JSON.stringify([name, id])

const row =
  (watchStates: ReadonlyMap<string, WatchState>) =>
  (record: RecordRow): Piece => {
    const { hits, misses, name, triggers, voids } = record
    const { fairPrice, hitRate, interval } = ratesOf(record)
    const id = elementId("record", record.id)
    const watchState = watchStates.get(record.id) ?? "elsewhere"
    return {
      id,
      html: html`<tr id="${id}"><th scope="row"><a href="${strategyPath(record.id)}">${name === "" ? `strategy ${record.id}` : name}</a>${watchState === "left out" && html`<p class="reason">cannot be used: its page says why</p>`}</th><td>${watchMark(watchState)}</td><td class="less">${ownerOf(record)}</td><td class="n less">${triggers}</td><td class="n">${hits}–${misses}${voids > 0 && html`<span class="quiet">–${voids}</span>`}</td><td class="n">${percent(hitRate)}</td><td class="least">${rateChart(hitRate, interval)}</td><td class="n least">${price(fairPrice)}</td></tr>`
    }
  }

const query = (named: string | undefined, more: Readonly<Record<string, string>> = {}): string => {
  const params = new URLSearchParams({ ...(named === undefined ? {} : { named }), ...more })
  return params.size === 0 ? "/strategies" : `/strategies?${params}`
}

const around = (rows: ReadonlyArray<Html>): Html => html`<tbody id="records">${rows}</tbody>`

export const strategiesPage = (data: StrategiesData): Page => {
  const { addable, hasMore, isFirst, leftOut, named, notice, records, watchStates, state, watched } = data
  const last = records.at(-1)
  const rows = list("records", records.map(row(watchStates)), around)
  return {
    title: "Strategies",
    place: "Strategies",
    isKept: true,
    head: html`<div class="heading"><h1>Strategies</h1><p>${counted(watched, "strategy", "strategies")} watched${leftOut > 0 && `, ${leftOut} left out`}</p></div>
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
<form class="filter" method="get" action="/strategies" role="search" aria-label="Find strategies"><label>Name holds <input name="named" value="${named}"></label><button>Find</button>${addable === true && html`<a href="/strategies/new">New strategy</a>`}</form>
${addable !== true && html`<p class="quiet">${addable}</p>`}`,
    parts: [
      ...stateParts(state),
      {
        id: "table",
        html: html`<div id="table">${
          records.length === 0
            ? html`<p class="quiet">No strategy is called so.</p>`
            : html`<table><thead><tr><th scope="col">Strategy</th><th scope="col">Watched</th><th scope="col" class="less">Whose</th><th scope="col" class="n less">Triggers</th><th scope="col" class="n">Hits–misses</th><th scope="col" class="n">Hit rate</th><th scope="col" class="least">95 % interval</th><th scope="col" class="n least">Fair price</th></tr></thead>${rows.html}</table>`
        }</div>`
      },
      {
        id: "paging",
        html: html`<nav id="paging" class="paging" aria-label="Pages of the list">${!isFirst && html`<a href="${query(named)}">First</a>`}${hasMore && last !== undefined && html`<a href="${query(named, { after: recordPlace(last) })}" rel="next">After ${last.name}</a>`}</nav>`
      }
    ]
  }
}
