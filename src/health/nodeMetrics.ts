/** What Node.js tells of the process, by the names that prom-client gave them and that dashboards know. */
import { monitorEventLoopDelay, PerformanceObserver, performance } from "node:perf_hooks"
import { Effect, Metric } from "effect"
import { setCounter } from "./metrics.ts"

const gauge = (name: string, description: string) => Metric.gauge(name, { description })

const cpu = Metric.counter("process_cpu_seconds_total", { description: "User and system CPU time spent in seconds." })
const started = gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
const resident = gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
const heapTotal = gauge("nodejs_heap_size_total_bytes", "Process heap size from Node.js in bytes.")
const heapUsed = gauge("nodejs_heap_size_used_bytes", "Process heap size used from Node.js in bytes.")
const external = gauge("nodejs_external_memory_bytes", "Node.js external memory size in bytes.")
const lagMean = gauge("nodejs_eventloop_lag_mean_seconds", "The mean of the recorded event loop delays.")
const lagP99 = gauge("nodejs_eventloop_lag_p99_seconds", "The 99th percentile of the recorded event loop delays.")
const lagMax = gauge("nodejs_eventloop_lag_max_seconds", "The maximum recorded event loop delay.")
const utilization = gauge(
  "nodejs_eventloop_utilization",
  "Share of the time that the event loop was busy, from 0 to 1."
)
const version = Metric.withAttributes(gauge("nodejs_version_info", "Node.js version info."), {
  version: process.version
})
const collections = Metric.histogram("nodejs_gc_duration_seconds", {
  description: "Garbage collection duration by kind, one of major, minor, incremental or weakcb.",
  boundaries: [0.001, 0.01, 0.1, 1, 2, 5]
})

const kinds: Readonly<Record<number, string>> = { 1: "minor", 4: "major", 8: "incremental", 16: "weakcb" }

/** Names that these metrics have. */
export const nodeMetricNames: ReadonlyArray<string> = [
  cpu,
  started,
  resident,
  heapTotal,
  heapUsed,
  external,
  lagMean,
  lagP99,
  lagMax,
  utilization,
  version,
  collections
].map(({ id }) => id)

/** Watches the process until the scope closes. The answer brings the metrics up to date. */
export const watchNode = Effect.gen(function* () {
  const context = yield* Effect.context<never>()
  const delay = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const histogram = monitorEventLoopDelay({ resolution: 20 })
      histogram.enable()
      return histogram
    }),
    (histogram) => Effect.sync(() => histogram.disable())
  )
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { duration } = entry
          const detail = "detail" in entry ? entry.detail : undefined
          const kind = typeof detail === "object" && detail !== null && "kind" in detail ? Number(detail.kind) : 0
          const labelled = Metric.withAttributes(collections, { kind: kinds[kind] ?? "other" })
          Effect.runForkWith(context)(Metric.update(labelled, duration / 1000))
        }
      })
      observer.observe({ entryTypes: ["gc"] })
      return observer
    }),
    (observer) => Effect.sync(() => observer.disconnect())
  )
  const seconds = (nanos: number) => (Number.isFinite(nanos) ? nanos / 1e9 : 0)
  let before = performance.eventLoopUtilization()
  const collect = Effect.gen(function* () {
    const { system, user } = process.cpuUsage()
    const memory = process.memoryUsage()
    const busy = performance.eventLoopUtilization(before)
    before = performance.eventLoopUtilization()
    yield* setCounter(cpu, (system + user) / 1e6)
    const values: ReadonlyArray<readonly [Metric.Gauge<number>, number]> = [
      [started, performance.timeOrigin / 1000],
      [resident, memory.rss],
      [heapTotal, memory.heapTotal],
      [heapUsed, memory.heapUsed],
      [external, memory.external],
      [lagMean, seconds(delay.mean)],
      [lagP99, seconds(delay.percentile(99))],
      [lagMax, seconds(delay.max)],
      [utilization, busy.utilization],
      [version, 1]
    ]
    for (const [metric, value] of values) yield* Metric.update(metric, value)
    delay.reset()
  })
  return { collect }
})
