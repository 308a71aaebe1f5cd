/** What every request passes: who may ask, what an answer says to browsers, how much a request may bring. */
import { ByteSize, Effect, Option, type Redacted, Result } from "effect"
import {
  HttpEffect,
  HttpIncomingMessage,
  HttpRouter,
  type HttpServerError,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { hasToken, isFromHere, isOwn } from "./access.ts"
import { routed, timed } from "./timed.ts"

/** What an answer says to browsers, unless it says something else itself. */
export const headersForBrowsers: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff"
}

/** The headers of every answer, those of errors too. */
const withHeaders = HttpEffect.withPreResponseHandler((_, response) =>
  Effect.succeed(HttpServerResponse.setHeaders(response, { ...headersForBrowsers, ...response.headers }))
)

/** The most that a request may bring. A route that takes more says so itself. */
const bodyLimit = ByteSize.kibibytes(64)

/** What is said of a request that brings more. */
export const tooMuch = "A form of these pages may bring at most 64 KiB."

/** Whether a request brings more than it may. */
export const isTooMuch = ({ reason }: HttpServerError.HttpServerError): boolean =>
  reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"

/** Where the token is given. */
export const signInPath = "/sign-in"

/** What whoever has no token yet is shown: the form, and its style. */
const isForm = (url: string): boolean => [signInPath, "/static/style.css"].includes(url.split("?")[0] ?? "")

const plain = (status: number, text: string, more: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.text(`${text}\n`, { status, headers: more })

/** The answer to who does not bring the token: to a person the form, to others the reason. */
const refusal = ({ headers, method, url }: HttpServerRequest.HttpServerRequest, token: Option.Option<unknown>) => {
  if (Option.isNone(token)) {
    return plain(
      403,
      "This page is for the machine itself: the request was forwarded, or is for another host. Set HTTP_TOKEN to be let in from elsewhere."
    )
  }
  if (method === "GET" && headers.accept?.includes("text/html") === true) {
    return HttpServerResponse.redirect(`${signInPath}?${new URLSearchParams({ next: url })}`, { status: 303 })
  }
  return plain(401, "Bring HTTP_TOKEN as bearer.", { "www-authenticate": "Bearer" })
}

/** Whether the path of an address can be decoded. */
const isPath = (url: string): boolean => Result.isSuccess(Result.try(() => decodeURI(url.split("?")[0] ?? "")))

/** Guards all routes. */
export const guard = (token: Option.Option<Redacted.Redacted>) =>
  HttpRouter.middleware(
    (app) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        if (!isOwn(request)) return plain(403, "A page of another origin may not ask for this.")
        const isKnown = Option.isSome(token) ? yield* hasToken(request, token.value) : false
        if (!isKnown && !isFromHere(request) && !(isForm(request.url) && Option.isSome(token)))
          return refusal(request, token)
        if (isPath(request.url)) return yield* routed(app)
        // The router answers it with no word: it is told of a path that is none of its either.
        const nowhere = request.modify({ url: "/%25" })
        return yield* routed(Effect.provideService(app, HttpServerRequest.HttpServerRequest, nowhere))
      }).pipe(withHeaders, Effect.provideService(HttpIncomingMessage.MaxBodySize, bodyLimit), timed),
    { global: true }
  )
