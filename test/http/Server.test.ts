import { connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Redacted, Scope, Stream } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Closing } from "../../src/http/Closing.ts"
import { eventually } from "../fixtures/eventually.ts"
import { ask, form, serving } from "../fixtures/httpServer.ts"
import { Logs, quiet } from "../fixtures/logs.ts"

const token = Option.some(Redacted.make("a token of the settings"))

const hello = HttpRouter.add("GET", "/", Effect.succeed(HttpServerResponse.text("hello")))
const taking = HttpRouter.add(
  "POST",
  "/",
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) => text).pipe(
    Effect.map((text) => HttpServerResponse.text(`${text.length}`))
  )
)
const broken = HttpRouter.add("GET", "/broken", Effect.die(new Error("nobody foresaw this")))

const headersOfAll = ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"]

describe("The server", () => {
  it.live("answers, and every answer has the headers, those of errors too", () =>
    Effect.gen(function* () {
      const port = yield* serving(Layer.mergeAll(hello, taking, broken), token)
      const answers = yield* Effect.all([
        ask(port, "/"),
        ask(port, "/nowhere"),
        ask(port, "/broken"),
        ask(port, "/", { method: "POST", body: "x".repeat(100_000) }),
        ask(port, "/", { headers: { host: "evil.example" } }),
        ask(port, "/", { method: "POST", headers: { origin: "http://evil.example" } })
      ])
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 404, 500, 413, 401, 403]
      )
      for (const { headers, status } of answers) {
        for (const name of headersOfAll) assert.isString(headers[name], `${name} of ${status}`)
        assert.notInclude(headers["content-security-policy"], "unsafe")
      }
    }).pipe(Effect.provide(quiet))
  )

  it.live("says on the form what was wrong with what it was sent", () =>
    Effect.gen(function* () {
      const port = yield* serving(hello, token)
      const headers = { "content-type": "application/x-www-form-urlencoded" }
      const give = (body: string, more = headers) => ask(port, "/sign-in", { method: "POST", body, headers: more })
      const answers = yield* Effect.all([
        give(`token=${"x".repeat(100_000)}`),
        give(""),
        give("token"),
        give("{", { "content-type": "application/json" }),
        give("token=%ff%00%ED%A0%80"),
        give("x", { "content-type": "multipart/form-data" })
      ])
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [413, 400, 401, 400, 401, 400]
      )
      for (const { body } of answers) assert.match(body, /role="alert">[^<]+</)
      assert.include(answers[0]?.body, "64 KiB")
    }).pipe(Effect.provide(quiet))
  )

  it.live("logs what breaks in a handler, with its cause, and answers the next request", () =>
    Effect.gen(function* () {
      const { lines } = yield* Logs
      const port = yield* serving(Layer.mergeAll(hello, broken))
      assert.strictEqual((yield* ask(port, "/broken")).body, "")
      yield* eventually(lines("a request broke"), (found) => found.length === 1)
      assert.strictEqual((yield* ask(port, "/")).body, "hello")
      assert.deepStrictEqual(
        (yield* lines()).map(({ message }) => message),
        ["pages are served", "a request broke"]
      )
    }).pipe(Effect.provide(Logs.layer))
  )

  it.live("lets nobody in from elsewhere where there is no token, and says what to do", () =>
    Effect.gen(function* () {
      const port = yield* serving(hello)
      const answer = yield* ask(port, "/", { headers: { "x-forwarded-for": "10.0.0.1" } })
      assert.strictEqual(answer.status, 403)
      assert.include(answer.body, "Set HTTP_TOKEN")
      assert.strictEqual((yield* ask(port, "/")).status, 200)
    }).pipe(Effect.provide(quiet))
  )

  it.live("shows a person from elsewhere the form, and lets them in with the cookie that it gives for the token", () =>
    Effect.gen(function* () {
      const port = yield* serving(hello, token)
      const browser = { host: "watch.example", accept: "text/html,*/*" }
      const first = yield* ask(port, "/?day=1", { headers: browser })
      assert.strictEqual(first.status, 303)
      assert.strictEqual(first.headers.location, "/sign-in?next=%2F%3Fday%3D1")
      const page = yield* ask(port, first.headers.location ?? "", { headers: browser })
      assert.include(page.body, '<input type="hidden" name="next" value="/?day=1">')

      const give = (given: string, next: string) => {
        const asking = form({ token: given, next })
        return ask(port, "/sign-in", { ...asking, headers: { ...asking.headers, ...browser } })
      }
      const wrong = yield* give("a guess", "/")
      assert.strictEqual(wrong.status, 401)
      assert.isUndefined(wrong.headers["set-cookie"])
      const right = yield* give("a token of the settings", "/?day=1")
      assert.strictEqual(right.headers.location, "/?day=1")
      const [cookie = ""] = right.headers["set-cookie"] ?? []
      assert.match(cookie, /HttpOnly; SameSite=Lax/)
      const again = yield* ask(port, "/", { headers: { ...browser, cookie: cookie.split(";")[0] ?? "" } })
      assert.strictEqual(again.body, "hello")
      // What a browser would read as another origin's, or as more than an address.
      for (const next of [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\r\n/evil.example",
        "/.//evil.example"
      ]) {
        const answer = yield* give("a token of the settings", next)
        assert.deepStrictEqual([answer.status, answer.headers.location], [303, "/"], JSON.stringify(next))
      }
      const split = yield* give("a token of the settings", "/\r\nSet-Cookie: a=b")
      assert.strictEqual(split.status, 303)
      assert.lengthOf(split.headers["set-cookie"] ?? [], 1)
    }).pipe(Effect.provide(quiet))
  )

  it.live("shows who has no token yet the style of the form, and no other file", () =>
    Effect.gen(function* () {
      const file = (name: "style.css" | "client.js") =>
        HttpRouter.add("GET", `/static/${name}`, Effect.succeed(HttpServerResponse.text(name)))
      const port = yield* serving(Layer.mergeAll(file("style.css"), file("client.js")), token)
      const headers = { host: "watch.example" }
      assert.strictEqual((yield* ask(port, "/static/style.css", { headers })).body, "style.css")
      for (const path of ["/static/client.js", "/static/style.css/../client.js", "/static/./style.css"]) {
        assert.strictEqual((yield* ask(port, path, { headers })).status, 401, path)
      }
    }).pipe(Effect.provide(quiet))
  )

  it.live("asks others from elsewhere for the token, and takes it as bearer", () =>
    Effect.gen(function* () {
      const port = yield* serving(hello, token)
      const headers = { host: "watch.example" }
      const refused = yield* ask(port, "/", { headers })
      assert.strictEqual(refused.status, 401)
      assert.strictEqual(refused.headers["www-authenticate"], "Bearer")
      const authorization = "Bearer a token of the settings"
      assert.strictEqual((yield* ask(port, "/", { headers: { ...headers, authorization } })).body, "hello")
    }).pipe(Effect.provide(quiet))
  )

  it.live("ends the streams that are open when it closes, so that each client has it whole", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const endless = HttpRouter.add(
        "GET",
        "/endless",
        Effect.map(Closing, ({ begun }) =>
          HttpServerResponse.stream(
            Stream.succeed("first").pipe(
              Stream.tap(() => Deferred.succeed(asked, undefined)),
              Stream.concat(Stream.never),
              Stream.interruptWhen(begun),
              Stream.encodeText
            )
          )
        )
      )
      const scope = yield* Scope.make()
      const port = yield* Scope.provide(serving(endless), scope)
      const client = yield* Effect.forkChild(ask(port, "/endless"))
      yield* Deferred.await(asked)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(client)).body, "first")
    }).pipe(Effect.provide(quiet))
  )

  it.live("closes while clients read nothing of an answer that never ends", () =>
    Effect.gen(function* () {
      const flooding = HttpRouter.add(
        "GET",
        "/",
        Effect.succeed(HttpServerResponse.stream(Stream.forever(Stream.succeed(new Uint8Array(100_000)))))
      )
      const scope = yield* Scope.make()
      const port = yield* Scope.provide(serving(flooding), scope)
      const client = yield* Effect.callback<Socket>((resume) => {
        const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        socket.on("error", () => {})
        socket.once("readable", () => resume(Effect.succeed(socket)))
      })
      yield* Scope.close(scope, Exit.void)
      client.resume()
      yield* eventually(
        Effect.sync(() => client.closed),
        (isClosed) => isClosed
      )
      assert.include((yield* Effect.flip(ask(port, "/"))).message, "ECONNREFUSED")
    }).pipe(Effect.provide(quiet))
  )
})
