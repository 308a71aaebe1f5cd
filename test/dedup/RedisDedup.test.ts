import { assert, describe, expect, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Metric, Scope } from "effect"
import { Dedup } from "../../src/dedup/Dedup.ts"
import { degradedBatches, layerRedisDedup } from "../../src/dedup/RedisDedup.ts"
import type { Pair } from "../../src/domain/Trigger.ts"
import { Redis } from "../../src/redis/Redis.ts"
import { dedupContract } from "../contracts/dedupContract.ts"
import { eventually } from "../fixtures/eventually.ts"
import { Logs } from "../fixtures/logs.ts"
import { unused } from "../fixtures/pipeline.ts"
import {
  onRealRedis,
  passOnRedis,
  type RedisServer,
  rawClient,
  redisOnServer,
  redisServers,
  wireToServer
} from "../fixtures/redis.ts"

const ttl = Duration.hours(2)
const timeout = Duration.millis(250)
const layerDedup = (options: { readonly ttl: Duration.Duration }) => layerRedisDedup({ timeout, ...options })

/** One process remembers and another is asked, so that what a process keeps in mind cannot answer for Redis. */
const betweenProcesses = (options: { readonly ttl: Duration.Duration }) =>
  Layer.effect(
    Dedup,
    Effect.gen(function* () {
      const process = Effect.map(Layer.build(Layer.fresh(layerDedup(options))), Context.get(Dedup))
      const { name, unknown } = yield* process
      const { remember } = yield* process
      return Dedup.of({ name, unknown, remember })
    })
  ).pipe(Layer.provide(redisOnServer))

for (const { server, where } of redisServers) {
  const pass = (duration: Duration.Duration) => Effect.provideContext(passOnRedis(duration), contextOf(server))
}

const pairs = (count: number): ReadonlyArray<Pair> =>
  Array.from({ length: count }, () => ({ strategyId: "1", matchId: `match-${unused()}` }))
