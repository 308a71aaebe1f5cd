/** How the Redis of the queues does, of its INFO. */
import { Effect, Option } from "effect"
import type { Redis as Client } from "ioredis"
import { serverInfo } from "../redis/fitness.ts"
import { QueueError, type ServerFigures } from "./QueueBackend.ts"

/** Writes to disk fail, or there are none: the append-only log is off and no snapshot is ever made. */
const isKept = (of: (field: string) => string | undefined, saves: string): boolean =>
  of("aof_enabled") === "1"
    ? of("aof_last_write_status") !== "err"
    : saves !== "" && of("rdb_last_bgsave_status") !== "err"

/** Asks the server, on a connection that fails fast. */
export const redisFigures = (client: Client): Effect.Effect<ServerFigures, QueueError> =>
  Effect.gen(function* () {
    const info = yield* serverInfo(client)
    if (Option.isNone(info)) {
      return yield* new QueueError({
        queue: "redis",
        operation: "tell how it does",
        message: "Redis does not tell how it does"
      })
    }
    const of = (field: string) => info.value.get(field)
    // Where we may not ask for its settings, it counts as one that makes snapshots.
    const saves = yield* Effect.tryPromise(() => client.config("GET", "save")).pipe(
      Effect.map((pair) => (Array.isArray(pair) ? String(pair[1] ?? "") : "unknown")),
      Effect.orElseSucceed(() => "unknown")
    )
    return {
      memory: Number(of("used_memory") ?? 0),
      mostMemory: Number(of("maxmemory") ?? 0),
      persists: isKept(of, saves)
    }
  })
