/**
 * How fast open triggers of finished matches get their verdicts: `npm run bench:outcomes`, with `-- --json` for one object
 * on the last line of stdout.
 *
 * The service's own graph on PostgREST in front of PostgreSQL (PGlite where that is not installed) meets matches in play, on
 * which every strategy fires; their ends are shown to a process that starts afterwards, as after an outage at full time.
 * What is timed is that process's scan and its judging, to the last verdict. Every verdict is checked.
 */
import { loadavg } from "node:os"
import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Effect, Layer, References } from "effect"
import { AlertChannel } from "../src/alert/AlertChannel.ts"
import { migrations } from "../src/database/embedded/EmbeddedDatabase.ts"
import { StrategyStore } from "../src/database/StrategyStore.ts"
import type { SnapshotInput } from "../src/domain/Snapshot.ts"
import { type Strategy, StrategyId } from "../src/domain/Strategy.ts"
import { MatchFeed } from "../src/feed/MatchFeed.ts"
import { Outcomes } from "../src/outcome/Outcomes.ts"
import { Scanner } from "../src/scan/Scanner.ts"
import { chosenBy, pipeline } from "../src/Touchline.ts"
import { postgrest, sign } from "../test/fixtures/postgrest.ts"
import { temporaryDirectory } from "../test/fixtures/process.ts"
import { serveSurroundings } from "./tick/gateway.ts"
import { startPostgres } from "./tick/postgres.ts"

const [matches, strategies] = [500, 20]
/** At most so many seconds. */
const goal = 60

const id = (of: number): StrategyId => StrategyId.make(`00000000-0000-4000-8000-${String(of).padStart(12, "0")}`)

/** Fires from the first minute on, and expects more than so many goals: 3-1 is a hit for some and a miss for others. */
const strategyOf = (_: unknown, index: number): Strategy => ({
  id: id(index),
  name: `Strategy ${index}`,
  active: true,
  when: [{ left: "minute", comparator: ">=", right: 1 }],
  expect: { left: { metric: "goals", scope: "total" }, comparator: ">", right: index % 8 }
})

const shown = (minute: number, status: "live" | "finished", home: number, away: number): ReadonlyArray<SnapshotInput> =>
  Array.from({ length: matches }, (_, index) => ({
    match: {
      id: `m${index}`,
      competition: { id: "1", name: "League" },
      home: { name: `Home ${index}` },
      away: { name: `Away ${index}` },
      kickOff: "2026-01-01T15:00:00.000Z"
    },
    clock: { period: minute > 45 ? "2H" : "1H", minute, added: 0, status },
    score: { home, away },
    statistics: { shots: { home: 2 + home, away: 1 + away } }
  }))

const channel = Layer.succeed(
  AlertChannel,
  AlertChannel.of({ name: "instant", send: () => Effect.succeed({ channel: "instant", text: "An alert." }) })
)

/** A process, with its memory of its own, that scans once what the feed shows, and judges. */
const scanned = (answer: ReadonlyArray<SnapshotInput>, environment: { readonly [name: string]: string }) =>
  Effect.gen(function* () {
    const feed = Layer.succeed(MatchFeed, MatchFeed.of({ name: "bench", poll: Effect.succeed(answer) }))
    const { parts } = yield* chosenBy(() => ({ feed, channel }))
    return yield* Effect.gen(function* () {
      const started = performance.now()
      const { triggers } = yield* (yield* Scanner).scan
      const outcomes = yield* Outcomes
      yield* outcomes.drain
      const { hits, misses, voids } = yield* outcomes.totals
      return { triggers, hits, misses, voids, seconds: (performance.now() - started) / 1000 }
    }).pipe(Effect.provide(Layer.fresh(pipeline(parts))))
  }).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ ...environment, SETTLE_AFTER: "0" }))))

const main = Effect.gen(function* () {
  const server = yield* startPostgres
  const { loader, served } = yield* server.create
  for (const { sql } of yield* migrations) yield* Effect.promise(() => loader.exec(sql))
  const port = yield* serveSurroundings({ postgrest: yield* postgrest(served), answer: () => [] })
  const environment = {
    DATA_DIR: yield* temporaryDirectory,
    SUPABASE_URL: `http://127.0.0.1:${port}`,
    SUPABASE_SERVICE_ROLE_KEY: sign({ role: "service_role" })
  }
  const watched = Array.from({ length: strategies }, strategyOf)
  yield* Effect.gen(function* () {
    const { parts } = yield* chosenBy(() => ({}))
    yield* Effect.provide(
      Effect.flatMap(StrategyStore, ({ save }) => save(watched)),
      Layer.provide(StrategyStore.layer, parts.database)
    )
  }).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment))))
  const created = yield* scanned(shown(10, "live", 0, 0), environment)
  const judged = yield* scanned(shown(90, "finished", 3, 1), environment)
  const hits = matches * watched.filter((_, index) => index % 8 < 4).length
  const open = created.triggers - created.hits - created.misses
  if (open !== matches * strategies || judged.hits !== hits || judged.hits + judged.misses !== open) {
    throw new Error(`open ${open}, and then ${JSON.stringify(judged)}: other verdicts than the expectations say`)
  }
  const result = {
    server: server.name,
    open,
    ...judged,
    perSecond: Math.round(open / judged.seconds),
    load: loadavg()[0]
  }
  console.log(
    `${open} open triggers of ${matches} finished matches on ${server.name}: ${judged.seconds.toFixed(1)} s to the last verdict (goal ${goal}), ${judged.hits} hits, ${judged.misses} misses; load ${result.load?.toFixed(1)}`
  )
  if (process.argv.includes("--json")) console.log(JSON.stringify(result))
}).pipe(
  Effect.scoped,
  Effect.provide(NodeServices.layer),
  // The lines of scans are no part of the answer.
  Effect.provideService(References.MinimumLogLevel, "Warn")
)

await Effect.runPromise(main)
