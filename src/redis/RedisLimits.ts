import { Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { Redis } from "./Redis.ts"
import { layerRedisCommands } from "./redisCommands.ts"

/** A connection on which nothing waits: without an answer messages go out. */
const connection = Effect.flatMap(Redis, ({ connect }) => connect({ whenLost: "fail" }))

/** Effect's RateLimiter for all processes that share this Redis. */
export const layerRedisLimits = RateLimiter.layer.pipe(
  Layer.provide(RateLimiter.layerStoreRedis({ prefix: "limit:" })),
  Layer.provide(Layer.unwrap(Effect.map(connection, layerRedisCommands)))
)
