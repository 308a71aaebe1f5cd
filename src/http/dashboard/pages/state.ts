/** What stands at the top of every page: when the last scan was, and what is broken. */
import { DateTime } from "effect"
import { html } from "../../html.ts"
import type { Part } from "../page.ts"
import type { Trouble } from "../Troubles.ts"
import { counted, moment } from "../words.ts"

export interface State {
  /** When the last scan was seen here, in milliseconds since 1970. */
  readonly scannedAt: number | undefined
  readonly inPlay: number
  readonly troubles: ReadonlyArray<Trouble>
}

/** The state of the service in a line, and a banner for what is broken. */
export const stateParts = ({ inPlay, scannedAt, troubles }: State): ReadonlyArray<Part> => [
  {
    id: "state",
    html: html`<p id="state" class="state ${troubles.length > 0 ? "bad" : scannedAt === undefined ? "idle" : "good"}">${
      scannedAt === undefined
        ? "no scan yet"
        : html`<span>${counted(inPlay, "match", "matches")} in play</span> <span class="seen">scanned ${moment(DateTime.makeUnsafe(scannedAt), "ago")}</span>`
    }</p>`
  },
  {
    id: "troubles",
    html: html`<div id="troubles" role="alert">${
      troubles.length > 0 &&
      html`<ul class="troubles">${troubles.map(
        ({ part, reason, since, state }) =>
          html`<li class="${state}"><strong>${part}</strong> ${reason} <span class="quiet">since ${moment(since)}</span></li>`
      )}</ul>`
    }</div>`
  }
]
