/** A dry run's own graph, on a database that refuses every write. */
import { NodeServices } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { AlertChannel } from "../../src/alert/AlertChannel.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import { StrategyStore } from "../../src/database/StrategyStore.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import { Dedup } from "../../src/dedup/Dedup.ts"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { Scanner } from "../../src/scan/Scanner.ts"
import { Strategies } from "../../src/strategies/Strategies.ts"
import { previewing } from "../../src/Touchline.ts"
import { Sql } from "../contracts/Sql.ts"
import { Logs } from "../fixtures/logs.ts"
import { candidateOf, newStrategy, shown } from "../fixtures/pipeline.ts"

const postgres = EmbeddedPostgres.layer().pipe(Layer.provide(NodeServices.layer))

const database = Layer.merge(layerEmbedded, Sql.layerEmbedded).pipe(
  Layer.provide(postgres),
  Layer.provide(NodeServices.layer)
)

const written = Effect.flatMap(Sql, ({ run }) =>
  run(`select (select count(*) from strategies)::int strategies, (select count(*) from triggers)::int triggers,
    (select count(*) from match_history)::int moments, (select count(*) from performance)::int counters`)
)

/** Runs `scan --dry-run` around a database: of its own strategies, or of a directory. */
const preview = (directory: string | undefined) =>
  Effect.flatMap(Scanner, (scanner) => scanner.preview).pipe(
    Effect.provide(
      Layer.unwrap(
        Effect.map(Effect.context<Layer.Success<typeof database>>(), (context) =>
          previewing({
            feed: Layer.succeed(
              MatchFeed,
              MatchFeed.of({ name: "fake", poll: Effect.succeed([shown({ minute: 75 })]) })
            ),
            database: Layer.succeedContext(context),
            strategies: Strategies.layerPreview(directory),
            history: MatchHistory.layerShared,
            // What a dry run must not touch breaks it.
            dedup: Layer.mock(Dedup, { name: "none", ttl: Duration.zero }),
            queue: Layer.mock(QueueBackend, { name: "none", exclusive: true }),
            channel: Layer.mock(AlertChannel, { name: "none" }),
            limits: Layer.provide(RateLimiter.layer, RateLimiter.layerStoreMemory)
          })
        )
      )
    )
  )

it.live("A dry run writes nothing anywhere, on a database that refuses to be written", () =>
  Effect.gen(function* () {
    const sql = yield* Sql
    const { save } = yield* StrategyStore
    const { create } = yield* TriggerStore
    const refuse = sql.run("set session characteristics as transaction read only")
    const allow = sql.run("set session characteristics as transaction read write")

    yield* refuse
    expect((yield* Effect.flip(save([newStrategy()]))).message).toContain("read-only")
    const nothing = yield* written
    // A database that keeps nothing would begin with the samples.
    expect(yield* preview(undefined)).toMatchObject({ snapshots: 1, strategies: 6 })
    expect((yield* preview("examples/strategies")).strategies).toBe(6)
    expect(yield* written).toEqual(nothing)

    yield* allow
    const [known, fresh] = [newStrategy(), newStrategy()]
    yield* save([known, fresh])
    yield* create([candidateOf(known)])
    const before = yield* written
    yield* refuse
    expect(yield* preview(undefined)).toMatchObject({
      strategies: 2,
      triggered: 1,
      candidates: [{ strategyId: fresh.id }]
    })
    expect(yield* written).toEqual(before)
    expect((yield* (yield* Logs).lines()).filter(({ level }) => level !== "INFO" && level !== "DEBUG")).toEqual([])
  }).pipe(
    Effect.provide(
      Layer.mergeAll(StrategyStore.layer, TriggerStore.layer).pipe(
        Layer.provideMerge(database),
        Layer.provideMerge(Layer.merge(Logs.layer, NodeServices.layer))
      )
    )
  )
)
