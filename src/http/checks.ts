/** Checks of the server: whether it could have its port, or who has it. */
import { createServer } from "node:net"
import { Effect, Option } from "effect"
import { check, failed, ok, skipped, warning } from "../doctor/Check.ts"
import { portHolder } from "./portHolder.ts"
import { type HttpConfig, urlOf } from "./settings.ts"

/** Why a server cannot have its place, by the code of the system. None: it can. */
const obstacle = ({ host, port }: HttpConfig) =>
  Effect.callback<Option.Option<string>>((resume) => {
    const server = createServer()
    server.once("error", (error) => resume(Effect.succeedSome("code" in error ? String(error.code) : error.message)))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resume(Effect.succeedNone)))
    return Effect.sync(() => server.close())
  })

const todo = "Set PORT to a free one, or HTTP=off."

const look = Effect.fnUntraced(function* (config: HttpConfig) {
  const at = urlOf(config)
  const met = yield* obstacle(config)
  if (Option.isNone(met)) return ok(`${at} is free for a service`)
  if (met.value !== "EADDRINUSE") return failed(`${at} cannot be served: ${met.value}`, todo)
  const { isTouchline, text } = yield* portHolder(config)
  if (isTouchline) return ok(`${at} is served by ${text}`)
  return config.isRequired
    ? failed(`${at} is taken by ${text}`, todo)
    : warning(`${at} is taken by ${text}: a service goes on without pages`, todo)
})

/** The check of the server. */
export const checkHttp = (http: Option.Option<HttpConfig>) =>
  check(
    "http",
    Option.match(http, {
      onNone: () => Effect.succeed(skipped("HTTP is off")),
      onSome: look
    }),
    { todo }
  )
