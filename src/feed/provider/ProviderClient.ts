/**
 * Requests to a provider of matches: GET of JSON over HTTP.
 *
 * Guarantees: the key travels in a header and is in no error, log or span, and nor is the address of a request. No trace
 * headers are sent, and no redirect is followed, which could carry the key elsewhere. A request ends within `requestTimeout`.
 * An answer that is no JSON (a page of HTML, one that was cut) is no answer: `unavailable`, as is no connection.
 */
import { Duration, Effect, Metric, Result, Schema } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import * as metrics from "../../health/metrics.ts"
import { FeedError } from "../MatchFeed.ts"

/** How long a provider may take over one answer, its body included. */
export const requestTimeout = Duration.seconds(8)

/** An answer of a provider, whatever its status says of it. */
export interface Answer {
  readonly status: number
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: unknown
}

/** Parameters of a request by name; those without a value are not sent. */
export type Params = { readonly [name: string]: string | undefined }

export interface ProviderClient {
  /** The host that is asked. */
  readonly host: string
  /** Requests so far. */
  readonly requests: () => number
  /** Asks for a path below the address of the provider. Fails as `unavailable` without an answer that can be read. */
  readonly get: (path: string, params?: Params) => Effect.Effect<Answer, FeedError>
}

export interface ProviderClientOptions {
  /** The name of the feed, for errors and spans. */
  readonly feed: string
  readonly url: URL
  /** What every request carries: the key, and nothing else that is not needed. */
  readonly headers: Readonly<Record<string, string>>
}

const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))

/** The system's word for what went wrong: fetch has it in the cause of its error, or in the cause of that. */
const Fault = Schema.Struct({ code: Schema.String })
const decodeCode = Schema.decodeUnknownResult(
  Schema.Struct({ cause: Schema.Union([Fault, Schema.Struct({ cause: Fault })]) })
)

const codeOf = (cause: unknown): string => {
  const decoded = decodeCode(cause)
  if (Result.isFailure(decoded)) return ""
  const { cause: fault } = decoded.success
  return ` (${"code" in fault ? fault.code : fault.cause.code})`
}

export const makeProviderClient = ({ feed, headers, url }: ProviderClientOptions): ProviderClient => {
  const { host } = url
  const root = url.href.replace(/\/+$/, "")
  let requests = 0
  const unavailable = (message: string) => new FeedError({ feed, reason: "unavailable", message })

  const get = Effect.fn("ProviderClient.get")(function* (path: string, params: Params = {}) {
    yield* Effect.annotateCurrentSpan({ feed, path })
    requests += 1
    yield* Metric.update(metrics.of(metrics.feedRequests, { feed }), 1)
    const given = Object.entries(params).filter(([, value]) => value !== undefined)
    const answer = HttpClient.get(`${root}/${path}`, { headers, urlParams: Object.fromEntries(given) }).pipe(
      Effect.flatMap((response) => Effect.map(response.text, (text) => ({ response, text }))),
      Effect.mapError(({ reason }) =>
        unavailable(`${host} cannot be reached${codeOf(reason)}. Check the network, and the URL if one is set.`)
      ),
      Effect.timeoutOrElse({
        duration: requestTimeout,
        orElse: () => Effect.fail(unavailable(`${host} did not answer within ${Duration.format(requestTimeout)}`))
      })
    )
    const { response, text } = yield* answer
    const { headers: answered, status } = response
    yield* Effect.annotateCurrentSpan({ status })
    const body = decodeJson(text)
    if (Result.isSuccess(body)) return { status, headers: answered, body: body.success }
    // The status says what is wrong where the page does not.
    if (status >= 300 && status < 500) return { status, headers: answered, body: {} }
    return yield* unavailable(`${host} answered with something that is no JSON (HTTP ${status})`)
  })

  return {
    host,
    requests: () => requests,
    get: (path, params) =>
      get(path, params).pipe(
        // No spans of the client's own, whose attributes and errors hold the address and the headers; and no trace headers.
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
        Effect.provide(FetchHttpClient.layer)
      )
  }
}
