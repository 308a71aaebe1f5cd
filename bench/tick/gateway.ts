/**
 * What stands around the process that is measured: in front of PostgREST, where each request is counted by the function
 * that it calls; and beside it the feed's answers, so that the matches take no memory of the process.
 */
import { createServer, request } from "node:http"
import { Effect } from "effect"
import { Redis } from "ioredis"
import { listening } from "../../test/fixtures/postgrest.ts"
import type { Calls, Counts } from "./task.ts"

export interface Surroundings {
  /** The port of PostgREST, where there is one. */
  readonly postgrest?: number
  /** The port of Redis, where there is one. */
  readonly redis?: number
  /** What the feed says at a tick. */
  readonly answer: (tick: number) => unknown
  /** Switches the strategies on. */
  readonly activate?: () => Promise<unknown>
}

/** Of a call through the function that calls the others, the name stands at the beginning of the body. */
const named = /"operation"\s*:\s*"(\w+)"/

/** Commands that look, or that set a connection up. */
const looking = /^(info|ping|hello|auth|select|client|config|command|quit)\b/

const commandsOf = (info: string): Counts =>
  Object.fromEntries(
    [...info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)]
      .filter(([, name = ""]) => !looking.test(name))
      .map(([, name = "", calls]) => [name, Number(calls)])
  )

/** Serves until the scope closes, and answers with the port. */
export const serveSurroundings = Effect.fnUntraced(function* ({ activate, answer, postgrest, redis }: Surroundings) {
  const database: { [operation: string]: number } = {}
  const count = (operation: string) => {
    database[operation] = (database[operation] ?? 0) + 1
  }
  const client =
    redis === undefined
      ? undefined
      : yield* Effect.acquireRelease(
          Effect.sync(() => new Redis({ host: "127.0.0.1", port: redis })),
          (each) => Effect.sync(() => each.disconnect())
        )
  const calls = async (): Promise<Calls> => ({
    database,
    redis: client === undefined ? {} : commandsOf(await client.info("commandstats"))
  })

  return yield* listening(
    // A connection may rest for as long as a tick takes.
    createServer({ keepAliveTimeout: 600_000 }, (incoming, response) => {
      const { headers, method, url = "/" } = incoming
      const say = (value: unknown) => response.end(JSON.stringify(value))
      const tick = /^\/tick\/(\d+)$/.exec(url)?.[1]
      if (tick !== undefined) return void say(answer(Number(tick)))
      if (url === "/calls") return void calls().then(say, () => response.destroy())
      if (url === "/activate") return void Promise.resolve(activate?.()).then(say, () => response.destroy())
      const path = url.replace(/^\/rest\/v1/, "")
      const forwarded = request({ host: "127.0.0.1", port: postgrest, path, method, headers }, (from) => {
        response.writeHead(from.statusCode ?? 502, from.headers)
        from.pipe(response)
      })
      forwarded.on("error", () => response.destroy())
      const rpc = /^\/rpc\/(\w+)/.exec(path)?.[1] ?? path
      if (rpc !== "touchline_call") count(rpc)
      else incoming.once("data", (chunk: Buffer) => count(named.exec(chunk.toString("latin1", 0, 200))?.[1] ?? rpc))
      incoming.pipe(forwarded)
    })
  )
})
