import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Schedule } from "effect"
import { TestClock } from "effect/testing"
import type { SnapshotInput } from "../../src/domain/Snapshot.ts"
import { firstMatchWithin, followed, untilEnded } from "../../src/feed/followed.ts"
import { FeedError, MatchFeed } from "../../src/feed/MatchFeed.ts"
import { shown } from "../fixtures/pipeline.ts"

const away = new FeedError({ feed: "mine", reason: "unavailable", message: "it is away" })

/** Plays a feed that is polled every second and answers what `answers` says then, and waits for the end in a fiber. */
const play = Effect.fnUntraced(function* (answers: () => Effect.Effect<ReadonlyArray<SnapshotInput>, FeedError>) {
  const mine = MatchFeed.of({ name: "mine", poll: Effect.suspend(answers) })
  const { feed, progress } = yield* followed(Layer.succeed(MatchFeed, mine))
  const polls = Effect.flatMap(MatchFeed, ({ poll }) => Effect.repeat(Effect.ignore(poll), Schedule.spaced("1 second")))
  yield* Effect.forkScoped(Effect.provide(polls, feed))
  return yield* Effect.forkScoped(untilEnded(progress))
})

const whole = Duration.sum(firstMatchWithin, Duration.seconds(2))

describe("The run of a feed that", () => {
  it.effect("shows no match for a minute has nothing to play", () =>
    Effect.gen(function* () {
      const run = yield* play(() => Effect.succeed([]))
      yield* TestClock.adjust(Duration.subtract(firstMatchWithin, Duration.seconds(2)))
      assert.isUndefined(run.pollUnsafe())
      yield* TestClock.adjust("4 seconds")
      assert.match((yield* Effect.flip(Fiber.join(run))).message, /shown no match within 1m: there is nothing to play/)
    })
  )

  it.effect("does not answer for a minute has nothing to play either", () =>
    Effect.gen(function* () {
      const run = yield* play(() => Effect.fail(away))
      yield* TestClock.adjust(whole)
      assert.match((yield* Effect.flip(Fiber.join(run))).message, /has not answered within 1m/)
    })
  )

  it.effect("shows a match late goes on until it has ended", () =>
    Effect.gen(function* () {
      let answer: ReadonlyArray<SnapshotInput> = []
      const run = yield* play(() => Effect.succeed(answer))
      yield* TestClock.adjust(Duration.subtract(firstMatchWithin, Duration.seconds(2)))
      answer = [shown()]
      yield* TestClock.adjust(Duration.times(firstMatchWithin, 3))
      assert.isUndefined(run.pollUnsafe())
      answer = [shown({ minute: 90, status: "finished" })]
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(run)
    })
  )
})
