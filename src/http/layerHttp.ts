/**
 * The service over HTTP: pages, probes and metrics, where the settings ask for them.
 *
 * Guarantees: no trouble with the port stops scanning. While another process has it the service goes on without, says once
 * who that is, and takes it over when it is free; only HTTP=required refuses to start. The start of the service does not wait.
 */
import { Effect, Layer, Option, Schedule } from "effect"
import { embeddedSettings } from "../database/embedded/settings.ts"
import { makeOutage } from "../health/Outage.ts"
import { HttpError, httpToken } from "./HttpToken.ts"
import type { Labels } from "./metricsRoute.ts"
import { portHolder } from "./portHolder.ts"
import { type HttpConfig, urlOf } from "./settings.ts"

/** How often a port that another process has is tried again. */
const againAfter = "15 seconds"

/** The server, whose modules are loaded with it: no command needs them, and no start waits for them. */
const server = Effect.fnUntraced(function* (config: HttpConfig, labels: Labels) {
  const token = yield* httpToken(config, yield* embeddedSettings.read)
  const [{ layerServer }, { routes }] = yield* Effect.promise(() =>
    Promise.all([import("./Server.ts"), import("./routes.ts")])
  )
  return layerServer(config, token, routes({ ...labels, token: token.token, boardWrite: config.boardWrite }))
}, Layer.unwrap)

/** What the system says of a server that cannot be opened. */
const problem = Effect.fnUntraced(function* (config: HttpConfig, { cause, message }: Error) {
  const at = urlOf(config)
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code !== "EADDRINUSE") return `${at} cannot be served: ${cause instanceof Error ? cause.message : message}`
  return `${at} is taken by ${(yield* portHolder(config)).text}`
})

const todo = "Set PORT to a free one, or HTTP=off."

/** Serves while it can, and tries again when it cannot. */
const asFarAsPossible = Effect.fnUntraced(function* (config: HttpConfig, labels: Labels) {
  const outage = makeOutage({
    part: "pages",
    begins: "pages are not served; scanning goes on",
    ends: "pages can be served"
  })
  let reason: string | undefined
  const serve = Layer.build(server(config, labels)).pipe(
    Effect.andThen(outage.over),
    Effect.andThen(Effect.never),
    Effect.scoped,
    Effect.catch(
      Effect.fnUntraced(function* (error) {
        reason ??= `${yield* problem(config, error)}. ${todo}`
        yield* outage.met(reason)
      })
    )
  )
  yield* serve.pipe(Effect.repeat(Schedule.spaced(againAfter)), Effect.forkScoped)
})

/** Serves until the scope closes. Fails with HttpError only where HTTP=required and the server cannot be had. */
export const layerHttp = (http: Option.Option<HttpConfig>, labels: Labels) => {
  if (Option.isNone(http)) return Layer.empty
  const config = http.value
  if (!config.isRequired) return Layer.effectDiscard(asFarAsPossible(config, labels))
  return Layer.catch(server(config, labels), (error) =>
    Layer.effectDiscard(
      Effect.flatMap(problem(config, error), (text) => Effect.fail(new HttpError({ message: `${text}. ${todo}` })))
    )
  )
}
