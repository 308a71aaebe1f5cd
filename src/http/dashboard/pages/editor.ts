/** The page on which a strategy is written, checked against recorded matches, and saved. */
import type { Diagnostic } from "../../../rules/language/Diagnostic.ts"
import { type Html, html } from "../../html.ts"
import { type CheckState, type Draft, keptOf } from "../Drafts.ts"
import type { Page } from "../page.ts"
import { type State, stateParts } from "./state.ts"
import { strategyPath } from "./strategies.ts"
import { backtestText, found, problemList } from "./strategy.ts"

export interface EditorData {
  readonly state: State
  /** The strategy that is changed; undefined for a new one. */
  readonly strategy: { readonly id: string; readonly name: string } | undefined
  readonly text: string
  /** What names the content that is changed. */
  readonly mark: string
  readonly problems: ReadonlyArray<Diagnostic>
  readonly draft: Draft | undefined
  readonly notice?: string | Html | undefined
}

/** What a new strategy begins with. */
export const newText = `name: A name for the alert
description: Why someone would use it
when:
  - minute >= 70
  - total goals <= 1
  - total corners last 15 minutes >= 3
expect: total goals since trigger >= 1
`

/** What is wrong with the text, or that nothing is. */
export const problemsPart = (problems: ReadonlyArray<Diagnostic>): Html =>
  html`<div id="problems" role="status" aria-live="polite">${
    problems.length === 0
      ? html`<p class="fine">Nothing is wrong with it.</p>`
      : html`<p>${found(problems.length)}</p>${problemList(problems)}`
  }</div>`

const checkText = (check: CheckState, draft: Draft): Html => {
  switch (check.kind) {
    case "waiting":
      return html`<p>The check waits for its turn.</p>`
    case "running":
      return html`<p>${check.done} of ${check.total} matches</p><progress value="${check.done}" max="${check.total}" aria-label="Matches checked"></progress>`
    case "failed":
      return html`<p class="reason">It was not checked: ${check.reason}</p>`
    case "done": {
      const kept = keptOf(draft)
      const { missing, triggers } = check.summary
      return html`${kept !== undefined && backtestText(kept)}${
        triggers.length > 0 &&
        html`<details><summary>Where it fired</summary><ul>${triggers
          .slice(0, 100)
          .map(
            ({ at, label, result, score }) =>
              html`<li>${label}, ${at.minute}', ${score.home}–${score.away}: ${result}</li>`
          )}</ul></details>`
      }${missing.size > 0 && html`<ul>${Array.from(missing, ([reason, count]) => html`<li>${count} without a value at the end: ${reason}</li>`)}</ul>`}`
    }
  }
}

/** What became of the check, for the text as it was then. */
const checkPart = (draft: Draft | undefined): Html =>
  html`<section id="check" aria-label="Check on recorded matches">${
    draft !== undefined && html`<h2>On recorded matches</h2><div class="card">${checkText(draft.check, draft)}</div>`
  }</section>`

export const editorPage = ({ draft, mark, notice, problems, state, strategy, text }: EditorData): Page => {
  const path = strategy === undefined ? "/strategies" : strategyPath(strategy.id)
  const kind = draft?.check.kind
  return {
    title: strategy === undefined ? "New strategy" : `Edit ${strategy.name}`,
    place: "Strategies",
    isKept: true,
    isMoving: kind === "waiting" || kind === "running",
    head: html`<div class="heading"><h1>${strategy === undefined ? "New strategy" : html`<a href="${path}">${strategy.name}</a>`}</h1><p>The written language is in docs/language.md.</p></div>
${notice !== undefined && html`<p class="notice" role="alert">${notice}</p>`}
<form class="editor" method="post" action="${path}/save" data-check>
<label for="text" class="quiet">Strategy</label>
<textarea id="text" name="text" spellcheck="false" autocapitalize="off" autocomplete="off" rows="18" aria-describedby="problems" required>${`\n${text}`}</textarea>
<input type="hidden" name="mark" value="${mark}">${draft !== undefined && html`<input type="hidden" name="draft" value="${draft.key}">`}
<div class="actions"><button class="main" formaction="${path}/try">Check on recorded matches</button><button>Save</button></div>
</form>
${problemsPart(problems)}`,
    parts: [...stateParts(state), { id: "check", html: checkPart(draft) }]
  }
}
