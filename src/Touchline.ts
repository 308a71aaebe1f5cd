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
import { SettingsError, type TouchlineConfig } from "./Config.ts"
import { Database } from "./database/Database.ts"
import { layerEmbedded } from "./database/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "./database/EmbeddedPostgres.ts"
import { StrategyStore } from "./database/StrategyStore.ts"
import { TriggerStore } from "./database/TriggerStore.ts"
import { Dedup } from "./dedup/Dedup.ts"
import { MatchFeed } from "./feed/MatchFeed.ts"
import { SimulatedFeed } from "./feed/SimulatedFeed.ts"
import { MatchHistory } from "./history/MatchHistory.ts"
import { layerEmbeddedQueue } from "./queue/EmbeddedQueue.ts"
import { QueueBackend } from "./queue/QueueBackend.ts"
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

/** Database and queue: embedded, sharing one data directory. */
const storage = (config: TouchlineConfig, dataDir: DataDir) =>
  Layer.unwrap(
    Effect.gen(function* () {
      if (Option.isSome(config.supabase)) {
        return yield* new SettingsError({
          message: "SUPABASE_URL is set, but this version keeps its data in DATA_DIR only. Unset it."
        })
      }
      return Layer.mergeAll(layerEmbedded, layerEmbeddedQueue).pipe(
        Layer.provide(EmbeddedPostgres.layer(dataDir === "memory" ? undefined : dataDir.directory))
      )
    })
  )

const stores = Layer.mergeAll(TriggerStore.layer, StrategyStore.layer)

/** Stores and the alert queue alone, for commands that look after them. */
export const storing = (config: TouchlineConfig) =>
  Layer.mergeAll(stores, AlertQueue.layer).pipe(Layer.provideMerge(storage(config, { directory: config.dataDir })))

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
}: Parts<F, FE, FR, CE, CR>) =>
  Layer.mergeAll(Scanner.layer, Alerter.layer).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        feed,
        channel ?? AlertChannel.layerConsole,
        strategiesFrom(strategies),
        MatchHistory.layer,
        Dedup.layerMemory({ ttl: config.dedupTtl }),
        AlertQueue.layer
      )
    ),
    Layer.provideMerge(stores),
    Layer.provideMerge(storage(config, dataDir))
  )

/** Sends alerts, and offers again what is pending. */
export const alerting = Layer.mergeAll(layerAlertWorker, layerOutboxSweep)

/** Says which layers are in use. */
const banner = ({ config }: { readonly config: TouchlineConfig }) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { leftOut, strategies } = yield* (yield* Strategies).watched
      const rows = {
        feed: (yield* MatchFeed).name,
        strategies: `${strategies.length} ${(yield* Strategies).name}${leftOut === 0 ? "" : ` (${leftOut} left out)`}`,
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
  layerTicker({ interval: parts.config.pollInterval }).pipe(
    Layer.provideMerge(alerting),
    Layer.provideMerge(banner(parts)),
    Layer.provideMerge(pipeline(parts))
  )

/** The feed that the configuration names. `speed` is match time over clock time. */
export const configuredFeed = (
  _config: TouchlineConfig,
  options: { readonly matches: number; readonly seed: number; readonly speed: number }
) => SimulatedFeed.layer(options)
