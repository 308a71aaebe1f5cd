import { assert, describe, it } from "@effect/vitest"
import { DateTime, Schema } from "effect"
import type { Strategy } from "../../../src/domain/Strategy.ts"
import { moment } from "../../../src/domain/Timeline.ts"
import { TriggerId } from "../../../src/domain/Trigger.ts"
import type { AlertRow } from "../../../src/http/dashboard/PageStore.ts"
import { document, type Page } from "../../../src/http/dashboard/page.ts"
import { alertsPage } from "../../../src/http/dashboard/pages/alerts.ts"
import { editorPage } from "../../../src/http/dashboard/pages/editor.ts"
import { matchPage } from "../../../src/http/dashboard/pages/match.ts"
import { nowPage } from "../../../src/http/dashboard/pages/now.ts"
import { strategiesPage } from "../../../src/http/dashboard/pages/strategies.ts"
import { strategyPage } from "../../../src/http/dashboard/pages/strategy.ts"
import { explain } from "../../../src/rules/explain/explain.ts"
import { newStrategy, snapshotOf } from "../../fixtures/pipeline.ts"

const at = DateTime.makeUnsafe("2026-05-02T15:00:00Z")

/** Every page, with this text wherever a feed, an owner or a channel puts one. */
const pagesWith = (text: string): ReadonlyArray<Page> => {
  const strategy: Strategy = newStrategy({
    name: text,
    description: text,
    when: [{ left: { metric: "goals" }, comparator: ">=", right: 3 }]
  })
  const shown = snapshotOf({ score: { home: 1, away: 0 }, statistics: { shots: { home: 3, away: 2 } } })
  const snapshot = {
    ...shown,
    match: { ...shown.match, home: { name: text }, away: { name: text }, competition: { id: "28", name: text } }
  }
  const view = { snapshot, timeline: [moment(snapshot)] }
  const look = { ...view, at: at.epochMilliseconds, view, stands: true }
  const explanation = explain(strategy, view)
  const [failing] = explanation.conditions
  const state = {
    scannedAt: at.epochMilliseconds,
    inPlay: 1,
    troubles: [{ part: text, state: "down" as const, reason: text, since: at }]
  }
  const alert: AlertRow = {
    id: TriggerId.make("1"),
    strategyId: text,
    strategyName: text,
    matchId: text,
    home: text,
    away: text,
    competitionId: text,
    competition: text,
    period: "2H",
    minute: 60,
    added: 0,
    triggeredAt: at,
    state: "failed",
    attempts: 2,
    reason: text,
    channel: text,
    evidence: [{ condition: text, left: 1, right: 2 }],
    outcome: { expectation: text, verdict: "void", reason: text, isFinal: true, revision: 1 }
  }
  const record = {
    id: text,
    name: text,
    owner: text,
    active: true,
    file: text,
    triggers: 3,
    hits: 2,
    misses: 1,
    voids: 0
  }
  return [
    nowPage({
      state,
      live: [
        {
          look,
          near: {
            count: 1,
            remoteness: 1,
            nearest:
              failing === undefined ? [] : [{ strategy, failing: { ...failing, condition: text }, remoteness: 1 }]
          }
        }
      ],
      total: 1,
      page: 1,
      others: [look],
      strategies: 1
    }),
    matchPage({ state, look, alerts: [alert], standings: { shown: [{ strategy, explanation }], total: 1 }, page: 1 }),
    alertsPage({
      state,
      query: { strategy: text, competition: text, state: text, verdict: text, day: text, zone: text, after: text },
      filter: {},
      alerts: [alert],
      hasMore: true,
      competitions: [{ id: text, name: text }],
      strategies: [{ id: text, name: text }],
      notice: text
    }),
    strategiesPage({
      state,
      records: [record],
      hasMore: true,
      named: text,
      isFirst: false,
      watched: 1,
      leftOut: 1,
      watchStates: new Map([[text, "left out"]]),
      addable: text,
      notice: text
    }),
    strategyPage({
      state,
      watchState: "elsewhere",
      kept: { id: text, name: text, owner: text, active: true, file: text, content: text },
      text,
      problems: [{ source: text, path: text, message: text, line: 1, column: 1, frame: text }],
      editable: text,
      performance: [
        {
          id: text,
          name: text,
          competition: text,
          triggers: 2,
          open: 0,
          hits: 1,
          misses: 1,
          voids: 0,
          hitRate: 0.5,
          interval: [0.1, 0.9],
          fairPrice: 2,
          medianMinute: 60,
          last: ["hit"]
        }
      ],
      decided: [true, false],
      alerts: [alert],
      description: text,
      notice: text
    }),
    editorPage({
      state,
      strategy: { id: text, name: text },
      text,
      mark: text,
      problems: [{ source: text, path: text, message: text, line: 1, column: 1, frame: text }],
      draft: { key: text, strategy: text, text, mark: text, check: { kind: "failed", reason: text } },
      notice: text
    })
  ]
}

const files = { style: "/s", script: "/c", mark: "m" }

/** The elements of a page in their order, each with the names of its attributes: what no text may change. */
const skeleton = (page: Page, text: string): ReadonlyArray<string> =>
  Array.from(
    document(page, files, text).text.matchAll(/<(!?\/?[a-z][a-z0-9]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>|</gi),
    ([tag, name, attributes = ""]) =>
      name === undefined
        ? `broken ${tag}`
        : [name, ...attributes.matchAll(/([\w:-]+)(?:="[^"]*")?/g)]
            .map(String)
            .map((each) => each.split("=")[0] ?? "")
            .join(" ")
  )

const hostile = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</textarea><script>alert(1)</script>`,
  `</title><svg onload=alert(1)>`,
  "`alert(1)`",
  `&lt;script&gt;`,
  `javascript:alert(1)`,
  `<!--`,
  `]]>`,
  `\u2028<b>\u0000`,
  `a\n<b>`
]

describe("pages", () => {
  const plain = pagesWith("plain").map((page) => skeleton(page, "plain"))

  it.each(hostile)("show %j as text: it adds no element and no attribute to any page", (text) => {
    assert.deepStrictEqual(
      pagesWith(text).map((page) => skeleton(page, text)),
      plain
    )
  })

  it.prop("show any text as text", [Schema.NonEmptyString], ([text]) => {
    assert.deepStrictEqual(
      pagesWith(text).map((page) => skeleton(page, text)),
      plain
    )
  })

  it("lead nowhere but to pages of their own", () => {
    for (const page of pagesWith("javascript:alert(1)")) {
      const links = Array.from(
        document(page, files, "/").text.matchAll(/(?:href|action|formaction)="([^"]*)"/g),
        ([, link]) => link ?? ""
      )
      assert.deepStrictEqual(
        links.filter((link) => !/^\/(?!\/)|^#|^data:image\/svg/.test(link)),
        []
      )
    }
  })
})
