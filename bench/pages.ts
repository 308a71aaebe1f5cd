/**
 * What the pages cost with 1,000 matches and 1,000 strategies: `npm run bench:pages`, with `-- --json` for one object on the
 * last line. The service is whole but for its alerts, which wait: the embedded database holds ten thousand of them.
 *
 * 1 The first byte of every page, asked one at a time right after a scan, the first of the process among them (goal: 50 ms).
 * 2 What bringing pages up to date takes of the service's thread for each scan, with 200 watching (goal: 5 ms), by the processor's time of that thread: watchers are in one of their own.
 * What scans of all matches saw is told again without the scans, which would hide it. It is the mean of many, since what one
 * takes too much is saved by those after it, once all is spent that was saved before; and, by itself, what the fourteen seconds of
 * a tick take in which there is no scan, two seconds at a time: so often strategies are looked at.
 * 3 What watchers that do not read cost: the memory held before and after updates.
 */
import assert from "node:assert"
import { connect } from "node:net"
import { loadavg } from "node:os"
import { Worker } from "node:worker_threads"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Context, Effect, Layer, Logger, Number as Num } from "effect"
import { StrategyStore } from "../src/database/StrategyStore.ts"
import { Picture } from "../src/http/dashboard/Picture.ts"
import * as RuleSet from "../src/rules/RuleSet.ts"
import { makeKnownPairs } from "../src/scan/KnownPairs.ts"
import { nearby } from "../src/scan/nearby.ts"
import { Onlooker, type Sight } from "../src/scan/Onlooker.ts"
import { Strategies } from "../src/strategies/Strategies.ts"
import { stage } from "../test/fixtures/dashboard.ts"
import { eventually } from "../test/fixtures/eventually.ts"
import { bytesHeld, median } from "./rules/measure.ts"
import { decodeMatches, loadMatches } from "./rules/views.ts"
import { makeWorld } from "./tick/World.ts"

const size = { strategies: 1000, matches: 1000, heldShare: 0.01, ticks: 30 }
const watching = 200
const notReading = 20
const updates = 60
const sightsKept = 12
const scansMeasured = 40
const calmMeasured = 45
/** Those that take most are left out: the collector, and what the database does once in some minutes. */
const calmLeftOut = 5
const asked = 20
/** Milliseconds for each scan that this thread computes when nothing is left to do. */
const quietBelow = 15
/** Scans that come at once are granted nothing: so many spend what was saved. */
const spending = 120

const row = (...cells: ReadonlyArray<string | number>): void => console.log(`| ${cells.join(" | ")} |`)
const ms = (value: number): string => `${value.toFixed(1)} ms`
const MB = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`

/** What this thread computes in so many milliseconds from now, what runs now included: the time of the processor, in milliseconds. */
const busyFor = (window: number, begin: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const before = process.threadCpuUsage()
    yield* begin
    yield* Effect.sleep(window)
    const { system, user } = process.threadCpuUsage(before)
    return (system + user) / 1000
  })

const watchers = (port: number, paths: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.callback<Worker>((resume) => {
      const worker = new Worker(new URL("./pages/watchers.ts", import.meta.url), {
        workerData: { port, paths, count: watching }
      })
      worker.once("message", () => resume(Effect.succeed(worker)))
    }),
    (worker) => Effect.promise(() => worker.terminate())
  )

/** What one of each page has been sent. */
const receivedBy = (worker: Worker) =>
  Effect.callback<{ readonly events: number; readonly updates: number }>((resume) => {
    worker.once("message", (received) => resume(Effect.succeed(received)))
    worker.postMessage("received")
  })

/** What asks for pages. */
const makeAsk = (port: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Worker(new URL("./pages/asker.ts", import.meta.url), { workerData: { port } })),
      (worker) => Effect.promise(() => worker.terminate())
    ),
    (worker) => (path: string) =>
      Effect.callback<{ readonly firstByte: number; readonly length: number }>((resume) => {
        worker.once("message", (told) => resume(Effect.succeed(told)))
        worker.postMessage(path)
      })
  )

/** Watchers that ask for a page and never read a byte of it. */
const deaf = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      Array.from({ length: notReading }, () => {
        const socket = connect(port, "127.0.0.1")
        socket.pause()
        socket.write("GET /live?page=%2F HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n")
        return socket
      })
    ),
    (sockets) => Effect.sync(() => sockets.forEach((socket) => void socket.destroy()))
  )

const main = Effect.gen(function* () {
  const recorded = loadMatches()
  const matches = decodeMatches(recorded).map((snapshots, index) => ({
    snapshots,
    frames: recorded.matches[index] ?? []
  }))
  const world = makeWorld(matches, size)
  const { context, port, scan } = yield* stage({ isSilent: true })
  const store = Context.get(context, StrategyStore)
  for (let from = 0; from < size.strategies; from += 100) yield* store.save(world.strategies.slice(from, from + 100))
  yield* eventually(Context.get(context, Strategies).watched, (now) => now.size === size.strategies)
  let tick = 0
  const next = Effect.suspend(() => scan(...world.answer(tick++ % size.ticks)))
  const ask = yield* makeAsk(port)
  yield* next
  yield* Effect.sleep("10 seconds")
  const picture = Context.get(context, Picture)
  const inPlay = picture.all().find(({ view }) => view !== undefined)
  const paths = [
    "/",
    `/matches/${inPlay?.snapshot.match.id}`,
    "/alerts",
    "/strategies",
    `/strategies/${world.strategies[0]?.id}`,
    "/strategies/new",
    "/system"
  ]

  console.log(
    `1,000 matches, 1,000 strategies (${recorded.source}); first byte of a page: the first of its kind, asked right after a scan, the median of ${asked} and the worst (load ${loadavg()[0]?.toFixed(1)})`
  )
  row("page", "first", "median", "worst", "size")
  const firstByte: Record<string, { readonly first: number; readonly median: number; readonly worst: number }> = {}
  for (const path of paths) {
    yield* next
    const answers = yield* Effect.replicateEffect(ask(path), asked)
    const times = answers.map((answer) => answer.firstByte)
    const told = { first: times[0] ?? Number.NaN, median: median(times), worst: Math.max(...times) }
    firstByte[path] = told
    row(
      path.replace(/[^/]{12,}/, "…"),
      ms(told.first),
      ms(told.median),
      ms(told.worst),
      `${Math.round((answers[0]?.length ?? 0) / 1024)} kB`
    )
  }

  const onlooker = Context.get(context, Onlooker)
  const known = makeKnownPairs({ ttl: Number.POSITIVE_INFINITY })
  for (const { id } of world.strategies) known.watch(id)
  const sights = yield* Effect.replicateEffect(
    Effect.map(next, (): Sight => {
      const looks = picture.all()
      const inPlay = looks.flatMap(({ view }) => view ?? [])
      // Has just judged them, as that of a service has when it tells of its scan.
      const rules = RuleSet.make(world.strategies)
      rules.fired(inPlay)
      return {
        snapshots: looks.map(({ snapshot }) => snapshot),
        timelines: new Map(looks.map(({ snapshot, timeline }) => [snapshot.match.id, timeline])),
        views: inPlay,
        created: [],
        nearby: (views, most) => nearby(rules, known, views, most)
      }
    }),
    sightsKept
  )
  let shown = 0
  const told = Effect.suspend(() => onlooker.judged(sights[shown++ % sights.length] ?? assert.fail("no scan was made")))
  /** What this thread computes for each of so many scans that come a second and a bit after each other. */
  const perScan = (scans: number, scan: Effect.Effect<unknown>) =>
    Effect.map(
      busyFor(scans * 1100, Effect.forkChild(Effect.replicateEffect(Effect.delay(scan, 1050), scans))),
      (all) => all / scans
    )
  const idle = perScan(15, Effect.void)
  /** What this thread computes in the fourteen seconds of a tick without a scan. */
  const between = Effect.map(
    Effect.replicateEffect(busyFor(2000, Effect.void), calmMeasured),
    (windows) =>
      (Num.sumAll(windows.toSorted((a, b) => a - b).slice(0, -calmLeftOut)) / (calmMeasured - calmLeftOut)) * 7
  )
  // What the scans have left to be saved is saved by then.
  yield* Effect.repeat(idle, { times: 3, until: (busy) => busy < quietBelow })
  const before = { idle: yield* idle, alone: yield* perScan(20, told), between: yield* between }
  const watched = (paths: ReadonlyArray<string>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const worker = yield* watchers(port, paths)
        yield* Effect.replicateEffect(Effect.delay(told, 50), spending)
        const received = yield* receivedBy(worker)
        const busy = yield* perScan(scansMeasured, told)
        const now = yield* receivedBy(worker)
        const perPage = paths.length * scansMeasured
        return {
          busy,
          between: yield* between,
          events: (now.events - received.events) / perPage,
          updates: (now.updates - received.updates) / perPage
        }
      })
    )
  const now = yield* watched(["/"])
  const mixed = yield* watched(paths)
  // What goes on by itself is measured before and after.
  const alone = (before.alone + (yield* perScan(20, told))) / 2
  const base = (before.idle + (yield* idle)) / 2
  const calm = (before.between + (yield* between)) / 2
  console.log(
    `Busy time of the service's thread for each scan, beside the scan itself, in the mean of ${scansMeasured} (load ${loadavg()[0]?.toFixed(1)})`
  )
  const updatesShown = "updates of a page for each scan"
  row(
    "",
    "busy",
    "more than when nothing happens",
    "than when nobody watches",
    "and in the 14 s without a scan, than when nobody watches",
    updatesShown
  )
  row("nothing happens", ms(base), "", "", "", "")
  row("nobody watches", ms(alone), ms(alone - base), "", `${ms(calm)} in all`, "")
  for (const [who, { between, busy, events, updates }] of [
    ["Now", now],
    ["all pages", mixed]
  ] as const) {
    const told = `${events.toFixed(2)}, ${updates.toFixed(2)} with more than the top`
    row(`${watching} watch ${who}`, ms(busy), ms(busy - base), ms(busy - alone), ms(between - calm), told)
  }

  /** What is held more after the updates than before: the service keeps what it saw, watched or not. */
  const grown = Effect.gen(function* () {
    yield* Effect.sleep("1 second")
    const before = bytesHeld() + process.memoryUsage().external
    for (let update = 0; update < updates; update++) yield* Effect.delay(next, 30)
    yield* Effect.sleep("2 seconds")
    return bytesHeld() + process.memoryUsage().external - before
  })
  yield* grown
  const unwatched = yield* grown
  const memory = (yield* Effect.scoped(Effect.andThen(deaf(port), grown))) - unwatched
  row(`${notReading} watchers that do not read, ${updates} updates`, MB(memory), `${MB(memory / notReading)} each`)
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ firstByte, base, alone, calm, now, mixed, memory, notReading, updates }))
  }
}).pipe(Effect.scoped, Effect.provide(Layer.merge(NodeServices.layer, Logger.layer([]))))

await Effect.runPromise(main)
process.exit(0)
