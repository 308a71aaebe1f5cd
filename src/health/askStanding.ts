/**
 * How a running service does, asked by a process beside it: over HTTP of the one that the settings lead to or, where none
 * answers there, of what the processes tell each other on Redis.
 */
import { Effect, FileSystem, Option, Redacted, Schema } from "effect"
import { httpToken } from "../http/HttpToken.ts"
import { type HttpConfig, isLoopback, urlOf } from "../http/settings.ts"
import type { QueueBackend } from "../queue/QueueBackend.ts"
import { instancesOn } from "./Instances.ts"
import { Standing, standingOf } from "./Overview.ts"

const decode = Schema.decodeUnknownEffect(Standing)

/** Asks `/readyz`. Fails with why there is no answer. */
export const askOverHttp = Effect.fnUntraced(function* (config: HttpConfig, dataDir: string) {
  // The machine itself is asked, whatever address the service is on; a token is brought where there is one, and none is made.
  const place = isLoopback(config.host) || config.host === "0.0.0.0" || config.host === "::" ? "127.0.0.1" : config.host
  const isHere = yield* Effect.orElseSucceed((yield* FileSystem.FileSystem).exists(dataDir), () => false)
  const { token } = isHere ? yield* httpToken(config, dataDir) : config
  const headers = Option.match(token, {
    onNone: (): Record<string, string> => ({}),
    onSome: (some) => ({ authorization: `Bearer ${Redacted.value(some)}` })
  })
  const url = `${urlOf({ host: place, port: config.port })}/readyz`
  return yield* Effect.tryPromise({
    try: async (signal) => (await fetch(url, { headers, signal, redirect: "error" })).json(),
    catch: () => ({ message: `nothing that is a Touchline answers at ${url}` })
  }).pipe(
    Effect.timeoutOrElse({
      duration: "6 seconds",
      orElse: () => Effect.fail({ message: `${url} does not answer within 6s` })
    }),
    Effect.flatMap((answer) =>
      Effect.mapError(decode(answer), () => ({ message: `${url} is served by something else` }))
    )
  )
})

/** Asks what the processes that share a backend tell each other. None: nothing, as where there are none. */
export const askOfNotices = ({ notices }: QueueBackend["Service"]) =>
  notices === undefined
    ? Effect.succeedNone
    : Effect.map(instancesOn(notices), ([first, ...others]) =>
        first === undefined ? Option.none() : Option.some(standingOf([first, ...others]))
      )
