/**
 * Traces, logs and metrics for a collector of OpenTelemetry, by Effect's own exporters.
 *
 * Guarantees: a collector that is away, or does not answer, costs a line when it is first missed and one when it is back, and what
 * was for it meanwhile; a stop waits a second for it at most.
 */
import { Effect, Layer, Redacted } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError } from "effect/http"
import { Otlp } from "effect/observability"
import { makeOutage } from "../health/Outage.ts"
import { ownVersion } from "../nodeVersion.ts"
import type { TelemetryConfig } from "./settings.ts"
import { AreTraced } from "./TraceParent.ts"

/** How long a stop waits for the collector. */
const shutdownTimeout = "1 second"

/** How long the collector may take to answer. What waits for it is kept in memory. */
const answersWithin = "10 seconds"

/** How often what is new is sent. */
const every = {
  loggerExportInterval: "2 seconds",
  tracerExportInterval: "2 seconds",
  metricsExportInterval: "15 seconds"
} as const

/** The client of the exporters, which tells when the collector is missed. */
const client = (endpoint: string) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (fetching) => {
      const outage = makeOutage({
        begins: "the collector takes no telemetry; what is for it is lost meanwhile",
        ends: "the collector takes telemetry again",
        fields: { endpoint }
      })
      return fetching.pipe(
        HttpClient.transform((answer, request) =>
          Effect.timeoutOrElse(answer, {
            duration: answersWithin,
            orElse: () => {
              const description = `no answer within ${answersWithin}`
              const reason = new HttpClientError.TransportError({ request, description })
              return Effect.fail(new HttpClientError.HttpClientError({ reason }))
            }
          })
        ),
        HttpClient.tap(({ status }) => (status < 400 ? outage.over : outage.met(`HTTP ${status}`))),
        HttpClient.tapError(({ message }) => outage.met(message))
      )
    })
  ).pipe(Layer.provide(FetchHttpClient.layer))

/** Sends what is traced, logged and counted from now on until the scope closes. */
export const layerTelemetry = ({ endpoint, headers, serviceName }: TelemetryConfig) =>
  Layer.merge(
    Otlp.layerJson({
      baseUrl: endpoint,
      resource: { serviceName, serviceVersion: ownVersion() },
      headers: Redacted.value(headers),
      loggerMergeWithExisting: true,
      shutdownTimeout,
      ...every
    }).pipe(Layer.provide(client(endpoint))),
    Layer.succeed(AreTraced, true)
  )
