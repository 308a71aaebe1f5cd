/**
 * The server of a service: the routes, behind the guard.
 *
 * Guarantees: when its scope closes, pages that are open end at once, requests under way have `grace`, and then every
 * connection is closed, whatever its client does. What breaks in a handler is logged and counted, and its request answered.
 */
import { createServer, type Server } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Duration, Effect, ErrorReporter, Layer, Metric } from "effect"
import { HttpMiddleware, HttpRouter, HttpServer } from "effect/http"
import { httpDefects } from "../health/metrics.ts"
import { Closing } from "./Closing.ts"
import { guard, headersForBrowsers } from "./guard.ts"
import type { HttpToken } from "./HttpToken.ts"
import { type HttpConfig, urlOf } from "./settings.ts"

/** How long requests under way may go on when the server closes. */
const grace = Duration.seconds(1)

/** Clients at a time. Who comes then is turned away. */
const mostClients = 1000

/** A server that answers who asks before it has a handler. */
export const makeServer = (): Server => {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5000 })
  server.maxConnections = mostClients
  // The port is open before the routes are made: nobody else would answer who comes between, ever.
  server.on("request", (_, response) => {
    if (server.listenerCount("request") > 1) return
    response.writeHead(503, { ...headersForBrowsers, "retry-after": "1", connection: "close" }).end("It starts.\n")
  })
  return server
}

/** Logs what nobody foresaw in a handler: Effect answers it with 500 and no word. */
const reporter = Effect.map(Effect.context<never>(), (context) =>
  ErrorReporter.make(({ cause }) => {
    Effect.runForkWith(context)(
      Effect.andThen(Metric.update(httpDefects, 1), Effect.logError("a request broke", cause))
    )
  })
)

/** What asks every few seconds is no story to tell. */
const untraced = HttpMiddleware.layerTracerDisabledForUrls(["/healthz", "/readyz", "/metrics"])

const told = ({ host }: HttpConfig, { place }: HttpToken) =>
  Layer.effectDiscard(
    Effect.flatMap(HttpServer.HttpServer, ({ address }) =>
      Effect.logInfo("pages are served").pipe(
        Effect.annotateLogs({
          at: urlOf({
            host,
            port: address._tag === "InetAddressV4" || address._tag === "InetAddressV6" ? address.port : 0
          }),
          ...(place === undefined ? {} : { token: `in ${place}` })
        })
      )
    )
  )

/** Serves these routes until its scope closes. Fails with ServeError when it cannot listen. */
export const layerServer = <E, R>(config: HttpConfig, token: HttpToken, routes: Layer.Layer<never, E, R>) =>
  Layer.unwrap(
    Effect.sync(() => {
      const server = makeServer()
      const drop = Layer.effectDiscard(Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections())))
      const closer = Layer.effectDiscard(Effect.flatMap(Closing, ({ begin }) => Effect.addFinalizer(() => begin)))
      return Layer.merge(closer, told(config, token)).pipe(
        Layer.provide(
          HttpRouter.serve(Layer.merge(routes, guard(token.token)), { disableLogger: true, disableListenLog: true })
        ),
        Layer.provide(drop),
        Layer.provideMerge(
          NodeHttpServer.layer(() => server, { host: config.host, port: config.port, gracefulShutdownTimeout: grace })
        ),
        Layer.provide(Layer.mergeAll(Closing.layer, ErrorReporter.layer([reporter]), untraced))
      )
    })
  )
