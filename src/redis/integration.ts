import { Layer } from "effect"
import { layerRedisDedup } from "../dedup/RedisDedup.ts"
import { integration } from "../Integration.ts"
import { layerRedisQueue } from "../queue/RedisQueue.ts"
import { checkRedis } from "./checks.ts"
import { Redis } from "./Redis.ts"
import { layerRedisLimits } from "./RedisLimits.ts"
import { redisSettings } from "./settings.ts"

/** What several processes share: queues, dedup and the limits of channels, on one Redis. */
export const redis = integration({
  name: "redis",
  title: "Redis",
  settings: redisSettings,
  brings: ["queue", "dedup", "limits"],
  absent: "not configured: queues are embedded, and dedup is in memory",
  bring: ({ dedupTimeout, server }, { dedupTtl }) => {
    const layer = Redis.layer(server)
    return {
      parts: {
        queue: Layer.provide(layerRedisQueue, layer),
        dedup: Layer.provide(layerRedisDedup({ ttl: dedupTtl, timeout: dedupTimeout }), layer),
        limits: Layer.provide(layerRedisLimits, layer)
      },
      checks: ({ open }) => checkRedis(open(Redis, layer), dedupTimeout)
    }
  }
})
