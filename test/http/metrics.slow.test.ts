import { assert, describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { metricTexts } from "../../src/health/metrics.ts"
import { nodeMetricNames } from "../../src/health/nodeMetrics.ts"
import { eventually } from "../fixtures/eventually.ts"
import { ask } from "../fixtures/httpServer.ts"
import { temporaryDirectory, touchline } from "../fixtures/process.ts"
import { has, run } from "../fixtures/programs.ts"
import { onRealRedis, RedisServer, realRedis } from "../fixtures/redis.ts"
import { hasRedisServer } from "../fixtures/redisServer.ts"

/** What only a provider with a plan, or Redis, tells. */
const ofProviders = ["touchline_feed_budget_remaining", "touchline_feed_budget_limit"]
const ofRedis = metricTexts.filter(({ name }) => name.startsWith("touchline_redis_")).map(({ name }) => name)

const scraped = (settings: { readonly [name: string]: string } = {}) =>
  Effect.gen(function* () {
    const service = yield* touchline(["start", "--matches", "2"], {
      DATA_DIR: yield* temporaryDirectory,
      HTTP: "on",
      PORT: "0",
      POLL_INTERVAL: "500",
      ...settings
    })
    const port = Number((yield* service.saying(/pages are served at=\S+:\d+/)).split(":").at(-1))
    yield* service.saying(/scan .*matches=2/)
    yield* ask(port, "/wp-admin.php", { method: "PROPFIND" })
    return yield* eventually(
      ask(port, "/metrics"),
      ({ body }) =>
        /touchline_scans_total [1-9]/.test(body) &&
        /collect_ok\{source="outbox"\} 1/.test(body) &&
        /route="\/metrics"/.test(body)
    )
  })

const valueOf = (text: string, series: string): number =>
  Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length)
  )

describe("/metrics", () => {
  it.live("has every metric that the list names, counters from the start, and Node.js's own by their usual names", () =>
    Effect.gen(function* () {
      const { body, headers } = yield* scraped()
      assert.strictEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
      const types = new Map(Array.from(body.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, type]) => [name, type]))
      // A collection of garbage may not have been yet.
      const wanted = [...metricTexts.map(({ name }) => name), ...nodeMetricNames].filter(
        (name) => ![...ofProviders, ...ofRedis, "nodejs_gc_duration_seconds"].includes(name)
      )
      expect(wanted.filter((name) => !types.has(name))).toEqual([])
      for (const { name, type } of metricTexts) expect(types.get(name) ?? type).toBe(type)
      for (const series of [
        'touchline_alerts_total{channel="console",outcome="failed"}',
        'touchline_alerts_total{channel="console",outcome="expired"}',
        'touchline_alerts_gathered_total{channel="console"}',
        'touchline_digests_total{channel="console",outcome="failed"}',
        "touchline_held_back_total",
        'touchline_verdicts_total{verdict="void"}',
        'touchline_duplicates_total{layer="dedup"}',
        'touchline_feed_requests_total{feed="simulated"}',
        'touchline_part_state{part="feed"}',
        'touchline_outage_seconds_total{part="feed"}',
        "touchline_http_defects_total",
        "touchline_outbox_oldest_seconds",
        "touchline_triggers_unreadable",
        "touchline_alert_latency_seconds_count"
      ]) {
        expect([series, valueOf(body, series)]).toEqual([series, 0])
      }
      expect(valueOf(body, "touchline_instances")).toBe(1)
      // Of the scrapes before this one, and of what is not there.
      expect(
        valueOf(body, 'http_request_duration_seconds_count{method="GET",route="/metrics",status="200"}')
      ).toBeGreaterThan(0)
      expect(valueOf(body, 'http_request_duration_seconds_count{method="other",route="none",status="404"}')).toBe(1)
      expect(valueOf(body, "touchline_database_size_bytes")).toBeGreaterThan(1e6)
      expect(valueOf(body, "touchline_snapshots_total")).toBeGreaterThanOrEqual(2)
      for (const queue of ["scan-tick", "send-alert", "amend-alert"]) {
        expect(body).toMatch(new RegExp(`touchline_queue_jobs\\{queue="${queue}",state="waiting"\\} \\d`))
      }
      if (has("promtool")) {
        const { output } = run("promtool", ["check", "metrics"], body)
        expect(output).not.toMatch(/error|invalid/i)
      }
    })
  )

  describe.skipIf(!hasRedisServer)(onRealRedis("on Redis"), () => {
    it.live("tells its memory, and that it keeps nothing on disk where it does not", () =>
      Effect.gen(function* () {
        const { port } = yield* RedisServer
        const { body } = yield* scraped({ REDIS_URL: `redis://127.0.0.1:${port}` })
        expect(valueOf(body, "touchline_redis_memory_used_bytes")).toBeGreaterThan(100_000)
        expect(valueOf(body, "touchline_redis_memory_max_bytes")).toBe(0)
        expect(valueOf(body, "touchline_redis_persistence_ok")).toBe(0)
        expect(valueOf(body, 'touchline_collect_ok{source="redis"}')).toBe(1)
      }).pipe(Effect.provide(realRedis()))
    )
  })
})
