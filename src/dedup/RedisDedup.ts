/**
 * Dedup on Redis, shared by all processes: a key for each pair, with a time to live.
 *
 * Guarantees: a batch costs one round trip. Redis is waited for no longer than `timeout`; without an answer all pairs count
 * as unknown, so that the database decides. Nothing here ever fails a scan.
 */
import { Array as Arr, Duration, Effect, Layer, Metric, Option } from "effect"
import { dedupKey } from "../domain/Trigger.ts"
import { makeOutage } from "../health/Outage.ts"
import { Redis } from "../redis/Redis.ts"
import { Dedup } from "./Dedup.ts"

/** Keys of one MGET. More go as several, sent together, so that none holds Redis up for long. */
const keysPerCommand = 10_000

/** Keys of one call of `rememberScript`, which takes Redis a few times as long as it takes to look them up. */
const keysPerScript = 1000

/** Sets keys for so many seconds: one command for all, since a command each costs this process more than Redis. */
const rememberScript = "for _, key in ipairs(KEYS) do redis.call('SET', key, '1', 'EX', ARGV[1]) end"

/** Batches that Redis did not answer in time. */
export const degradedBatches = Metric.counter("touchline_dedup_degraded_total", {
  description: "Batches of pairs that Redis did not answer in time, so that the database decided alone",
  incremental: true
})

export interface RedisDedupOptions {
  /** How long a pair is remembered; Redis counts whole seconds, the part of one as one. */
  readonly ttl: Duration.Duration
  /** How long Redis may take over a batch. */
  readonly timeout: Duration.Duration
}

/** The layer of Dedup on Redis. */
export const layerRedisDedup = ({ timeout, ttl }: RedisDedupOptions) =>
  Layer.effect(
    Dedup,
    Effect.gen(function* () {
      const redis = yield* Redis
      const client = yield* redis.connect({ whenLost: "fail" })
      const seconds = Math.max(1, Math.ceil(Duration.toSeconds(ttl)))
      const outage = makeOutage({
        part: "dedup",
        begins: "Redis does not answer dedup; the database decides alone",
        ends: "Redis answers dedup again",
        fields: { redis: redis.address }
      })

      /** The answer of Redis, or none if there is none in time. */
      const ask = <A>(question: () => Promise<A>) =>
        Effect.tryPromise({
          try: question,
          catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
        }).pipe(
          Effect.timeoutOrElse({
            duration: timeout,
            orElse: () => Effect.fail(`no answer within ${Duration.format(timeout)}`)
          }),
          Effect.matchEffect({
            onSuccess: (answer) => Effect.as(outage.over, Option.some(answer)),
            onFailure: (reason) =>
              Metric.update(degradedBatches, 1).pipe(Effect.andThen(outage.met(reason)), Effect.as(Option.none<A>()))
          })
        )

      return Dedup.of({
        name: `Redis at ${redis.address}, for ${Duration.format(ttl)}`,
        ttl,
        unknown: Effect.fn("Dedup.unknown")(function* (pairs) {
          if (pairs.length === 0) return pairs
          const answers = yield* ask(() =>
            Promise.all(Arr.chunksOf(pairs.map(dedupKey), keysPerCommand).map((chunk) => client.mget(chunk)))
          )
          return Option.match(answers, {
            onNone: () => pairs,
            onSome: (chunks) => {
              const values = chunks.flat()
              return pairs.filter((_, index) => values[index] === null)
            }
          })
        }),
        remember: Effect.fn("Dedup.remember")(function* (pairs) {
          if (pairs.length === 0) return
          const keys = pairs.map(dedupKey)
          yield* ask(() =>
            Promise.all(
              Arr.chunksOf(keys, keysPerScript).map((chunk) =>
                client.eval(rememberScript, chunk.length, ...chunk, seconds)
              )
            )
          )
        })
      })
    })
  )
