/** How long requests take, for `/metrics`: by method, route and status. */
import { Clock, Context, Effect, Metric, Option } from "effect"
import { HttpEffect, HttpRouter, HttpServerRequest } from "effect/http"
import { httpDuration, of } from "../health/metrics.ts"

/** An answer that goes on while its page is open: how long that is says nothing of the service. */
const lasting = "/live"

/** Everything else is one method: who asks may not make metrics. */
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE"])

/** The route of the request under way, once it is found. */
const Route = Context.Reference<{ path: string }>("touchline/http/Route", { defaultValue: () => ({ path: "none" }) })

/** Notes the route that the router finds for a request. */
export const routed = <A, E, R>(app: Effect.Effect<A, E, R>) =>
  Effect.onExit(app, () =>
    Effect.gen(function* () {
      const found = yield* Effect.serviceOption(HttpRouter.RouteContext)
      if (Option.isSome(found)) (yield* Route).path = found.value.route.path
    })
  )

/** Notes how long the answer to a request took, that of an error or a refusal too. */
export const timed = <A, E, R>(app: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const began = yield* Clock.monotonicTimeNanos
    const { method } = yield* HttpServerRequest.HttpServerRequest
    const route = { path: "none" }
    return yield* HttpEffect.withPreResponseHandler(Effect.provideService(app, Route, route), (_, response) => {
      if (route.path === lasting) return Effect.succeed(response)
      const labelled = of(httpDuration, {
        method: methods.has(method) ? method : "other",
        route: route.path,
        status: `${response.status}`
      })
      return Clock.monotonicTimeNanos.pipe(
        Effect.flatMap((now) => Metric.update(labelled, Number(now - began) / 1e9)),
        Effect.as(response)
      )
    })
  })
