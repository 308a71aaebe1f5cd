/** All that `touchline doctor` checks, in the order in which it tells of it. */
import { Context, Effect, Layer, Option } from "effect"
import { checkTelegram } from "../alert/telegram/checks.ts"
import { checkDatabase } from "../database/checks.ts"
import { Database } from "../database/Database.ts"
import { checkFeed } from "../feed/checks.ts"
import { MatchFeed } from "../feed/MatchFeed.ts"
import { checkQueues } from "../queue/checks.ts"
import { QueueBackend } from "../queue/QueueBackend.ts"
import { checkRedis } from "../redis/checks.ts"
import { Redis } from "../redis/Redis.ts"
import { configuredFeed, outside } from "../Touchline.ts"
import { type Checked, check, skipped } from "./Check.ts"
import { checkNode, checkSettings, readSettings } from "./settings.ts"

/** A check that there is nothing to look at for. */
const nothing = (name: string, why: string) => check(name, Effect.succeed(skipped(why)))

const brokenSettings = "not checked: its settings cannot be used"

/**
 * Checks what the configuration asks for, one after the other so that each latency is its own, and hands on each answer
 * as it comes. Whatever a check meets, the others are made. What the layers log meanwhile is part of no answer.
 */
export const diagnose = Effect.fn("diagnose")(function* (tell: (checked: Checked) => Effect.Effect<void>) {
  const settings = yield* readSettings()
  const { config, isUsable } = settings
  const memo = yield* Layer.makeMemoMap
  const scope = yield* Effect.scope
  /** A service of a layer, built when first asked for, and once. What several layers stand on they share. */
  const service = <I, A, LA, E, R>(tag: Context.Key<I, A>, layer: Layer.Layer<LA | I, E, R>) =>
    Effect.cached(Effect.map(Layer.buildWithMemoMap(layer, memo, scope), Context.get(tag)))

  const chosen = outside(config, { directory: config.dataDir })
  const database = yield* service(Database, chosen.database)
  const queue = yield* service(QueueBackend, Layer.mergeAll(chosen.queue))
  const feed = yield* service(MatchFeed, configuredFeed(config, { matches: 12, seed: 1, speed: 20 }))
  const redis = Option.isSome(chosen.redis) ? yield* service(Redis, chosen.redis.value) : undefined
  const isEmbedded = { database: Option.isNone(config.supabase), queue: redis === undefined }

  const checks = [
    checkNode(process.versions.node),
    ...checkSettings(settings),
    ...(!isUsable("REDIS_")
      ? [nothing("redis", brokenSettings)]
      : redis === undefined
        ? [nothing("redis", "not configured: queues are embedded, and dedup is in memory")]
        : checkRedis(redis, config.dedupTimeout)),
    ...(isUsable("SUPABASE_")
      ? checkDatabase(database, isEmbedded.database)
      : [nothing("database", brokenSettings), nothing("migrations", brokenSettings)]),
    ...(!isUsable("TELEGRAM_")
      ? [nothing("telegram", brokenSettings)]
      : Option.match(config.telegram, {
          onNone: () => [nothing("telegram", "not configured: alerts go to the console")],
          onSome: checkTelegram
        })),
    isUsable("FEED") ? checkFeed(feed) : nothing("feed", brokenSettings),
    ...(isUsable("REDIS_") ? checkQueues(queue, { isEmbedded: isEmbedded.queue }) : [nothing("queues", brokenSettings)])
  ]
  return yield* Effect.forEach(checks, Effect.tap(tell))
}, Effect.scoped)
