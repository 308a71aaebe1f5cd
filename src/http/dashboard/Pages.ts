/** The pages by their addresses: what each shows now, made of what this process knows and of the database. */
import { Context, DateTime, Effect, Layer, Option, Result, Schema } from "effect"
import { Database, type DatabaseError } from "../../database/Database.ts"
import { TriggerStore } from "../../database/TriggerStore.ts"
import { AlertState } from "../../domain/Trigger.ts"
import { performance } from "../../outcome/Performance.ts"
import { Strategies } from "../../strategies/Strategies.ts"
import { addressOf } from "../address.ts"
import type { Html } from "../html.ts"
import { makeChoices } from "./Choices.ts"
import { type Draft, Drafts, readText } from "./Drafts.ts"
import { dayOf, zoneOf } from "./day.ts"
import { Editing } from "./Editing.ts"
import { Others } from "./Others.ts"
import {
  type AlertFilter,
  type AlertPlace,
  type AlertRow,
  type KeptRow,
  PageStore,
  type RecordRow
} from "./PageStore.ts"
import { Picture } from "./Picture.ts"
import type { Page, Part } from "./page.ts"
import { type AlertQuery, alertsPage, alertsPerPage } from "./pages/alerts.ts"
import { editorPage, newText } from "./pages/editor.ts"
import { matchPage, strategiesPerMatch } from "./pages/match.ts"
import { matchesPerPage, nowPage } from "./pages/now.ts"
import { type State, stateParts } from "./pages/state.ts"
import { strategiesPage, strategiesPerPage } from "./pages/strategies.ts"
import { mostAlerts, mostDecided, strategyPage } from "./pages/strategy.ts"
import { systemPage } from "./pages/system.ts"
import { SystemFacts } from "./SystemFacts.ts"
import { Troubles, troublesOf } from "./Troubles.ts"
import { makeUnchanged } from "./Unchanged.ts"
import { standingsOf } from "./verdicts.ts"
import { WatchedPages } from "./WatchedPages.ts"
import { makeWatchStates } from "./WatchState.ts"
import { isText } from "./words.ts"

/** Matches that are not in play are named up to so many. */
const mostOthers = 60

/** What a page needs is asked for at once: it waits but once for what else the database does. */
const atOnce = { concurrency: "unbounded" } as const

/** Alerts of one match that its page shows. */
const mostFired = 100

/** What came of something that was asked for, by the word that an address has for it. */
const notices: Readonly<Record<string, string>> = {
  again: "The alert is pending again, and is sent in its turn.",
  tested: "The test message was sent.",
  saved: "Saved. It is watched from the next look at the strategies on.",
  "saved-off": "Saved. It is not active, so it is not watched.",
  "saved-there": "Saved in the database. This service watches other strategies, so it is not watched here.",
  filed: "Saved as a new file of the directory. It is watched from the next look at the files on, within seconds.",
  on: "Switched on.",
  "on-there": "Switched on in the database. This service watches other strategies, so it is not watched here.",
  off: "Switched off: it fires no more, and its record is kept."
}

const noticeOf = (query: URLSearchParams): string | undefined => notices[query.get("notice") ?? ""]

const isState = Schema.is(AlertState)
const isVerdict = Schema.is(Schema.Literals(["hit", "miss", "void", "open"]))

const given = (text: string | null): string | undefined =>
  text === null || text === "" || !isText(text) ? undefined : text

/** A number of a page, counted from 1. */
const pageNumber = (text: string | null): number => Math.max(1, Math.min(1_000_000, Math.floor(Number(text)) || 1))

const decodeRecordPlace = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Tuple([Schema.String, Schema.String]))
)

const recordPlaceOf = (text: string | undefined): Pick<RecordRow, "id" | "name"> | undefined =>
  Option.getOrUndefined(Option.map(decodeRecordPlace(text), ([name, id]) => ({ name, id })))

/** A part of a path as it was before it was encoded; nothing for what never was. */
const decoded = (part: string): string | undefined =>
  Option.getOrUndefined(Option.filter(Result.getSuccess(Result.try(() => decodeURIComponent(part))), isText))

const placeOf = (text: string | undefined): AlertPlace | undefined => {
  const [, at = "", id = ""] = /^(\d{1,15}) (.+)$/.exec(text ?? "") ?? []
  const triggeredAt = Option.getOrUndefined(DateTime.make(Number(at)))
  return id === "" || triggeredAt === undefined ? undefined : { triggeredAt, id }
}

export class Pages extends Context.Service<
  Pages,
  {
    /** The page of an address, a path with its query. None where there is no such page. */
    readonly pageOf: (address: string, notice?: string | Html) => Effect.Effect<Option.Option<Page>, DatabaseError>
    /** What stands at the top of every page. */
    readonly top: Effect.Effect<ReadonlyArray<Part>>
    /** What names the state of all that pages which are kept show. Absent where there is no telling. */
    readonly mark: Effect.Effect<string | undefined>
    /** The page on which this text is written, with what is wrong with it. None where there is no such strategy. */
    readonly editorOf: (
      strategy: string | undefined,
      written: { readonly text: string; readonly mark: string; readonly draft?: Draft | undefined },
      notice?: string | Html
    ) => Effect.Effect<Option.Option<Page>, DatabaseError>
  }
>()("touchline/http/dashboard/Pages") {
  static readonly layer = Layer.effect(
    Pages,
    Effect.gen(function* () {
      const picture = yield* Picture
      const store = yield* PageStore
      const { watched } = yield* Strategies
      const triggers = yield* TriggerStore
      const drafts = yield* Drafts
      const editing = yield* Editing
      const { facts } = yield* SystemFacts
      const database = yield* Database
      const { known } = yield* Troubles
      const watching = yield* WatchedPages
      const others = yield* Others
      const watchStatesOf = yield* makeWatchStates
      const choices = yield* makeChoices

      const mark = Effect.map(watched, ({ version }) => {
        const changes = database.changes?.()
        return changes === undefined ? undefined : `${changes}/${version}`
      })
      const firedOn = makeUnchanged<ReadonlyArray<AlertRow>, DatabaseError>(mark)
      const counted = makeUnchanged<Effect.Success<typeof triggers.counts>, DatabaseError>(mark)

      const state = Effect.gen(function* () {
        return {
          scannedAt: picture.at(),
          inPlay: yield* picture.inPlay,
          troubles: troublesOf(yield* known)
        } satisfies State
      })

      const now = Effect.fnUntraced(function* (query: URLSearchParams) {
        const all = yield* picture.live
        // Strategies were weighed, and rows are to be written: what waits for the thread comes between.
        yield* Effect.yieldNow
        const pages = Math.max(1, Math.ceil(all.length / matchesPerPage))
        const page = Math.min(pages, pageNumber(query.get("page")))
        return nowPage({
          state: yield* state,
          live: all.slice((page - 1) * matchesPerPage, page * matchesPerPage),
          total: all.length,
          page,
          others: yield* picture.others(mostOthers),
          strategies: (yield* watched).size
        })
      })

      const alerts = Effect.fnUntraced(function* (query: URLSearchParams, notice: string | Html | undefined) {
        const asked: AlertQuery = {
          strategy: given(query.get("strategy")),
          competition: given(query.get("competition")),
          state: given(query.get("state")),
          verdict: given(query.get("verdict")),
          day: given(query.get("day")),
          zone: zoneOf(given(query.get("zone"))),
          after: given(query.get("after"))
        }
        const filter: AlertFilter = {
          strategy: asked.strategy,
          competition: asked.competition,
          state: isState(asked.state) ? asked.state : undefined,
          verdict: isVerdict(asked.verdict) ? asked.verdict : undefined,
          ...(asked.day === undefined ? undefined : dayOf(asked.day, asked.zone))
        }
        const rows = yield* store.alerts(filter, alertsPerPage + 1, placeOf(asked.after))
        const shown = rows.slice(0, alertsPerPage)
        return alertsPage({
          state: yield* state,
          query: asked,
          filter,
          alerts: shown,
          hasMore: rows.length > alertsPerPage,
          competitions: choices.competitions(shown, asked.competition),
          strategies: yield* choices.strategies(shown, asked.strategy),
          notice: notice ?? noticeOf(query)
        })
      })

      const match = Effect.fnUntraced(function* (id: string, query: URLSearchParams) {
        const look = picture.find(id)
        if (look === undefined) return Option.none()
        const fired = yield* firedOn(id, store.alerts({ match: id }, mostFired))
        const page = pageNumber(query.get("page"))
        const all = yield* watched
        const firedIds = new Set(fired.map(({ strategyId }) => strategyId))
        const standings =
          look.view === undefined ? undefined : standingsOf(all.all(), firedIds, look.view, page, strategiesPerMatch)
        return Option.some(matchPage({ state: yield* state, look, alerts: fired, standings, page }))
      })

      const strategies = Effect.fnUntraced(function* (query: URLSearchParams, notice: string | Html | undefined) {
        const named = given(query.get("named"))
        const place = recordPlaceOf(given(query.get("after")))
        const rows = yield* store.records(named, strategiesPerPage + 1, place)
        const records = rows.slice(0, strategiesPerPage)
        const { leftOut, size } = yield* watched
        return strategiesPage({
          state: yield* state,
          records,
          hasMore: rows.length > strategiesPerPage,
          named,
          isFirst: place === undefined,
          watched: size,
          leftOut,
          watchStates: yield* watchStatesOf(records),
          addable: editing.addable,
          notice: notice ?? noticeOf(query)
        })
      })

      const strategyOf = Effect.fnUntraced(function* (kept: KeptRow, notice: string | Html | undefined) {
        const { active = false, file = null, id } = kept
        const [{ definition, editable, problems, text }, byCompetition, watchStates, decided, alerts] =
          yield* Effect.all(
            [
              editing.read(kept),
              performance({ strategy: id, since: undefined, byCompetition: true }).pipe(
                Effect.provideService(Database, database)
              ),
              watchStatesOf([{ active, file, id }]),
              store.decided(id, mostDecided),
              store.alerts({ strategy: id }, mostAlerts)
            ],
            atOnce
          )
        const watchState = watchStates.get(id) ?? "off"
        return strategyPage({
          state: yield* state,
          kept,
          // What was just written or switched on is held from the next look on.
          watchState:
            watchState === "left out" && problems.length === 0 && typeof kept.owner !== "string" ? "soon" : watchState,
          text,
          problems,
          editable,
          // A strategy may be called like another one's id.
          performance: byCompetition.filter((each) => each.id === id),
          decided,
          alerts,
          description: definition?.description,
          notice
        })
      })

      const editorOf = Effect.fnUntraced(function* (
        strategy: string | undefined,
        { draft, mark, text }: { readonly text: string; readonly mark: string; readonly draft?: Draft | undefined },
        notice?: string | Html
      ) {
        const kept = strategy === undefined ? undefined : Option.getOrUndefined(yield* store.strategy(strategy))
        if (strategy !== undefined && kept === undefined) return Option.none()
        return Option.some(
          editorPage({
            state: yield* state,
            strategy: kept,
            text,
            mark,
            draft,
            problems: Result.match(readText(text), { onSuccess: () => [], onFailure: (problems) => problems }),
            notice
          })
        )
      })

      const edit = Effect.fnUntraced(function* (strategy: string | undefined, query: URLSearchParams) {
        if (strategy === undefined && editing.addable !== true)
          return Option.some(yield* strategies(new URLSearchParams(), editing.addable))
        const found = drafts.find(given(query.get("draft")))
        const draft = found?.strategy === strategy ? found : undefined
        if (strategy === undefined) return yield* editorOf(undefined, { text: draft?.text ?? newText, mark: "", draft })
        const kept = yield* store.strategy(strategy)
        if (Option.isNone(kept)) return Option.none()
        const said = yield* editing.read(kept.value)
        if (said.editable !== true) return Option.some(yield* strategyOf(kept.value, said.editable))
        return yield* editorOf(strategy, { text: draft?.text ?? said.text, mark: draft?.mark ?? said.mark, draft })
      })

      const system = Effect.gen(function* () {
        const [now, told, parts, alerts] = yield* Effect.all(
          [state, facts, known, counted("all", triggers.counts)],
          atOnce
        )
        return systemPage({
          state: now,
          facts: told,
          known: parts,
          alerts,
          watchers: {
            pages: watching.size,
            watchers: [...watching.values()].reduce((sum, { watchers }) => sum + watchers.size, 0)
          }
        })
      })

      const below = Effect.fnUntraced(function* (
        pathname: string,
        query: URLSearchParams,
        notice: string | Html | undefined
      ) {
        const [, place, part = "", more] = /^\/(matches|strategies)\/([^/]+)(\/edit)?$/.exec(pathname) ?? []
        const id = decoded(part)
        if (place === undefined || id === undefined) return Option.none()
        if (place === "matches") return more === undefined ? yield* match(id, query) : Option.none()
        if (more !== undefined) return yield* edit(id, query)
        if (id === "new") return yield* edit(undefined, query)
        const kept = yield* store.strategy(id)
        return Option.isNone(kept)
          ? Option.none()
          : Option.some(yield* strategyOf(kept.value, notice ?? noticeOf(query)))
      })

      return Pages.of({
        pageOf: Effect.fn("Pages.pageOf")(function* (address, notice) {
          const read = addressOf(address)
          if (read === undefined) return Option.none()
          const { pathname, searchParams } = read
          yield* others.refresh
          switch (pathname) {
            case "/":
              return Option.some(yield* now(searchParams))
            case "/alerts":
              return Option.some(yield* alerts(searchParams, notice))
            case "/strategies":
              return Option.some(yield* strategies(searchParams, notice))
            case "/system":
              return Option.some(yield* system)
            default:
              return yield* below(pathname, searchParams, notice)
          }
        }),
        top: Effect.map(state, stateParts),
        mark,
        editorOf
      })
    })
  )
}
