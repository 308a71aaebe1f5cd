/** `/metrics`: everything that is counted, in the text format of Prometheus. */
import { Effect, Layer, Metric } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { AlertChannel } from "../alert/AlertChannel.ts"
import { Figures } from "../health/Figures.ts"
import * as metrics from "../health/metrics.ts"
import { watchNode } from "../health/nodeMetrics.ts"
import { ownVersion } from "../nodeVersion.ts"

/** What metrics are labelled with: what the settings call the feed, and how often it is asked, in seconds. */
export interface Labels {
  readonly feed: string
  readonly pollInterval: number
}

/** The route. */
export const metricsRoute = ({ feed, pollInterval }: Labels) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const node = yield* watchNode
      yield* metrics.beginCounters((yield* AlertChannel).name, feed)
      yield* Metric.update(metrics.of(metrics.buildInfo, { version: ownVersion() }), 1)
      yield* Metric.update(metrics.pollInterval, pollInterval)
      const { collect } = yield* Figures
      return HttpRouter.add(
        "GET",
        "/metrics",
        Effect.all([collect, node.collect]).pipe(
          Effect.andThen(PrometheusMetrics.format()),
          Effect.map((text) =>
            HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
          )
        )
      )
    })
  ).pipe(Layer.provide(Figures.layer))
