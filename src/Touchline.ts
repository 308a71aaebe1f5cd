/**
 * The Layer graph: configuration in, running service out. This is the only place that lists integrations and chooses
 * layers, and reading it from the top is reading the architecture.
 *
 * To extend Touchline hand a layer of your own for any part, or an integration, to `serve` or `cli`.
 */
import { Duration, Effect, Layer, Option } from "effect"
import { RateLimiter } from "effect/persistence"
import { AlertChannel } from "./alert/AlertChannel.ts"
import { Alerter } from "./alert/Alerter.ts"
import { AlertQueue } from "./alert/AlertQueue.ts"
import { layerAlertTimes } from "./alert/AlertTimes.ts"
import { layerAlertWorker, layerOutboxSweep } from "./alert/AlertWorker.ts"
import { consoleAlerts } from "./alert/console/integration.ts"
import { layerDigests } from "./alert/Digests.ts"
import { telegram } from "./alert/telegram/integration.ts"
import { allSettings, type Chosen, choose, type Rest } from "./Chosen.ts"
import { SettingsError } from "./Config.ts"
import { Database } from "./database/Database.ts"
import { embedded } from "./database/embedded/integration.ts"
import { layerRetention } from "./database/Retention.ts"
import { StrategyStore } from "./database/StrategyStore.ts"
import { supabase } from "./database/supabase/integration.ts"
import { TriggerStore } from "./database/TriggerStore.ts"
import { Dedup } from "./dedup/Dedup.ts"
import { apiFootball } from "./feed/apiFootball/integration.ts"
import { FeedMemory } from "./feed/FeedMemory.ts"
import { MatchFeed } from "./feed/MatchFeed.ts"
import { simulated } from "./feed/simulated/integration.ts"
import type { SimulatedFeedOptions } from "./feed/simulated/SimulatedFeed.ts"
import { sportMonks } from "./feed/sportmonks/integration.ts"
import { layerHealth, layerStopping } from "./health/Health.ts"
import { Instances } from "./health/Instances.ts"
import { Overview } from "./health/Overview.ts"
import { layerPausedQueues } from "./health/pausedQueues.ts"
import { MatchHistory } from "./history/MatchHistory.ts"
import { layerDashboard } from "./http/dashboard/layerDashboard.ts"
import { layerOthers } from "./http/dashboard/Others.ts"
import { layerHttp } from "./http/layerHttp.ts"
import { type Extend, type Extensions, type Integration, ofThisProgram, type Part, type Parts } from "./Integration.ts"
import { Amender } from "./outcome/Amender.ts"
import { Amendments } from "./outcome/Amendments.ts"
import { layerAmendWorker } from "./outcome/AmendWorker.ts"
import { OutcomeStore } from "./outcome/OutcomeStore.ts"
import { Outcomes } from "./outcome/Outcomes.ts"
import { QueueBackend } from "./queue/QueueBackend.ts"
import { tellPolls } from "./recording/lastPoll.ts"
import { recordPolls } from "./recording/recordPolls.ts"
import { redis } from "./redis/integration.ts"
import { layerOwnerLimits } from "./rules/rows/limits.ts"
import type { ServiceConfig } from "./ServiceConfig.ts"
import { Scanner } from "./scan/Scanner.ts"
import { layerTicker } from "./scan/Ticker.ts"
import { layerSampleStrategies } from "./strategies/SampleStrategies.ts"
import { Strategies } from "./strategies/Strategies.ts"

/** The integrations, and their order: of several that are configured, the first that brings a part fills it. */
export const integrations = (
  simulation: SimulatedFeedOptions = { matches: 12, seed: 1, speed: 20 },
  isDryRun = false
): ReadonlyArray<Integration> => [
  redis,
  supabase,
  embedded(undefined, isDryRun),
  telegram,
  consoleAlerts,
  simulated(simulation),
  sportMonks,
  apiFootball
]

/** Whoever has the queues to itself has the matches to itself. */
const history = Layer.unwrap(
  Effect.map(QueueBackend, ({ exclusive }) => (exclusive ? MatchHistory.layer : MatchHistory.layerShared))
)

/** The strategies of a directory or, without one, of the database, which begins with the samples. */
const strategiesFrom = (directory: string | undefined, isDryRun: boolean): Parts["strategies"] => {
  if (isDryRun) return Strategies.layerPreview(directory)
  return directory === undefined
    ? Layer.provide(Strategies.layer, layerSampleStrategies)
    : Strategies.layerDirectory(directory)
}

/** What counts where no integration brings a part. */
const restOf =
  (isDryRun: boolean) =>
  ({ dedupTtl }: ServiceConfig, { strategyDirectory }: Extensions): Rest => ({
    dedup: Dedup.layerProcess({ ttl: dedupTtl }),
    history,
    limits: Layer.provide(RateLimiter.layer, RateLimiter.layerStoreMemory),
    strategies: strategiesFrom(strategyDirectory, isDryRun)
  })

/** What the command line asks for beside the settings. */
export interface Invocation {
  /** What the simulated feed shows. */
  readonly simulation?: SimulatedFeedOptions
  /** Goes before the strategies of a program. */
  readonly strategyDirectory?: string
  /** Nothing is to be written. */
  readonly dryRun?: boolean
}

/** What the settings choose, of these integrations, around what a program brings. What is wrong is in `problems`. */
export const chooseFrom = (
  list: ReadonlyArray<Integration>,
  extend: Extend,
  { dryRun = false, strategyDirectory }: Invocation = {}
) =>
  choose(
    list,
    (service) => {
      const own = extend(service)
      if (strategyDirectory === undefined) return own
      const { strategies: _, ...others } = own
      return { ...others, strategyDirectory }
    },
    restOf(dryRun)
  )

/** The same of all integrations. Fails with SettingsError, a line for each setting that cannot be used. */
export const chosenBy = Effect.fnUntraced(function* (extend: Extend, invocation: Invocation = {}) {
  const chosen = yield* chooseFrom(integrations(invocation.simulation, invocation.dryRun), extend, invocation)
  if (chosen.problems.length > 0) return yield* new SettingsError({ message: chosen.problems.join("\n") })
  return chosen
})

const stores = Layer.mergeAll(TriggerStore.layer, StrategyStore.layer)

/** Stores and the alert queue alone, for commands that look after them. */
export const storing = ({ database, queue }: Pick<Parts, "database" | "queue">) =>
  Layer.mergeAll(stores, AlertQueue.layer).pipe(Layer.provideMerge(Layer.mergeAll(database, queue)))

/** How results are told, of the settings. */
export type ResultSettings = Pick<ServiceConfig, "settleAfter" | "results">

const resultsAsUsual: ResultSettings = { settleAfter: Duration.seconds(90), results: "edit" }

/** What judges triggers in the wake of scans. */
const outcomes = ({ results, settleAfter }: ResultSettings) =>
  Outcomes.layer({ settleAfter }).pipe(
    Layer.provideMerge(
      Layer.merge(
        OutcomeStore.layer({ amend: results !== "off" }),
        results === "off" ? Amendments.layerNone : Amendments.layer
      )
    )
  )

/** Everything that a scan, its alerts and its results need, at rest: nothing ticks and no job is worked yet. */
export const pipeline = (
  { channel, database, dedup, feed, history, limits, queue, strategies }: Parts,
  settings: ResultSettings = resultsAsUsual
) =>
  Amender.layer({ as: settings.results }).pipe(
    Layer.provideMerge(Layer.mergeAll(Scanner.layer, Alerter.layer)),
    Layer.provideMerge(outcomes(settings)),
    Layer.provideMerge(
      Layer.mergeAll(Layer.provide(feed, FeedMemory.layer), channel, strategies, history, dedup, AlertQueue.layer)
    ),
    Layer.provideMerge(stores),
    Layer.provideMerge(Layer.mergeAll(database, queue, limits))
  )

/**
 * What a dry run needs, and no more: it has no queue and no channel, remembers no pair, and of strategies and the past of
 * matches it reads what there is.
 */
export const previewing = ({ database, feed, history, strategies }: Parts) =>
  Scanner.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.provide(feed, FeedMemory.layerPreview),
        strategies,
        history,
        Dedup.layerProcess({ ttl: Duration.zero }),
        Layer.mock(AlertQueue, { name: "send-alert" })
      )
    ),
    Layer.provideMerge(stores),
    Layer.provideMerge(Layer.mergeAll(database, Layer.mock(QueueBackend, { name: "none", exclusive: false })))
  )

/** Sends alerts and amends them, and offers again what is pending. */
export const alerting = Layer.mergeAll(layerAlertWorker, layerOutboxSweep, layerAmendWorker)

/** Parts that have no name of their own, told where a program or an integration of its own brings them. */
const unnamed: ReadonlyArray<Part> = ["history", "limits"]

/** Says which layers are in use. */
const banner = ({ filledBy, isOwn, service: { logFormat, pollInterval, record, results, settleAfter } }: Chosen) =>
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
        ...Object.fromEntries(unnamed.filter(isOwn).map((part) => [part, filledBy(part)?.name ?? ofThisProgram])),
        results: `told after ${Duration.format(settleAfter)}${results === "off" ? "" : `, messages: ${results}`}`,
        ...(Option.isSome(record) ? { recording: record.value.directory } : undefined),
        scanning: `every ${Duration.format(pollInterval)}`
      }
      if (logFormat === "json") return yield* Effect.logInfo("Touchline").pipe(Effect.annotateLogs(rows))
      yield* Effect.logInfo(
        ["Touchline", ...Object.entries(rows).map(([name, value]) => `  ${name.padEnd(11)}${value}`)].join("\n")
      )
    })
  )

/** Ticks every interval. A process that has the queues to itself has nobody to share a scan with. */
const ticker = ({ pollInterval, shardSize }: ServiceConfig) =>
  Layer.unwrap(
    Effect.map(QueueBackend, ({ exclusive }) =>
      layerTicker({ interval: pollInterval, ...(exclusive ? {} : { shardSize }) })
    )
  )

/** What the feed of the settings is called there. */
export const feedId = ({ filledBy }: Chosen): string => filledBy("feed")?.name ?? ofThisProgram

/** The feed, whose last poll commands beside the service may have, recorded where that is asked for. */
const told = (chosen: Chosen): Parts["feed"] => {
  const { pollInterval, record } = chosen.service
  const feed = tellPolls({ id: feedId(chosen), interval: pollInterval })(chosen.parts.feed)
  return Option.match(record, { onNone: () => feed, onSome: (options) => recordPolls(options)(feed) })
}

/** What the pages see of everything else. */
const dashboardOf = ({ list, pages, service }: Chosen) => layerDashboard(pages, service, allSettings(list))

/**
 * The running service. When its scope closes it says that it stops, and then stops in this order: the ticker takes no more
 * ticks and the alert worker no more alerts, and both let what is active end (bounded); then the server closes, then queues,
 * then the database.
 */
export const service = (chosen: Chosen) =>
  layerStopping.pipe(
    Layer.provideMerge(
      Layer.mergeAll(ticker(chosen.service), alerting, layerDigests, layerRetention(chosen.service), ...chosen.runs)
    ),
    Layer.provideMerge(
      layerHttp(chosen.http, { feed: feedId(chosen), pollInterval: Duration.toSeconds(chosen.service.pollInterval) })
    ),
    Layer.provideMerge(layerOthers(feedId(chosen))),
    Layer.provideMerge(banner(chosen)),
    Layer.provideMerge(layerPausedQueues),
    Layer.provideMerge(Layer.provideMerge(Overview.layer, Instances.layer)),
    Layer.provideMerge(pipeline({ ...chosen.parts, feed: told(chosen) }, chosen.service)),
    Layer.provideMerge(Layer.mergeAll(layerAlertTimes(chosen.service), layerOwnerLimits(chosen.service), layerHealth)),
    Layer.provideMerge(dashboardOf(chosen))
  )
