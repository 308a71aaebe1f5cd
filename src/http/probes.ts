/**
 * What tells supervisors how this process does. `/healthz`: 503 only when the process itself has stalled, so that it should be
 * started again. `/readyz`: how the service does, part by part; 503 when this process should be asked nothing, for it stops or a
 * part of it is down.
 */
import { Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { Health } from "../health/Health.ts"
import { Overview } from "../health/Overview.ts"
import { ownVersion } from "../nodeVersion.ts"

/** What a process says of itself. */
export const ownName = "Touchline"

/** The answer of `/healthz`. */
export const Vitals = Schema.Struct({
  service: Schema.Literal(ownName),
  version: Schema.String,
  pid: Schema.Int,
  /** Why it has stalled. */
  stalled: Schema.optionalKey(Schema.String)
})

const self = { service: ownName, version: ownVersion(), pid: process.pid } as const

const healthz = HttpRouter.add(
  "GET",
  "/healthz",
  Effect.gen(function* () {
    const { stalled } = yield* Health
    const reason = yield* stalled
    const vitals: typeof Vitals.Type = reason === undefined ? self : { ...self, stalled: reason }
    return HttpServerResponse.jsonUnsafe(vitals, { status: reason === undefined ? 200 : 503 })
  })
)

const readyz = HttpRouter.add(
  "GET",
  "/readyz",
  Effect.gen(function* () {
    const standing = yield* (yield* Overview).standing
    const isReady = standing.status === "ok" || standing.status === "degraded"
    return HttpServerResponse.jsonUnsafe(standing, { status: isReady ? 200 : 503 })
  })
)

/** The routes of probes. */
export const probes = Layer.merge(healthz, readyz)
