/**
 * The Redis server of the settings, and connections to it.
 *
 * Guarantees: whoever has this service, the server could be reached, took our password and could hold queues when the
 * layer was built. A connection that goes silent, or leads to a server that may not be written to (any more), is dropped
 * within seconds and made anew, so that after a failover it leads to the new primary. The password is in no error, log
 * line or span.
 */
import { isIP } from "node:net"
import { Context, Duration, Effect, Layer, Option, Redacted, Schema, type Scope } from "effect"
import { Redis as Client, type RedisOptions } from "ioredis"
import { serverInfo, unfitness } from "./fitness.ts"
import type { RedisSettings } from "./settings.ts"

/** How long the server may take over a connection, and over each question at the start. */
export const connectTimeout = Duration.seconds(3)

/** How long the server may owe an answer before its connection counts as dead. */
const answerTimeout = Duration.seconds(5)

/** The longest that a command may block on a copy of a connection that waits: with it the server owes no answer. */
export const longestBlock = Duration.seconds(5)

/** When the kernel begins to ask whether the other end of an idle connection is still there; it gives up 10 s later. */
const keepAlive = Duration.seconds(5)

/** Answers of a server that takes no writes now. It may be no longer the primary: a new connection may lead to that. */
const elsewhere = /\b(READONLY|UNBLOCKED|LOADING|MASTERDOWN)\b/

/** Redis cannot be used. `message` is for the person who starts the service: where Redis should be, and what to do. */
export class RedisError extends Schema.TaggedError<RedisError>()("RedisError", {
  host: Schema.String,
  port: Schema.Int,
  /** `unreachable`: nothing answers there. `rejected`: something does, and wants none of us. `unfit`: it holds no queues. */
  reason: Schema.Literals(["unreachable", "rejected", "unfit"]),
  message: Schema.String
}) {}

/** What becomes of a command while the connection is lost. */
export interface ConnectOptions {
  /**
   * `fail`: it fails at once, and after 5 s at most where Redis owes an answer. `wait`: it waits until the connection is
   * back, for ever if need be, as BullMQ asks of the connections of workers, and is then sent again. Copies of such a
   * connection (`duplicate`) are for commands that block, for no longer than `longestBlock`.
   */
  readonly whenLost: "fail" | "wait"
}

export class Redis extends Context.Service<
  Redis,
  {
    /** `host:port`, for people. */
    readonly address: string
    /** Whether we may run INFO. Hosted servers may forbid it. */
    readonly tellsInfo: boolean
    /**
     * Opens a connection of its own, ready for commands, which the scope closes. It reconnects by itself, at most 2 s
     * after Redis is back. Its `error` events are heard already.
     */
    readonly connect: (options: ConnectOptions) => Effect.Effect<Client, RedisError, Scope.Scope>
  }
>()("touchline/redis/Redis") {
  /**
   * Makes sure, within 3 s, that the server can be used; fails with RedisError otherwise. Warns if the server may evict
   * keys to save memory, which would lose jobs.
   */
  static readonly layer = (settings: RedisSettings) =>
    Layer.effect(
      Redis,
      Effect.gen(function* () {
        const address = addressOf(settings)
        const policy = yield* Effect.scoped(examine(settings))
        if (Option.isNone(policy)) {
          yield* Effect.logDebug("Redis does not tell its maxmemory-policy").pipe(Effect.annotateLogs({ address }))
        } else if (policy.value !== "noeviction") {
          yield* Effect.logWarning(
            "Redis may evict jobs when its memory is full: set maxmemory-policy noeviction"
          ).pipe(Effect.annotateLogs({ address, policy: policy.value }))
        }
        const tellsInfo = Option.isSome(policy)
        return Redis.of({
          address,
          tellsInfo,
          connect: ({ whenLost }) => open(settings, { ...lost[whenLost], enableReadyCheck: tellsInfo })
        })
      })
    )
}

/** Where it is, as people write it. */
const addressOf = ({ host, port }: RedisSettings): string => `${host}:${port}`

/** ioredis has a constructor for each shape of answers; this is the usual one. */
type Options = Omit<RedisOptions, "replyMapping">

const lost = {
  fail: {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: Duration.toMillis(answerTimeout),
    // A server that is gone without a word leaves a connection which looks alive.
    socketTimeout: Duration.toMillis(answerTimeout)
  },
  wait: { maxRetriesPerRequest: null, socketTimeout: Duration.toMillis(answerTimeout) }
} as const satisfies Record<ConnectOptions["whenLost"], Options>

/** Of a copy, on which nothing may be heard for as long as a command blocks. */
const silenceOfCopies = Duration.toMillis(Duration.sum(longestBlock, Duration.millis(1500)))

/** A connection whose copies may block. */
class BlockingClient extends Client {
  override duplicate(override?: Options) {
    return super.duplicate({ ...override, socketTimeout: silenceOfCopies })
  }
}

const optionsOf = ({ db, host, password, port, tls, username }: RedisSettings): Options => ({
  host,
  port,
  db,
  username: Option.getOrUndefined(username),
  password: Option.getOrUndefined(Option.map(password, Redacted.value)),
  // Servers that hold many certificates choose by the name that the client asks for.
  ...(tls && { tls: isIP(host) === 0 ? { servername: host } : {} }),
  lazyConnect: true,
  // RESP2: every server speaks it, and ioredis reads long answers faster.
  protocol: 2,
  connectTimeout: Duration.toMillis(connectTimeout),
  keepAlive: Duration.toMillis(keepAlive),
  retryStrategy: (times) => Math.min(times * 100, 2000)
})

/** A connection that is ready for commands. */
const open = (settings: RedisSettings, options: Options): Effect.Effect<Client, RedisError, Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* Effect.acquireRelease(
      Effect.sync((): Client => {
        const client = new BlockingClient({
          ...optionsOf(settings),
          ...options,
          reconnectOnError: (error) => {
            if (!elsewhere.test(error.message)) return false
            if (options.maxRetriesPerRequest !== null) return 1
            // The command goes to the next server, so nobody else hears of this.
            client.emit("error", error)
            return 2
          }
        })
        return client
      }),
      (client) => Effect.sync(() => client.disconnect())
    )
    let lastError: Error | undefined
    client.on("error", (error: Error) => {
      withoutSecrets(error)
      lastError = error
    })
    // ioredis rejects with no more than "Connection is closed."; what happened came as an event.
    yield* Effect.tryPromise({
      try: () => client.connect(),
      catch: (cause) => redisError(settings, lastError ?? cause)
    }).pipe(bounded(settings))
    return client
  })

/**
 * ioredis hangs the command that failed on its error, the password among its arguments if it was the one that logs in.
 * Takes it off; the same error goes to every command that waited for the connection.
 */
export const withoutSecrets = (error: Error): void => {
  Reflect.deleteProperty(error, "command")
}

const bounded =
  (settings: RedisSettings) =>
  <A, R>(effect: Effect.Effect<A, RedisError, R>): Effect.Effect<A, RedisError, R> =>
    Effect.timeoutOrElse(effect, {
      duration: connectTimeout,
      orElse: () => Effect.fail(redisError(settings, { code: "ETIMEDOUT" }))
    })

/** Makes sure that the server can hold queues, and answers its maxmemory-policy if it lets us read it. */
const examine = Effect.fnUntraced(function* (settings: RedisSettings) {
  const client = yield* open(settings, { retryStrategy: () => null, enableReadyCheck: false })
  yield* Effect.tryPromise({ try: () => client.ping(), catch: (cause) => redisError(settings, cause) }).pipe(
    bounded(settings)
  )
  const info = yield* bounded(settings)(serverInfo(client))
  const unfit = yield* bounded(settings)(unfitness(client, info))
  if (Option.isSome(unfit)) {
    const { host, port } = settings
    const message = `Redis at ${addressOf(settings)} ${unfit.value}`
    return yield* new RedisError({ host, port, reason: "unfit", message })
  }
  return Option.flatMap(info, (fields) => Option.fromUndefinedOr(fields.get("maxmemory_policy")))
})

/** Nobody is there, by the code of the error. */
const absent: Readonly<Record<string, string>> = {
  ETIMEDOUT: `no answer within ${Duration.format(connectTimeout)}`,
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its name cannot be looked up",
  EHOSTUNREACH: "no network leads there",
  ENETUNREACH: "no network leads there"
}

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : ""

/** What an error of ioredis says, without the password, which old servers repeat. */
const saidBy = (cause: unknown, password: RedisSettings["password"]): string => {
  const said = cause instanceof Error ? cause.message : String(cause)
  return Option.match(password, {
    onNone: () => said,
    onSome: (secret) => said.replaceAll(Redacted.value(secret), "<redacted>")
  })
}

const start =
  "Start it, for example with `docker run -p 6379:6379 redis:7` or `sudo apt-get install redis-server`, " +
  "or unset REDIS_HOST and REDIS_URL to do without."

/** Why Redis cannot be used, from what ioredis met. */
const redisError = (settings: RedisSettings, cause: unknown): RedisError => {
  const { host, password, port, tls } = settings
  const address = addressOf(settings)
  const code = codeOf(cause)
  const said = absent[code] ?? saidBy(cause, password)
  const error = (reason: RedisError["reason"], message: string) => new RedisError({ host, port, reason, message })
  if (/^(WRONGPASS|NOAUTH|NOPERM|ERR)\b/.test(said)) {
    return error(
      "rejected",
      `Redis at ${address} rejects us: ${said}. Check REDIS_PASSWORD and REDIS_DB, or REDIS_URL.`
    )
  }
  if (/^(LOADING|MASTERDOWN)\b/.test(said)) {
    return error("unreachable", `Redis at ${address} is not ready yet: ${said}. Start again when it is.`)
  }
  const hint =
    code in absent
      ? start
      : `Check REDIS_URL: ${tls ? "rediss:// is for servers with TLS." : "a server with TLS takes rediss://."}`
  return error("unreachable", `Redis at ${address} cannot be reached: ${said}. ${hint}`)
}
