/**
 * Every metric of ours, in one list: what `/metrics` shows, the page of docs, the alerting rules and the dashboard go by it.
 *
 * A metric of a process is to be added up over the processes; one of the service is the same in each, as of one look at what they
 * share, and of several processes any one's counts.
 */
import { Effect, Metric } from "effect"

/** What people read of a metric. */
export interface MetricText {
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram"
  readonly labels: ReadonlyArray<string>
  readonly of: "process" | "service"
  readonly help: string
}

const texts: Array<MetricText> = []

/** All of them, in the order in which they are shown. */
export const metricTexts: ReadonlyArray<MetricText> = texts

interface Options {
  readonly labels?: ReadonlyArray<string>
  readonly of?: MetricText["of"]
  /** Before the name; none before one that every service has. */
  readonly prefix?: string
}

const note = (
  type: MetricText["type"],
  name: string,
  help: string,
  { labels = [], of = "process", prefix = "touchline_" }: Options
) => {
  const id = `${prefix}${name}`
  texts.push({ name: id, type, labels, of, help })
  return { id, description: of === "service" ? `${help} Of the whole service.` : help }
}

const counter = (name: string, help: string, options: Options = {}) => {
  const { description, id } = note("counter", name, help, options)
  return Metric.counter(id, { description })
}

const gauge = (name: string, help: string, options: Options = {}) => {
  const { description, id } = note("gauge", name, help, options)
  return Metric.gauge(id, { description })
}

const histogram = (name: string, help: string, boundaries: ReadonlyArray<number>, options: Options = {}) => {
  const { description, id } = note("histogram", name, help, options)
  return Metric.histogram(id, { description, boundaries })
}

const service = { of: "service" } as const

export const buildInfo = gauge("build_info", "1, with the version of Touchline.", { labels: ["version"] })
export const pollInterval = gauge("poll_interval_seconds", "POLL_INTERVAL.")
export const scans = counter("scans_total", "Scans that were made.")
export const scanFailures = counter("scan_failures_total", "Scans that failed.")
export const lastScan = gauge(
  "scan_last_success_timestamp_seconds",
  "When a scan of this process ended well, in seconds since 1970; 0 before the first."
)
export const scanDuration = histogram(
  "scan_duration_seconds",
  "How long a scan took, from the feed's answer on.",
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
)
export const snapshots = counter("snapshots_total", "Snapshots of matches that were read.")
export const snapshotsDropped = counter("snapshots_dropped_total", "Snapshots that could not be read.")
export const partsLeftOut = counter("snapshot_parts_left_out_total", "Parts of snapshots that could not be read.")
export const pairsHeld = counter("pairs_held_total", "Pairs of strategy and match that held, scan by scan.")
export const triggers = counter("triggers_total", "Triggers that were created: pairs that held and were new.")
export const heldBack = counter(
  "held_back_total",
  "Pairs that are new and make no trigger: their owner has as many in the day as may be."
)
export const duplicates = counter("duplicates_total", "Pairs that held and were known already, by who knew.", {
  labels: ["layer"]
})
export const feedRequests = counter("feed_requests_total", "Requests to the provider of matches.", { labels: ["feed"] })
export const feedBudget = gauge(
  "feed_budget_remaining",
  "Requests that the provider's plan has left, as it said last. Absent where it says nothing.",
  { labels: ["feed"] }
)
export const feedLimit = gauge(
  "feed_budget_limit",
  "Requests that the plan has in all; where the provider does not say so, the most that it ever had left.",
  { labels: ["feed"] }
)
export const feedAnswered = gauge(
  "feed_last_answer_timestamp_seconds",
  "When the feed answered this process last, in seconds since 1970; 0 before the first."
)
export const alerts = counter("alerts_total", "Alerts that came to an end, by channel and outcome.", {
  labels: ["channel", "outcome"]
})
export const alertAttempts = counter("alert_attempts_total", "Attempts to send an alert.", { labels: ["channel"] })
export const alertsGathered = counter("alerts_gathered_total", "Alerts that a channel took to tell them in a digest.", {
  labels: ["channel"]
})
export const digests = counter("digests_total", "Digests that came to an end, by channel and outcome.", {
  labels: ["channel", "outcome"]
})
export const alertLatency = histogram(
  "alert_latency_seconds",
  "From the snapshot that made a trigger to the channel's receipt.",
  [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
)
export const verdicts = counter("verdicts_total", "Verdicts on triggers; reopened: taken back by a correction.", {
  labels: ["verdict"]
})
export const triggersUnreadable = gauge(
  "triggers_unreadable",
  "Triggers that are open because they cannot be read now, as far as this process has met them."
)
export const httpDefects = counter("http_defects_total", "Requests that broke in their handler.")
export const httpDuration = histogram(
  "http_request_duration_seconds",
  "How long a request took that the server answered; pages that are kept up to date are not among them.",
  [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  { labels: ["method", "route", "status"], prefix: "" }
)
export const outageSeconds = counter("outage_seconds_total", "For how long a part has had trouble.", {
  labels: ["part"]
})
export const partState = gauge("part_state", "How a part is: 0 well, 1 degraded, 2 down.", { labels: ["part"] })
export const instances = gauge("instances", "Processes that are there.", service)
export const outboxPending = gauge("outbox_pending", "Alerts that are neither sent nor given up.", service)
export const outboxOldest = gauge("outbox_oldest_seconds", "The age of the oldest of them.", service)
export const alertsFailed = gauge("alerts_failed", "Alerts that failed for good and were not sent again.", service)
export const queueJobs = gauge("queue_jobs", "Jobs in a queue, by state.", { labels: ["queue", "state"], ...service })
export const queueFailedRate = gauge("queue_failed_per_minute", "Jobs that failed for good, a minute.", {
  labels: ["queue"],
  ...service
})
export const redisMemory = gauge("redis_memory_used_bytes", "Memory that Redis uses.", service)
export const redisMemoryMax = gauge("redis_memory_max_bytes", "Memory that Redis may use; 0: no limit.", service)
export const redisPersists = gauge(
  "redis_persistence_ok",
  "1 while Redis keeps its data on disk and can write it.",
  service
)
export const databaseSize = gauge("database_size_bytes", "Size of the database.", service)
export const collected = gauge("collect_ok", "1 when what these figures stand for could be asked for.", {
  labels: ["source"]
})

export const verdictNames = ["hit", "miss", "void", "reopened"] as const
export const duplicateLayers = ["memory", "dedup", "database"] as const
export const alertOutcomes = ["sent", "failed", "expired"] as const
export const digestOutcomes = ["sent", "failed"] as const

/** Metrics of one label's values, or of several labels'. */
export const of = <Input, State>(metric: Metric.Metric<Input, State>, labels: Readonly<Record<string, string>>) =>
  Metric.withAttributes(metric, labels)

/** Brings a counter to what something else has counted. */
export const setCounter = (metric: Metric.Counter<number>, total: number): Effect.Effect<void> =>
  Effect.flatMap(Metric.value(metric), ({ count }) => Metric.update(metric, total - count))

/** Makes every counter be there from the start: what is first seen when it has happened once has no rate before. */
export const beginCounters = (channel: string, feed: string): Effect.Effect<void> =>
  Effect.forEach(
    [
      scans,
      scanFailures,
      snapshots,
      snapshotsDropped,
      partsLeftOut,
      pairsHeld,
      triggers,
      heldBack,
      httpDefects,
      of(feedRequests, { feed }),
      of(alertAttempts, { channel }),
      of(alertsGathered, { channel }),
      ...digestOutcomes.map((outcome) => of(digests, { channel, outcome })),
      ...alertOutcomes.map((outcome) => of(alerts, { channel, outcome })),
      ...duplicateLayers.map((layer) => of(duplicates, { layer })),
      ...verdictNames.map((verdict) => of(verdicts, { verdict }))
    ],
    (each) => Metric.modify(each, 0),
    { discard: true }
  ).pipe(
    Effect.andThen(
      Effect.forEach([lastScan, feedAnswered, triggersUnreadable], (each) => Metric.modify(each, 0), { discard: true })
    ),
    // A histogram is there once it has been looked at.
    Effect.andThen(Effect.forEach([scanDuration, alertLatency], (each) => Metric.value(each), { discard: true }))
  )
