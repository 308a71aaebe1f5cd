/**
 * The Layer graph: configuration in, running service out. This is the only place that chooses layers, and reading it
 * from the top is reading the architecture.
 *
 * To extend Touchline hand a layer of your own to `service`: a MatchFeed, an AlertChannel, a Strategies.
 */
import { Duration, Effect, Layer, Option } from "effect"
import { AlertChannel } from "./alert/AlertChannel.ts"
import { Alerter } from "./alert/Alerter.ts"
import { AlertQueue } from "./alert/AlertQueue.ts"
import { layerAlertWorker, layerOutboxSweep } from "./alert/AlertWorker.ts"
import { layerTelegram } from "./alert/telegram/TelegramChannel.ts"
import { TelegramLimits } from "./alert/telegram/TelegramLimits.ts"
import type { TouchlineConfig } from "./Config.ts"
import { Database } from "./database/Database.ts"
import { layerEmbedded } from "./database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "./database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "./database/StrategyStore.ts"
import { layerSupabase } from "./database/supabase/SupabaseDatabase.ts"
import { TriggerStore } from "./database/TriggerStore.ts"
import { Dedup } from "./dedup/Dedup.ts"
import { layerRedisDedup } from "./dedup/RedisDedup.ts"
import { MatchFeed } from "./feed/MatchFeed.ts"
import { SimulatedFeed } from "./feed/simulated/SimulatedFeed.ts"
import { MatchHistory } from "./history/MatchHistory.ts"
import { layerEmbeddedQueue } from "./queue/EmbeddedQueue.ts"
import { QueueBackend } from "./queue/QueueBackend.ts"
import { layerRedisQueue } from "./queue/RedisQueue.ts"
import { Redis } from "./redis/Redis.ts"
import { Scanner } from "./scan/Scanner.ts"
import { layerTicker } from "./scan/Ticker.ts"
import { layerSampleStrategies } from "./strategies/SampleStrategies.ts"
import { Strategies } from "./strategies/Strategies.ts"

/** Where data is kept: a directory, or the memory of the process. */
export type DataDir = { readonly directory: string } | "memory"

/** What the graph is made from. A part that is left out is chosen by the configuration. */
export interface Parts<Feed, FeedError, FeedNeeds, ChannelError, ChannelNeeds> {
  readonly config: TouchlineConfig
  /** It may provide more than the feed. */
  readonly feed: Layer.Layer<Feed | MatchFeed, FeedError, FeedNeeds>
  readonly channel?: Layer.Layer<AlertChannel, ChannelError, ChannelNeeds>
  /** A directory whose strategy files are watched. Without one, those of the database are. */
  readonly strategies?: string
  /** Instead of the configuration's. */
  readonly dataDir?: DataDir
}

/**
 * What the configuration says of the outside world: Redis for queues, dedup and limits, Supabase for the data; without
 * them both are embedded and share one data directory. A layer that several others stand on is built once.
 */
export const outside = (config: TouchlineConfig, dataDir: DataDir) => {
  const embedded = EmbeddedPostgres.layer(dataDir === "memory" ? undefined : dataDir.directory)
  const redis = Option.map(config.redis, Redis.layer)
  return {
    redis,
    database: Option.match(config.supabase, {
      onSome: (supabase) => layerSupabase(supabase),
      onNone: () => Layer.provide(layerEmbedded, embedded)
    }),
    queue: Option.match(redis, {
      onSome: (server) => Layer.provide(layerRedisQueue, server),
      onNone: () => Layer.provide(layerEmbeddedQueue, embedded)
    }),
    dedup: Option.match(redis, {
      onSome: (server) =>
        layerRedisDedup({ ttl: config.dedupTtl, timeout: config.dedupTimeout }).pipe(Layer.provide(server)),
      onNone: () => Dedup.layerMemory({ ttl: config.dedupTtl })
    }),
    history: Option.isSome(redis) ? MatchHistory.layerShared : MatchHistory.layer,
    channel: Option.match(config.telegram, {
      onSome: (telegram) =>
        layerTelegram(telegram).pipe(
          Layer.provide(
            Option.match(redis, {
              onSome: (server) => Layer.provide(TelegramLimits.layerRedis, server),
              onNone: () => TelegramLimits.layerMemory
            })
          )
        ),
      onNone: () => AlertChannel.layerConsole
    })
  }
}

const stores = Layer.mergeAll(TriggerStore.layer, StrategyStore.layer)

/** Stores and the alert queue alone, for commands that look after them. */
export const storing = (config: TouchlineConfig) => {
  const { database, queue } = outside(config, { directory: config.dataDir })
  return Layer.mergeAll(stores, AlertQueue.layer).pipe(Layer.provideMerge(Layer.mergeAll(database, queue)))
}

/** The strategies of a directory or, without one, of the database, which begins with the samples. */
const strategiesFrom = (directory: string | undefined) =>
  directory === undefined
    ? Strategies.layer.pipe(Layer.provide(layerSampleStrategies))
    : Strategies.layerDirectory(directory)

/** Everything that a scan and its alerts need, at rest: nothing ticks and no job is worked yet. */
export const pipeline = <F, FE, FR, CE = never, CR = never>({
  channel,
  config,
  dataDir = { directory: config.dataDir },
  feed,
  strategies
}: Parts<F, FE, FR, CE, CR>) => {
  const chosen = outside(config, dataDir)
  return Layer.mergeAll(Scanner.layer, Alerter.layer).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        feed,
        channel ?? chosen.channel,
        strategiesFrom(strategies),
        chosen.history,
        chosen.dedup,
        AlertQueue.layer
      )
    ),
    Layer.provideMerge(stores),
    Layer.provideMerge(Layer.mergeAll(chosen.database, chosen.queue))
  )
}

/** Sends alerts, and offers again what is pending. */
export const alerting = Layer.mergeAll(layerAlertWorker, layerOutboxSweep)

/** Says which layers are in use. */
const banner = ({ config }: { readonly config: TouchlineConfig }) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { leftOut, size } = yield* (yield* Strategies).watched
      const rows = {
        feed: (yield* MatchFeed).name,
        strategies: `${size} ${(yield* Strategies).name}${leftOut === 0 ? "" : ` (${leftOut} left out)`}`,
        dedup: (yield* Dedup).name,
        database: (yield* Database).name,
        queue: (yield* QueueBackend).name,
        alerts: (yield* AlertChannel).name,
        scanning: `every ${Duration.format(config.pollInterval)}`
      }
      if (config.logFormat === "json") return yield* Effect.logInfo("Touchline").pipe(Effect.annotateLogs(rows))
      yield* Effect.logInfo(
        ["Touchline", ...Object.entries(rows).map(([name, value]) => `  ${name.padEnd(11)}${value}`)].join("\n")
      )
    })
  )

/**
 * The running service. When its scope closes it stops in this order: the ticker takes no more ticks, the alert worker
 * no more alerts, each lets what is active end (bounded); then queues, then the database.
 */
export const service = <F, FE, FR, CE = never, CR = never>(parts: Parts<F, FE, FR, CE, CR>) =>
  layerTicker({
    interval: parts.config.pollInterval,
    // A process that has the queues to itself has nobody to share a scan with.
    ...(Option.isSome(parts.config.redis) ? { shardSize: parts.config.shardSize } : {})
  }).pipe(Layer.provideMerge(alerting), Layer.provideMerge(banner(parts)), Layer.provideMerge(pipeline(parts)))

/** The feed that the configuration names. `speed` is match time over clock time. */
export const configuredFeed = (
  _config: TouchlineConfig,
  options: { readonly matches: number; readonly seed: number; readonly speed: number }
) => SimulatedFeed.layer(options)
