/** Checks of Redis: whether it is there, and whether it is set up to keep jobs. */
import { Clock, Duration, Effect, Option, Schema } from "effect"
import type { Redis as Client } from "ioredis"
import { check, type Finding, failed, measured, ok, skipped, warning } from "../doctor/Check.ts"
import { isAtLeast } from "../nodeVersion.ts"
import type { Redis, RedisError } from "./Redis.ts"

/** What BullMQ needs at least: https://docs.bullmq.io/guide/connections */
const neededVersion = "5.0.0"

/** More than this between two clocks moves what is delayed, and the minute that a rate is counted in. */
const mostSkew = Duration.seconds(1)

/** The answer of a command, or nothing where the server does not let us run it or does not answer as Redis does. */
const told = <A>(run: () => Promise<unknown>, schema: Schema.Codec<A, unknown>) =>
  Effect.tryPromise(run).pipe(Effect.flatMap(Schema.decodeUnknownEffect(schema)), Effect.option)

const setting = (client: Client, name: string) =>
  Effect.map(
    told(() => client.config("GET", name), Schema.Array(Schema.String)),
    Option.flatMap((pair) => Option.fromUndefinedOr(pair[1]))
  )

const info = (client: Client, section: string, field: string) =>
  Effect.map(
    told(() => client.info(section), Schema.String),
    Option.flatMap((text) => Option.fromUndefinedOr(new RegExp(`^${field}:(\\S+)`, "m").exec(text)?.[1]))
  )

const hidden = (what: string) => skipped(`not checked: this Redis does not tell its ${what}`)

const reachable = (client: Client, address: string, dedupTimeout: Duration.Duration) =>
  Effect.gen(function* () {
    const [, latencyMs] = yield* measured(Effect.tryPromise(() => client.ping()))
    const version = Option.getOrElse(yield* info(client, "server", "redis_version"), () => "of unknown version")
    const at = `Redis ${version} at ${address}`
    if (/^\d/.test(version) && !isAtLeast(version, neededVersion)) {
      return failed(`${at} is too old`, `BullMQ needs Redis ${neededVersion} or later: upgrade it.`)
    }
    if (latencyMs > Duration.toMillis(dedupTimeout)) {
      return {
        ...warning(
          `${at} answers later than DEDUP_TIMEOUT allows (${Duration.format(dedupTimeout)})`,
          "Run Touchline closer to Redis, or raise DEDUP_TIMEOUT."
        ),
        latencyMs
      }
    }
    return ok(at, latencyMs)
  })

const persistence = (client: Client) =>
  Effect.gen(function* () {
    const aof = yield* info(client, "persistence", "aof_enabled")
    if (Option.contains(aof, "1")) return ok("every write is logged (AOF)")
    const save = yield* setting(client, "save")
    if (Option.isNone(save)) return hidden("persistence")
    return save.value === ""
      ? warning(
          "nothing is kept on disk: a restart of Redis loses the jobs",
          "Set `appendonly yes` in redis.conf, or `redis-cli config set appendonly yes`."
        )
      : ok(`snapshots (RDB, save ${save.value}); with appendonly yes a crash would lose less`)
  })

const eviction = (client: Client) =>
  Effect.gen(function* () {
    const policy = Option.orElse(yield* info(client, "memory", "maxmemory_policy"), () => Option.none<string>())
    const known = Option.isSome(policy) ? policy : yield* setting(client, "maxmemory-policy")
    if (Option.isNone(known)) return hidden("maxmemory-policy")
    return known.value === "noeviction"
      ? ok("maxmemory-policy noeviction")
      : warning(
          `maxmemory-policy ${known.value}: a full memory evicts jobs`,
          "Set `maxmemory-policy noeviction` in redis.conf, or `redis-cli config set maxmemory-policy noeviction`."
        )
  })

const Time = Schema.Tuple([Schema.FiniteFromString, Schema.FiniteFromString])

/** The server's clock against ours, which is asked before and after: what lies between is not held against it. */
const clock = (client: Client) =>
  Effect.gen(function* () {
    const before = yield* Clock.currentTimeMillis
    const time = yield* told(async () => (await client.time()).map(String), Time)
    const after = yield* Clock.currentTimeMillis
    if (Option.isNone(time)) return hidden("time")
    const theirs = time.value[0] * 1000 + time.value[1] / 1000
    const skew = Math.round(theirs > after ? theirs - after : Math.min(theirs - before, 0))
    const text = skew === 0 ? "the same as here" : `${Math.abs(skew)} ms ${skew > 0 ? "ahead of" : "behind"} ours`
    return Math.abs(skew) > Duration.toMillis(mostSkew)
      ? warning(
          `its clock is ${text}`,
          "Keep both clocks by NTP, for example with systemd-timesyncd: delays follow them."
        )
      : ok(`its clock is ${text}`)
  })

/** The checks of the configured Redis. Where it cannot be used, one says so and the others are skipped. */
export const checkRedis = <R>(
  redis: Effect.Effect<Redis["Service"], RedisError, R>,
  dedupTimeout: Duration.Duration
) => {
  const onRedis = (look: (client: Client, address: string) => Effect.Effect<Finding, { readonly message: string }>) =>
    Effect.scoped(
      Effect.flatMap(redis, ({ address, connect }) =>
        Effect.flatMap(connect({ whenLost: "fail" }), (client) => look(client, address))
      )
    )
  const further = (look: (client: Client) => Effect.Effect<Finding>) =>
    Effect.catchTag(onRedis(look), "RedisError", () => Effect.succeed(skipped("not checked: Redis cannot be used")))
  return [
    check(
      "redis",
      onRedis((client, address) => reachable(client, address, dedupTimeout)),
      { todo: "Check REDIS_URL or REDIS_HOST, and that this machine may connect to it." }
    ),
    check("redis persistence", further(persistence)),
    check("redis eviction", further(eviction)),
    check("redis clock", further(clock))
  ]
}
