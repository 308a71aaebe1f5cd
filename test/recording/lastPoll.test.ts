import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { Database, DatabaseError } from "../../src/database/Database.ts"
import { layerEmbedded } from "../../src/database/embedded/EmbeddedDatabase.ts"
import { EmbeddedPostgres } from "../../src/database/embedded/EmbeddedPostgres.ts"
import type { SnapshotInput } from "../../src/domain/Snapshot.ts"
import { FeedMemory } from "../../src/feed/FeedMemory.ts"
import { FeedError, MatchFeed } from "../../src/feed/MatchFeed.ts"
import { lastPoll, tellPolls } from "../../src/recording/lastPoll.ts"
import { eventually } from "../fixtures/eventually.ts"
import { shown } from "../fixtures/pipeline.ts"

const embedded = layerEmbedded.pipe(Layer.provide(EmbeddedPostgres.layer()), Layer.provide(NodeServices.layer))

const interval = Duration.seconds(15)

/** A feed that answers as it is told, and what is told of its polls on a database. */
const telling = (answer: () => Effect.Effect<ReadonlyArray<SnapshotInput>, FeedError>) =>
  Effect.gen(function* () {
    const database = Layer.succeed(Database, yield* Database)
    const feed = Layer.succeed(MatchFeed, MatchFeed.of({ name: "a test's", poll: Effect.suspend(answer) }))
    const told = tellPolls({ id: "test", interval })(feed).pipe(
      Layer.provide(FeedMemory.layer.pipe(Layer.provide(database)))
    )
    const { poll } = Context.get(yield* Layer.build(told), MatchFeed)
    return { poll, last: lastPoll("test", database), lastOfAnother: lastPoll("another", database) }
  })

const paused = Effect.fail(new FeedError({ feed: "a test's", reason: "paused", message: "wait" }))

describe("The last poll of a service", () => {
  it.effect("is what its feed showed last, for whoever has the same feed", () =>
    Effect.gen(function* () {
      let minute = 60
      const { last, lastOfAnother, poll } = yield* telling(() => Effect.succeed([shown({ minute: minute++ })]))
      assert.isTrue(Option.isNone(yield* last))
      yield* poll
      yield* eventually(last, Option.isSome)
      yield* TestClock.adjust(interval)
      yield* poll
      const found = yield* eventually(last, (it) => Option.isSome(it) && it.value.at > 0)
      assert.deepStrictEqual(Option.getOrUndefined(found), {
        at: 15_000,
        feed: "a test's",
        matches: [shown({ minute: 61 })]
      })
      assert.isTrue(Option.isNone(yield* lastOfAnother))
    }).pipe(Effect.scoped, Effect.provide(embedded))
  )

  it.effect("fails no poll: not where it cannot be written, nor where the database is away", () =>
    Effect.gen(function* () {
      let isBad = true
      const cyclic = shown({})
      Object.assign(cyclic, { statistics: { self: cyclic } })
      const { last, poll } = yield* telling(() => Effect.succeed([isBad ? cyclic : shown({})]))
      assert.strictEqual((yield* poll).length, 1)
      isBad = false
      assert.strictEqual((yield* poll).length, 1)
      assert.isTrue(Option.isNone(yield* last))
    }).pipe(
      Effect.scoped,
      Effect.provideService(Database, {
        name: "away",
        call: (operation) => Effect.fail(new DatabaseError({ operation, reason: "unavailable", message: "away" }))
      })
    )
  )
})

/** Notes as they are kept, with how often. */
const notes = () => {
  const kept: Array<Duration.Duration> = []
  const layer = Layer.succeed(FeedMemory, {
    recall: () => Effect.succeed({}),
    keep: (_feed, _notes, keepFor) => Effect.sync(() => void kept.push(keepFor))
  })
  return { kept, layer }
}

describe("A service whose feed waits for its provider's limits", () => {
  it.effect("keeps its last poll on, no more often than that needs", () =>
    Effect.gen(function* () {
      const { kept, layer } = notes()
      let isPaused = false
      const feed = Layer.succeed(
        MatchFeed,
        MatchFeed.of({
          name: "a test's",
          poll: Effect.suspend(() => (isPaused ? paused : Effect.succeed([shown({})])))
        })
      )
      const { poll } = Context.get(
        yield* Layer.build(tellPolls({ id: "test", interval })(feed).pipe(Layer.provide(layer))),
        MatchFeed
      )
      yield* poll
      yield* eventually(
        Effect.sync(() => kept.length),
        (count) => count === 1
      )
      isPaused = true
      // Ten minutes of ticks that wait.
      for (let tick = 0; tick < 40; tick++) {
        yield* TestClock.adjust(interval)
        yield* Effect.flip(poll)
        yield* Effect.yieldNow
      }
      assert.isAtLeast(kept.length, 10)
      assert.isAtMost(kept.length, 20)
      assert.isTrue(kept.every((each) => Duration.toSeconds(each) === 60))
    }).pipe(Effect.scoped)
  )
})
