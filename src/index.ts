/**
 * What an engineer who extends Touchline may import: the services to write layers for, the domain they speak, and the
 * graph that takes the layers.
 */
import "./quietDebug.ts"

export { AlertChannel, ChannelError } from "./alert/AlertChannel.ts"
export { Alerter } from "./alert/Alerter.ts"
export { AlertQueue } from "./alert/AlertQueue.ts"
export {
  choice,
  layerEnvironment,
  optional,
  type Setting,
  type Settings,
  SettingsError,
  setting,
  settingsOf,
  wholeNumber
} from "./Config.ts"
export { cli } from "./cli/cli.ts"
export { Database, DatabaseError } from "./database/Database.ts"
export { StrategyStore } from "./database/StrategyStore.ts"
export { TriggerStore } from "./database/TriggerStore.ts"
export { Dedup } from "./dedup/Dedup.ts"
export { check, failed, measured, ok, skipped, warning } from "./doctor/Check.ts"
export { type Alert, Receipt } from "./domain/Alert.ts"
export { Competition, Match, MatchId, Team } from "./domain/Match.ts"
export { type Metric, MetricName, metrics } from "./domain/Metric.ts"
export { MatchClock, MatchStatus, Score, Snapshot, type SnapshotInput } from "./domain/Snapshot.ts"
export { Condition, type Strategy, StrategyDefinition, StrategyId } from "./domain/Strategy.ts"
export { Evidence, Trigger, TriggerId } from "./domain/Trigger.ts"
export { FeedMemory } from "./feed/FeedMemory.ts"
export { FeedError, MatchFeed } from "./feed/MatchFeed.ts"
export { RecordedFeed } from "./feed/recorded/RecordedFeed.ts"
export { SimulatedFeed } from "./feed/simulated/SimulatedFeed.ts"
export { MatchHistory } from "./history/MatchHistory.ts"
export {
  type Brought,
  type Check,
  type Consulting,
  type Extensions,
  type Integration,
  integration,
  noSettings,
  type Part,
  type Parts,
  type Platform,
  type StartError
} from "./Integration.ts"
export { QueueBackend, QueueError } from "./queue/QueueBackend.ts"
export { printStrategy } from "./rules/files/printStrategy.ts"
export { checkStrategyFile, decodeStrategyFile } from "./rules/files/StrategyFile.ts"
export { diagnosticText } from "./rules/language/Diagnostic.ts"
export { runMain } from "./run.ts"
export { type ServiceConfig, serviceSettings } from "./ServiceConfig.ts"
export { Scanner } from "./scan/Scanner.ts"
export { serve } from "./serve.ts"
export { Strategies } from "./strategies/Strategies.ts"
export { type Watched, watchedOf } from "./strategies/Watched.ts"
export { alerting, integrations, pipeline, service } from "./Touchline.ts"
