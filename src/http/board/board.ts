/**
 * `/board`: the queues as bull-board shows them, embedded ones and those on Redis alike. It is loaded when it is first asked for.
 *
 * Guarantees: nothing is changed unless BOARD_WRITE=on: neither by its buttons, which are not shown then, nor by a request. With
 * it jobs are retried, promoted and removed, and queues paused and resumed; what would make up jobs, change them, or take away
 * a queue, its schedule or its bounds is done by nobody. Its page asks no other host for anything.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Queue } from "bullmq"
import { Effect, Layer, Scope, Semaphore } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse, HttpStaticServer } from "effect/http"
import { QueueBackend } from "../../queue/QueueBackend.ts"
import { workedQueueNames } from "../../queue/QueueFigures.ts"
import { escaped } from "../html.ts"
import type { BoardAdapter, Found } from "./BoardAdapter.ts"

/** Where it is. */
export const boardPath = "/board"

/** Its page has styles that are written in it. */
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

/** The page of a template that knows nothing but values: `<%= escaped %>` and `<%- as it is %>`. */
export const pageOf = (template: string, values: Readonly<Record<string, string>>): string => {
  const page = template
    .replace(/<link href="https:\/\/[^>]*>/g, "")
    .replace(/<%([=-])\s*(\w+)\s*%>/g, (_, kind: string, name: string) =>
      kind === "=" ? escaped(values[name] ?? "") : (values[name] ?? "")
    )
  if (page.includes("<%")) throw new Error("the page of bull-board has something in it that is not known here")
  return page
}

/** Loads the board over these queues. */
const makeBoard = Effect.fnUntraced(function* (mayWrite: boolean) {
  const backend = yield* QueueBackend
  const names = yield* workedQueueNames
  const queues = yield* Effect.forEach(names, (name) => backend.queue(name))
  const [{ createBullBoard }, { BullMQAdapter }, { BoardAdapter }] = yield* Effect.promise(() =>
    Promise.all([import("@bull-board/api"), import("@bull-board/api/bullMQAdapter"), import("./BoardAdapter.ts")])
  )
  const adapter = new BoardAdapter()
  createBullBoard({
    queues: queues.flatMap((queue) =>
      queue instanceof Queue ? [new BullMQAdapter(queue, { readOnlyMode: !mayWrite })] : []
    ),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: "Touchline", miscLinks: [{ text: "Touchline", url: "/" }] } }
  })
  const files = yield* HttpStaticServer.make({ root: adapter.staticPath, cacheControl: "public, max-age=3600" })
  return { adapter, files }
})

const answered = (status: number, body: unknown) =>
  typeof body === "string" ? HttpServerResponse.text(body, { status }) : HttpServerResponse.jsonUnsafe(body, { status })

/** What a request brings beside its path. */
const bodyOf = ({ headers, json, method }: HttpServerRequest.HttpServerRequest) =>
  method === "GET" || method === "HEAD" || Number(headers["content-length"] ?? 0) === 0
    ? Effect.succeed<unknown>({})
    : json

/** What BOARD_WRITE=on lets be done: a removed alert is offered again as long as the database has it pending. */
const mayBeDone = new Set(
  [
    "pause",
    "resume",
    ":queueName/pause",
    ":queueName/resume",
    ":queueName/promote",
    ":queueName/retry/:queueStatus",
    ":queueName/clean/:queueStatus",
    ":queueName/:jobId/retry",
    ":queueName/:jobId/promote",
    ":queueName/:jobId/clean"
  ].map((path) => `/api/queues/${path}`)
)

const isRead = (method: string): boolean => method === "GET" || method === "HEAD"

type Board = Effect.Success<ReturnType<typeof makeBoard>>

/** Answers a request of the board's page for data. */
const data = Effect.fnUntraced(function* (adapter: BoardAdapter, { params, route }: Found, query: URLSearchParams) {
  const request = yield* HttpServerRequest.HttpServerRequest
  const body = yield* bodyOf(request)
  const asked = {
    queues: adapter.queues,
    uiConfig: adapter.uiConfig,
    query: Object.fromEntries(query),
    params,
    body: typeof body === "object" && body !== null ? { ...body } : {},
    headers: { ...request.headers }
  }
  const { body: told, status = 200 } = yield* Effect.promise(async () => {
    try {
      return await route.handler(asked)
    } catch (error) {
      return adapter.onError(error instanceof Error ? error : new Error(String(error)))
    }
  })
  return answered(status, told)
})

/** The page, whatever it is to show. */
const page = Effect.fnUntraced(function* (adapter: BoardAdapter) {
  const view = adapter.view(boardPath)
  if (view === undefined) return HttpServerResponse.empty({ status: 404 })
  const template = yield* Effect.promise(() => readFile(join(adapter.viewsPath, view.name), "utf8"))
  return HttpServerResponse.text(pageOf(template, view.params), {
    contentType: "text/html; charset=utf-8",
    headers: { "content-security-policy": policy }
  })
})

const answer = <E>(load: Effect.Effect<Board, E>, mayWrite: boolean) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const [path = "", search = ""] = request.url.slice(boardPath.length).split("?")
    if (!mayWrite && !isRead(request.method)) {
      return answered(405, { error: "The queues are only shown here. BOARD_WRITE=on lets them be changed." })
    }
    const { adapter, files } = yield* load
    if (path.startsWith("/static/")) {
      const file = request.modify({ url: path.slice("/static".length) })
      return yield* Effect.provideService(files, HttpServerRequest.HttpServerRequest, file)
    }
    const found = adapter.find(request.method, path)
    if (found !== undefined && !isRead(request.method) && !mayBeDone.has(found.pattern)) {
      return answered(403, {
        error: "This is not done here: jobs are retried, promoted and removed, and queues paused and resumed."
      })
    }
    if (found !== undefined) return yield* data(adapter, found, new URLSearchParams(search))
    if (path.startsWith("/api/") || !isRead(request.method)) {
      return answered(404, { error: "The page of the queues has nothing of this name." })
    }
    return yield* page(adapter)
  })

/** The route. Its queues stay open until the server closes. */
export const board = ({ mayWrite }: { readonly mayWrite: boolean }) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const context = yield* Effect.context<QueueBackend | Effect.Services<ReturnType<typeof makeBoard>>>()
      // What fails is tried again by the next request.
      const turn = yield* Semaphore.make(1)
      let loaded: Effect.Success<ReturnType<typeof makeBoard>> | undefined
      const load = turn.withPermits(1)(
        Effect.suspend(() => {
          if (loaded !== undefined) return Effect.succeed(loaded)
          return makeBoard(mayWrite).pipe(
            Effect.provideContext(context),
            Scope.provide(scope),
            Effect.tap((made) => Effect.sync(() => (loaded = made)))
          )
        })
      )
      return HttpRouter.add("*", `${boardPath}/*`, answer(load, mayWrite))
    })
  )
