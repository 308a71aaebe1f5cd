/** What judges triggers, on the embedded database, in a world of which tests say what the feed and the database do. */
import { Context, Duration, Effect, Exit, Layer, Scope } from "effect"
import { Database, DatabaseError } from "../../src/database/Database.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { TriggerStore } from "../../src/database/TriggerStore.ts"
import type { TriggerId } from "../../src/domain/Trigger.ts"
import { FeedError, MatchFeed } from "../../src/feed/MatchFeed.ts"
import { MatchHistory } from "../../src/history/MatchHistory.ts"
import { Amendments } from "../../src/outcome/Amendments.ts"
import { Outcomes } from "../../src/outcome/Outcomes.ts"
import { QueueBackend } from "../../src/queue/QueueBackend.ts"
import { AfterScan } from "../../src/scan/AfterScan.ts"
import { emptyTables } from "../contracts/Sql.ts"
import { receipt, type Shown, shown, snapshotOf } from "../fixtures/pipeline.ts"
import { expecting, fire, sql, storesOn } from "./outcomes.ts"

export const world = {
  isDown: false,
  /** The matches that the feed answers with when it is asked for them. */
  found: [] as ReadonlyArray<Shown & { readonly id: string }>,
  /** The feed never answers when it is asked for matches. */
  hangs: false,
  /** The feed fails when it is asked for matches. */
  fails: false,
  /** The matches that it was asked for. */
  asked: [] as Array<string>,
  /** The triggers whose messages are to be amended. */
  amended: new Set<TriggerId>()
}

/** Nothing has happened yet. */
export const anew = Effect.gen(function* () {
  Object.assign(world, { isDown: false, hangs: false, fails: false, found: [], asked: [], amended: new Set() })
  yield* emptyTables
  yield* sql("delete from match_waits")
})

const breakable = Layer.effect(
  Database,
  Effect.map(Database, ({ call, name }) => ({
    name,
    call: (operation: string, args: { readonly [name: string]: unknown }) =>
      world.isDown
        ? Effect.fail(new DatabaseError({ operation, reason: "unavailable", message: "the database is away" }))
        : call(operation, args)
  }))
).pipe(Layer.provide(layerEmbedded))

const feed = Layer.succeed(MatchFeed, {
  name: "told by the test",
  poll: Effect.succeed([]),
  finished: (ids) =>
    Effect.suspend(() => {
      world.asked.push(...ids)
      if (world.hangs) return Effect.never
      if (world.fails)
        return Effect.fail(
          new FeedError({ feed: "told by the test", reason: "unavailable", message: "the feed is away" })
        )
      return Effect.succeed(world.found.filter(({ id }) => ids.includes(id)).map(shown))
    })
})

/** The past of matches is kept by others: here it outlives every process. */
export const inWorld = Layer.mergeAll(
  feed,
  MatchHistory.layerMemory,
  Layer.mock(QueueBackend, { name: "none", exclusive: true }),
  Layer.succeed(Amendments, {
    queue: undefined,
    offer: (ids) =>
      Effect.sync(() => {
        for (const id of ids) world.amended.add(id)
      })
  })
).pipe(Layer.provideMerge(storesOn(breakable)))

/** A process that judges, until it is stopped. */
export const started = Effect.gen(function* () {
  const history = yield* MatchHistory
  const scope = yield* Scope.fork(yield* Effect.scope)
  const judging = Outcomes.layer({ settleAfter: Duration.seconds(90) })
  const context = yield* Scope.provide(Layer.build(Layer.fresh(judging)), scope)
  const { observed, scanned } = Context.get(context, AfterScan)
  const { catchUp, totals } = Context.get(context, Outcomes)
  /** The feed shows these matches, and no other. */
  const shows = Effect.fnUntraced(function* (...matches: ReadonlyArray<Shown>) {
    const snapshots = matches.map(snapshotOf)
    const timelines = yield* history.record(snapshots)
    yield* observed(snapshots)
    yield* scanned({ snapshots, timelines, created: [] })
  })
  return {
    shows,
    /** The same, and what comes of it is judged. */
    sees: (...matches: ReadonlyArray<Shown>) => Effect.andThen(shows(...matches), catchUp),
    judges: catchUp,
    totals,
    stop: Scope.close(scope, Exit.void)
  }
})

/** A strategy that expects this has fired on the match as it is shown, and its alert was sent. */
export const firedAndSent = Effect.fnUntraced(function* (expected: string, match: Shown & { readonly id: string }) {
  const [trigger] = yield* fire([expecting(expected)], [match])
  if (trigger === undefined) return yield* Effect.die(new Error("no trigger was created"))
  yield* (yield* TriggerStore).sent(trigger.id, 1, receipt)
  const outcome = Effect.map(
    sql(`select t.verdict, t.result, t.verdict_reason as reason, t.verdict_minute as minute, t.settling,
      coalesce(t.verdict_revision, 0) as revision, t.verdict_final_at is not null as final, coalesce(p.total_hits, 0)::int as hits, coalesce(p.total_misses, 0)::int as misses,
      coalesce(p.total_voids, 0)::int as voids
      from triggers t left join performance p on p.strategy_id = t.strategy_id where t.id = '${trigger.id}'`),
    ([row]) => row
  )
  return { id: trigger.id, outcome }
})
