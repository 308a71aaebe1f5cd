/** The routes of the pages: what is looked at, what keeps it up to date, and what is done there. */
import { Effect, Layer, Option, Result, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { DatabaseError } from "../../database/Database.ts"
import { addressOf } from "../address.ts"
import { Closing } from "../Closing.ts"
import { isTooMuch, tooMuch } from "../guard.ts"
import { type Html, html } from "../html.ts"
import { Actions, type Outcome } from "./actions.ts"
import { Drafts, readText } from "./Drafts.ts"
import { Editing } from "./Editing.ts"
import { eventStream } from "./eventStream.ts"
import { files } from "./files.ts"
import { PageStore } from "./PageStore.ts"
import { Pages } from "./Pages.ts"
import { packed } from "./packed.ts"
import { document, type Files, type Page } from "./page.ts"
import { problemsPart } from "./pages/editor.ts"
import { SystemFacts } from "./SystemFacts.ts"
import { Troubles } from "./Troubles.ts"
import { WatchedPages } from "./WatchedPages.ts"
import { Watchers } from "./Watchers.ts"
import { warmUp } from "./warmUp.ts"
import { encoded, isText } from "./words.ts"

const answer = (body: Html, status = 200) =>
  HttpServerResponse.text(body.text, { status, contentType: "text/html; charset=utf-8" })

const noSuchPage = html`There is no such page. A match is shown for as long as the feed shows it. Go on to <a href="/">what goes on now</a>.`

const plainPage = (title: string, text: string | Html): Page => ({
  title,
  parts: [],
  head: html`<div class="heading"><h1>${title}</h1></div><p>${text}</p>`
})

/** A page as a document; with the reason where there is none, or it cannot be made. */
const makeShow =
  (names: Files) =>
  (page: Effect.Effect<Option.Option<Page>, DatabaseError>, address: string, status = 200) =>
    page.pipe(
      Effect.map(
        Option.match({
          onNone: () => answer(document(plainPage("Not found", noSuchPage), names, ""), 404),
          onSome: (found) => answer(document(found, names, address), status)
        })
      ),
      Effect.catch(({ message }) => Effect.succeed(answer(document(plainPage("Not now", message), names, ""), 503)))
    )

const Text = Schema.String.pipe(Schema.check(Schema.makeFilter(isText)))

/** What a form may bring. What is wrong with the text of a strategy is told in its place. */
const Form = Schema.Struct({
  id: Schema.optionalKey(Text),
  chat: Schema.optionalKey(Text),
  text: Schema.optionalKey(Schema.String),
  mark: Schema.optionalKey(Text),
  draft: Schema.optionalKey(Text)
})
type Form = typeof Form.Type & {
  /** The page that the form stands on. */
  readonly from: string
}

/** The page with alerts from which a form came, as it was filtered. */
const pageBefore = (referer: string | undefined): string => {
  const { pathname = "", search = "" } = URL.parse(referer ?? "") ?? {}
  return /^\/(alerts$|matches\/|strategies\/)/.test(pathname) ? pathname + search : "/alerts"
}

/** The paths at which there is something to look at. */
const known =
  /^\/((alerts|system|live|healthz|readyz|metrics)?|static\/[^/]+|strategies(\/[^/]+(\/edit)?)?|matches\/[^/]+)$/

/** And those at which something can be done. */
const acts = /^\/(alerts\/(again|test)|strategies\/(check|save|try)|strategies\/[^/]+\/(save|try|on|off))$/

/** The pages, their files, what keeps open ones up to date, and what can be done. */
const pages = Layer.unwrap(
  Effect.gen(function* () {
    const { names, routes } = yield* files
    const { editorOf, pageOf } = yield* Pages
    const { look, watch } = yield* Watchers
    const actions = yield* Actions
    const drafts = yield* Drafts
    const closing = yield* Closing
    const show = makeShow(names)
    yield* warmUp(names)
    const greeting = packed(`retry: 2000\nevent: files\ndata: ${names.mark}\n\n`)

    const get = (path: HttpRouter.PathInput) => HttpRouter.add("GET", path, ({ url }) => show(pageOf(url), url))

    const live = HttpRouter.add(
      "GET",
      "/live",
      Effect.gen(function* () {
        const { method, url } = yield* HttpServerRequest.HttpServerRequest
        if (method === "HEAD")
          return HttpServerResponse.empty({ status: 200, headers: { "content-type": "text/event-stream" } })
        const events = yield* watch(addressOf(url)?.searchParams.get("page") ?? "/")
        // A browser does not ask again for what has no content.
        if (Option.isNone(events)) return HttpServerResponse.empty({ status: 204 })
        return yield* eventStream(greeting, closing.begun, events.value)
      }).pipe(
        // Our pages ask again soon.
        Effect.catchTag("DatabaseError", ({ message }) =>
          Effect.succeed(HttpServerResponse.text(`${message}\n`, { status: 503 }))
        )
      )
    )

    /** Does what a form asks for, and goes on to what it came to; or shows the page again, with the reason. */
    const post = (
      path: HttpRouter.PathInput,
      act: (form: Form, strategy: string | undefined) => Effect.Effect<Outcome, DatabaseError>,
      again: (
        form: Form,
        strategy: string | undefined,
        reason: string | Html
      ) => Effect.Effect<Option.Option<Page>, DatabaseError>
    ) =>
      HttpRouter.add(
        "POST",
        path,
        Effect.gen(function* () {
          const { headers } = yield* HttpServerRequest.HttpServerRequest
          const form = { ...(yield* HttpServerRequest.schemaBodyUrlParams(Form)), from: pageBefore(headers.referer) }
          const { id: strategy } = yield* HttpRouter.params
          if (strategy !== undefined && !isText(strategy)) return yield* show(Effect.succeedNone, "")
          const outcome = yield* act(form, strategy)
          if ("to" in outcome) {
            yield* look
            return HttpServerResponse.redirect(outcome.to, { status: 303 })
          }
          return yield* show(again(form, strategy, outcome.reason), "", 409)
        }).pipe(
          Effect.catchTags({
            SchemaError: () =>
              Effect.succeed(
                answer(document(plainPage("Not understood", "The form is not one of this version."), names, ""), 400)
              ),
            HttpServerError: (error) =>
              isTooMuch(error)
                ? Effect.succeed(
                    answer(
                      document(
                        plainPage("Too long", `Nothing was changed: ${tooMuch} Go back and make it shorter.`),
                        names,
                        ""
                      ),
                      413
                    )
                  )
                : Effect.fail(error),
            DatabaseError: ({ message }) =>
              Effect.succeed(answer(document(plainPage("Not now", `Nothing was changed: ${message}`), names, ""), 503))
          })
        )
      )

    const alertsAgain = ({ from }: Form, _: string | undefined, reason: string | Html) =>
      pageOf(addressOf(from)?.pathname === "/alerts" ? from : "/alerts", reason)
    const strategyAgain = (_: Form, strategy = "", reason: string | Html) =>
      pageOf(`/strategies/${encoded(strategy)}`, reason)
    const written = ({ draft, mark = "", text = "" }: Form, strategy: string | undefined) => ({
      strategy,
      text,
      mark,
      draft
    })
    const editorAgain = ({ draft, mark = "", text = "" }: Form, strategy: string | undefined, reason: string | Html) =>
      editorOf(strategy, { text, mark, draft: drafts.find(draft) }, reason)
    const save = (form: Form, strategy: string | undefined) => actions.save(written(form, strategy))
    const check = (form: Form, strategy: string | undefined) => actions.check(written(form, strategy))

    const checkWriting = HttpRouter.add(
      "POST",
      "/strategies/check",
      Effect.map(HttpServerRequest.schemaBodyUrlParams(Form), ({ text = "" }) =>
        answer(problemsPart(Result.match(readText(text), { onSuccess: () => [], onFailure: (problems) => problems })))
      ).pipe(
        Effect.catchTags({
          SchemaError: () =>
            Effect.succeed(HttpServerResponse.text("The form is not one of this version.\n", { status: 400 })),
          HttpServerError: (error) =>
            isTooMuch(error)
              ? Effect.succeed(HttpServerResponse.text(`${tooMuch}\n`, { status: 413 }))
              : Effect.fail(error)
        })
      )
    )

    const only = (method: string, allow: string) =>
      Effect.succeed(HttpServerResponse.text(`There is ${method} here alone.\n`, { status: 405, headers: { allow } }))

    /** Where there is something to look at or to do, and not so. */
    const others = (["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const).map((method) =>
      HttpRouter.add(method, "/*", ({ url }) => {
        const pathname = addressOf(url)?.pathname ?? ""
        if (acts.test(pathname)) return only("POST", "POST")
        return known.test(pathname) ? only("GET", "GET, HEAD") : show(Effect.succeedNone, "")
      })
    )

    return Layer.mergeAll(
      Layer.mergeAll(Layer.empty, ...others),
      routes,
      live,
      get("/"),
      get("/matches/:id"),
      get("/alerts"),
      get("/strategies"),
      get("/strategies/:id"),
      get("/strategies/:id/edit"),
      get("/system"),
      get("/*"),
      post("/alerts/again", ({ from, id = "" }) => actions.again(id, from), alertsAgain),
      post("/alerts/test", ({ chat = "" }) => actions.test(chat.trim() === "" ? undefined : chat.trim()), alertsAgain),
      checkWriting,
      post("/strategies/save", save, editorAgain),
      post("/strategies/try", check, editorAgain),
      post("/strategies/:id/save", save, editorAgain),
      post("/strategies/:id/try", check, editorAgain),
      post("/strategies/:id/on", (_, strategy = "") => actions.setActive(strategy, true), strategyAgain),
      post("/strategies/:id/off", (_, strategy = "") => actions.setActive(strategy, false), strategyAgain)
    )
  })
)

const parts = Layer.mergeAll(Watchers.layer, Actions.layer).pipe(
  Layer.provideMerge(Pages.layer),
  Layer.provideMerge(
    Layer.mergeAll(Drafts.layer, Editing.layer, SystemFacts.layer, Troubles.layer, WatchedPages.layer)
  ),
  Layer.provideMerge(PageStore.layer)
)

/** The dashboard. */
export const dashboard = Layer.provide(pages, parts)
