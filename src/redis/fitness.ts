/** Whether a Redis server can hold queues: it must take writes, and all keys of a queue must be in one place. */
import { Effect, Option } from "effect"
import type { Redis as Client } from "ioredis"

/** What the server tells of itself with INFO, by field. */
export type ServerInfo = ReadonlyMap<string, string>

/** The answer of INFO by field, or none where we may not ask. */
export const serverInfo = (client: Client): Effect.Effect<Option.Option<ServerInfo>> =>
  Effect.option(
    Effect.map(
      Effect.tryPromise(() => client.info()),
      (text) => new Map(Array.from(text.matchAll(/^(\w+):(.*?)\r?$/gm), ([, field = "", value = ""]) => [field, value]))
    )
  )

/** What an answer says to be amiss with the server, as opposed to one command or to us. */
const isReplica = /\bREADONLY\b/
const isCluster = /\b(CROSSSLOT|MOVED|CLUSTERDOWN)\b/

const asCluster =
  "runs as a cluster (cluster_enabled:1), which spreads the keys of a queue over its nodes. " +
  "Use a Redis that is no cluster; it may have replicas to fail over to."

const asReplica = (primary: string) =>
  `is a replica, which takes no writes. Give the address of its primary${primary} in REDIS_HOST or REDIS_URL.`

/** The error that a harmless command meets, if any. Both keys of the first lie on different nodes of a cluster. */
const probe = (client: Client): Effect.Effect<string> =>
  Effect.tryPromise({
    try: async () => {
      await client.mget("bull:touchline:a", "bull:touchline:b")
      await client.del("bull:touchline:a")
    },
    catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
  }).pipe(
    Effect.as(""),
    Effect.catch((message) => Effect.succeed(message))
  )

/** Why the server cannot hold queues, as the rest of a sentence that begins with its name, and what to do. */
export const unfitness = Effect.fnUntraced(function* (client: Client, info: Option.Option<ServerInfo>) {
  if (Option.isNone(info)) {
    const said = yield* probe(client)
    if (isCluster.test(said)) return Option.some(asCluster)
    return isReplica.test(said) ? Option.some(asReplica("")) : Option.none()
  }
  const of = (field: string) => info.value.get(field)
  if (of("cluster_enabled") === "1") return Option.some(asCluster)
  const role = of("role")
  if (role === undefined || role === "master") return Option.none()
  return Option.some(asReplica(of("master_host") === undefined ? "" : `, ${of("master_host")}:${of("master_port")},`))
})
