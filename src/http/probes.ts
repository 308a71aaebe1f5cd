/** What tells a supervisor how this process does: `/healthz`. */
import { Effect, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { ownVersion } from "../nodeVersion.ts"

/** What a process says of itself. */
export const ownName = "Touchline"

/** The answer of `/healthz`. */
export const Vitals = Schema.Struct({
  service: Schema.Literal(ownName),
  version: Schema.String,
  pid: Schema.Int
})

const vitals: typeof Vitals.Type = { service: ownName, version: ownVersion(), pid: process.pid }

/** The routes of probes. */
export const probes = HttpRouter.add("GET", "/healthz", Effect.succeed(HttpServerResponse.jsonUnsafe(vitals)))
