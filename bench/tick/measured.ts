/**
 * The process that is measured: the service's own graph with a feed and a channel of the bench. `bench/tick.ts` starts it,
 * says what to do in TOUCHLINE_BENCH, and gets the figures as a message.
 */
import { readFileSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer, Option, Redacted, Schema, Tracer } from "effect"
import { AlertChannel } from "../../src/alert/AlertChannel.ts"
import { layerAlertWorker } from "../../src/alert/AlertWorker.ts"
import { layerEnvironment } from "../../src/Config.ts"
import { supabaseSettings } from "../../src/database/supabase/settings.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { SnapshotInput } from "../../src/domain/Snapshot.ts"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { layerLogging } from "../../src/Logging.ts"
import { Scanner, type ScanReport } from "../../src/scan/Scanner.ts"
import { chosenBy, pipeline } from "../../src/Touchline.ts"
import { bytesHeld, median } from "../rules/measure.ts"
import { Calls, type Counts, Figures, Task } from "./task.ts"

const task = Schema.decodeUnknownSync(Schema.fromJsonString(Task))(process.env.TOUCHLINE_BENCH)

const ask = async (path: string): Promise<unknown> => (await fetch(`${task.surroundings}${path}`)).json()

/** The spans of a tick: how long each kind took, and for whom the database was called. */
let spans = new Map<string, number>()
const callers = new Map<string, number>()

const ancestor = ({ parent }: Tracer.Span): string => {
  const above = Option.getOrUndefined(parent)
  return above?._tag === "Span" ? above.name : "nobody"
}

/** Calls of the database under way. */
let underWay = 0

class TimedSpan extends Tracer.NativeSpan {
  constructor(options: ConstructorParameters<typeof Tracer.NativeSpan>[0]) {
    super(options)
    if (this.name === "Database.call") underWay += 1
  }

  override end(endTime: bigint, exit: Parameters<Tracer.NativeSpan["end"]>[1]): void {
    super.end(endTime, exit)
    spans.set(this.name, (spans.get(this.name) ?? 0) + Number(endTime - this.startTime) / 1e6)
    if (this.name !== "Database.call") return
    underWay -= 1
    callers.set(ancestor(this), (callers.get(ancestor(this)) ?? 0) + 1)
  }
}

const tracer = Tracer.make({ span: (options) => new TimedSpan(options) })

/** What the feed says next, fetched before the tick that asks for it. */
let answer: ReadonlyArray<SnapshotInput> = []

/** The answer of a feed is taken at its word; the service decodes it. */
const isAnswer = (value: unknown): value is ReadonlyArray<SnapshotInput> => Array.isArray(value)

const advance = async (tick: number): Promise<void> => {
  const next = await ask(`/tick/${tick}`)
  if (isAnswer(next)) answer = next
}

const layerFeed = Layer.succeed(MatchFeed, MatchFeed.of({ name: "bench", poll: Effect.sync(() => answer) }))

const layerChannel = Layer.succeed(
  AlertChannel,
  AlertChannel.of({ name: "instant", send: () => Effect.succeed({ channel: "instant", text: "An alert." }) })
)

const minus = (after: Counts, before: Counts): Counts =>
  Object.fromEntries(
    Object.entries(after).flatMap(([kind, count]) => {
      const more = count - (before[kind] ?? 0)
      return more === 0 ? [] : [[kind, more]]
    })
  )

const add = (all: { [kind: string]: number }, more: Counts): void => {
  for (const [kind, count] of Object.entries(more)) all[kind] = (all[kind] ?? 0) + count
}

const decodeCalls = Schema.decodeUnknownSync(Calls)

/** The database's calls so far: as its gateway counts them or, where it is embedded, as the service makes them. */
const callsNow = async (): Promise<Calls> => {
  const { database, redis } = decodeCalls(await ask("/calls"))
  return { database: task.backend === "redis" ? database : Object.fromEntries(callers), redis }
}

const memory = (): number => process.memoryUsage().rss / 2 ** 20

/** The most memory that the process ever had, in MB, where the system tells. */
const peakMemory = (): number => {
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]
  return peak === undefined ? memory() : Number(peak) / 1024
}

interface Tick {
  readonly ms: number
  /** What the process itself computed, on all of its threads. */
  readonly cpuMs: number
  readonly report: ScanReport
  readonly spans: ReadonlyMap<string, number>
  readonly calls: Calls
  readonly rssMB: number
}

/**
 * Waits until what a tick leaves to be done beside the next ones is done: in the service they are an interval apart, and
 * here one follows the other.
 */
const settled = Effect.gen(function* () {
  for (let idle = 0; idle < 4; idle = underWay === 0 ? idle + 1 : 0) yield* Effect.sleep("5 millis")
})

const scanning = Effect.fnUntraced(function* (tick: number) {
  yield* Effect.promise(() => advance(tick))
  yield* settled
  const before = yield* Effect.promise(callsNow)
  const { scan } = yield* Scanner
  spans = new Map()
  const started = performance.now()
  const usage = process.cpuUsage()
  const report = yield* scan
  const ms = performance.now() - started
  const { system, user } = process.cpuUsage(usage)
  const took = spans
  const after = yield* Effect.promise(callsNow)
  const calls = { database: minus(after.database, before.database), redis: minus(after.redis, before.redis) }
  return { ms, cpuMs: (system + user) / 1000, report, spans: took, calls, rssMB: memory() } satisfies Tick
})

/** What follows strategies or sweeps the outbox is beside a tick, whenever it happens. */
const beside = (kind: string): boolean => /strateg|rules|alerts|sweep/i.test(kind)

const splitCalls = (all: Counts) => {
  const [path, others]: [{ [kind: string]: number }, { [kind: string]: number }] = [{}, {}]
  for (const [kind, count] of Object.entries(all)) (beside(kind) ? others : path)[kind] = count
  return { path, others }
}

/** A bare `select 1` through PostgREST, in milliseconds. */
const selectOne = async (supabase: Effect.Success<typeof supabaseSettings.read>): Promise<number | null> => {
  if (Option.isNone(supabase)) return null
  const key = Redacted.value(supabase.value.serviceRoleKey)
  const times: Array<number> = []
  for (let times_ = 0; times_ < 60; times_++) {
    const started = performance.now()
    const response = await fetch(new URL("/rest/v1/rpc/bench_one", supabase.value.url), {
      method: "POST",
      body: "{}",
      headers: { apikey: key, authorization: `Bearer ${key}`, "content-type": "application/json" }
    })
    await response.text()
    if (times_ >= 10) times.push(performance.now() - started)
  }
  return median(times)
}

const parts = (ticks: ReadonlyArray<Tick>) => {
  const names = new Set(ticks.flatMap((tick) => [...tick.spans.keys()]))
  return Object.fromEntries(
    [...names].map((name) => [name, median(ticks.map((tick) => tick.spans.get(name) ?? 0))] as const)
  )
}

const ticking = Effect.fnUntraced(function* () {
  const first = yield* scanning(0)
  const ticks: Array<Tick> = []
  const start = performance.now()
  let tick = 1
  for (; tick <= task.settling; tick++) yield* scanning(tick)
  // What reading millions of pairs at the start left behind is collected: in the service that is minutes ago.
  bytesHeld()
  const before = yield* Effect.promise(callsNow)
  for (; tick <= task.settling + task.steady; tick++) {
    ticks.push(yield* scanning(tick))
    if (ticks.length >= 3 && performance.now() - start > task.budgetMs) break
  }
  const after = yield* Effect.promise(callsNow)
  const path: { [kind: string]: number } = {}
  const redis: { [kind: string]: number } = {}
  for (const { calls } of ticks) {
    add(path, splitCalls(calls.database).path)
    add(redis, calls.redis)
  }
  const others = minus(minus(after.database, before.database), path)
  return {
    first,
    ticks,
    calls: { database: path, redis },
    beside: { database: others, redis: minus(minus(after.redis, before.redis), redis) },
    select1Ms: yield* Effect.flatMap(supabaseSettings.read, (project) => Effect.promise(() => selectOne(project)))
  }
})

/** How long strategies may take to be watched after they were switched on, in milliseconds. */
const mostPatience = 40_000

/** Scans until so many triggers are there: strategies may be taken up a while after they were switched on. */
const creating = Effect.fnUntraced(function* () {
  const first = yield* scanning(0)
  let [created, ms] = [first.report.triggers, first.ms]
  if (task.activate) {
    yield* Effect.promise(() => ask("/activate"))
    ms = 0
    created = 0
    const until = performance.now() + mostPatience
    while (created < task.expected && performance.now() < until) {
      yield* Effect.sleep("500 millis")
      const each = yield* scanning(0)
      if (each.report.triggers > 0) ms += each.ms
      created += each.report.triggers
    }
  }
  return { created, createdPerSecond: (1000 * created) / ms }
})

const alerting = Effect.gen(function* () {
  const { counts } = yield* TriggerStore
  const { pending } = yield* counts
  const started = performance.now()
  yield* Layer.build(layerAlertWorker)
  let waiting = pending
  while (waiting > 0) {
    yield* Effect.sleep("100 millis")
    waiting = (yield* counts).pending
  }
  return { alerts: pending, alertsPerSecond: (1000 * pending) / (performance.now() - started) }
})

const figures = Effect.gen(function* () {
  const { parts: chosen, service } = yield* chosenBy(() => ({ feed: layerFeed, channel: layerChannel }))
  const graph = yield* Layer.build(pipeline(chosen).pipe(Layer.provideMerge(layerLogging(service, process.stdout))))
  const measured = Effect.gen(function* () {
    if (task.kind === "create") {
      const created = yield* creating()
      return { ...created, ...(yield* Effect.scoped(alerting)) }
    }
    const { beside, calls, first, select1Ms, ticks } = yield* ticking()
    const times = ticks.map(({ ms }) => ms)
    return {
      firstMs: first.ms,
      firstCpuMs: first.cpuMs,
      firstTriggers: first.report.triggers,
      firstParts: parts([first]),
      firstCalls: first.calls,
      steadyMs: { median: median(times), max: Math.max(...times) },
      steadyCpuMs: median(ticks.map(({ cpuMs }) => cpuMs)),
      measured: times.length,
      held: [first, ...ticks].map(({ report }) => report.held),
      triggers: ticks.reduce((sum, { report }) => sum + report.triggers, 0),
      duplicates: ticks.reduce((sum, { report }) => sum + report.duplicates, 0),
      parts: parts(ticks),
      calls,
      beside,
      rssMB: Math.max(...ticks.map(({ rssMB }) => rssMB)),
      select1Ms
    }
  })
  const result = yield* Effect.provide(measured, graph)
  return { ...result, peakMB: peakMemory() }
})

process.send?.(
  Schema.encodeSync(Figures)(
    await Effect.runPromise(
      figures.pipe(
        Effect.scoped,
        Effect.withTracer(tracer),
        Effect.provide(layerEnvironment.pipe(Layer.provideMerge(NodeServices.layer)))
      )
    )
  )
)
