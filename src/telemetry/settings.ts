/** Where traces, logs and metrics go by OTLP. The names are OpenTelemetry's. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { optional, setting, settingsOf } from "../Config.ts"

/** A collector. */
export interface TelemetryConfig {
  readonly endpoint: string
  readonly serviceName: string
  /** Sent with each request, by their names. */
  readonly headers: Redacted.Redacted<Readonly<Record<string, string>>>
}

const settings = {
  endpoint: optional({
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    takes: "the http or https URL of a collector, without /v1/traces and its kin",
    meaning: "The collector that traces, logs and metrics are sent to by OTLP over HTTP. Without it none are.",
    schema: Schema.String.pipe(
      Schema.check(
        Schema.isPattern(/^https?:\/\/[^/]/),
        Schema.makeFilter((text) => URL.canParse(text))
      )
    )
  }),
  headers: optional({
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    takes: "names and values such as authorization=Bearer%20abc,team=x",
    meaning: "What is sent to it with each request, such as its key.",
    isSecret: true,
    schema: Schema.String.pipe(Schema.check(Schema.isPattern(/^\s*[^=,]+=[^,]*(,\s*[^=,]+=[^,]*)*$/)))
  }),
  serviceName: setting({
    name: "OTEL_SERVICE_NAME",
    takes: "a name",
    default: "touchline",
    meaning: "What the service is called there.",
    schema: Schema.NonEmptyString
  })
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    // As it was given: it is no encoding of anything.
    return text
  }
}

const headersOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text.split(",").map((pair) => {
      const at = pair.indexOf("=")
      return [pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]
    })
  )

/** The settings of the collector: none without one. */
export const telemetrySettings = settingsOf(
  settings,
  Effect.gen(function* () {
    const headers = yield* settings.headers.read
    const serviceName = yield* settings.serviceName.read
    return Option.map(
      yield* settings.endpoint.read,
      (endpoint): TelemetryConfig => ({
        endpoint: endpoint.replace(/\/+$/, ""),
        serviceName,
        headers: Redacted.make(Option.match(headers, { onNone: () => ({}), onSome: headersOf }))
      })
    )
  })
)
