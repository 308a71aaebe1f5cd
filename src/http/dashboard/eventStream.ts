/**
 * An answer that goes on: events for a browser, written to Node's response itself. With hundreds of watchers of one page a
 * stream for each would cost many times what their sockets do.
 */
import { ServerResponse } from "node:http"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { headersForBrowsers } from "../guard.ts"
import { gzipHead, type Packed, takesGzip } from "./packed.ts"
import type { Watcher } from "./WatchedPages.ts"

/** Bytes that wait to be read, of which more are given to no watcher. */
const mostWaiting = 256 * 1024

/** What is sent goes to the socket as the chunk that it is for everybody: Node would frame it for each anew. */
const watcherOn = (response: ServerResponse, isGzip: boolean): Watcher => ({
  write: ({ gzip, plain }) => {
    const { bytes, chunk } = isGzip ? gzip : plain
    const { chunkedEncoding, socket, writableEnded } = response
    if (writableEnded) return
    if (chunkedEncoding && socket !== null) socket.write(chunk)
    else response.write(bytes)
  },
  isFull: () => response.writableLength > mostWaiting,
  missed: false
})

/** Waits until who asked has gone. */
const gone = (response: ServerResponse) =>
  Effect.callback<void>((resume) => {
    const end = () => resume(Effect.void)
    if (response.closed) return end()
    response.once("close", end)
    return Effect.sync(() => response.off("close", end))
  })

/**
 * Answers the request under way with events: `greeting`, and then what `join` has the watcher sent, until who asked goes or
 * `until` ends. `join` answers with what is to be run when a watcher that was full reads again.
 */
export const eventStream = <E, R>(
  greeting: Packed,
  until: Effect.Effect<void>,
  join: (watcher: Watcher) => Effect.Effect<() => void, E, R>
) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const response = NodeHttpServerRequest.toServerResponse(request)
    if (!(response instanceof ServerResponse)) return HttpServerResponse.empty({ status: 505 })
    const isGzip = takesGzip(request.headers["accept-encoding"])
    // Pieces go out one by one: what waits for its reader is what is counted.
    response.writeHead(200, {
      ...headersForBrowsers,
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      vary: "accept-encoding",
      ...(isGzip ? { "content-encoding": "gzip" } : {})
    })
    // The headers go with what Node writes itself.
    if (isGzip) response.write(gzipHead)
    response.write(isGzip ? greeting.gzip.bytes : greeting.plain.bytes)
    const readAgain = yield* join(watcherOn(response, isGzip))
    const source = response.socket ?? response
    yield* Effect.acquireRelease(
      Effect.sync(() => source.on("drain", readAgain)),
      () => Effect.sync(() => source.off("drain", readAgain))
    )
    yield* Effect.raceFirst(gone(response), until)
    response.end()
    // It has been answered: this one is not sent.
    return HttpServerResponse.empty()
  }).pipe(Effect.scoped)
