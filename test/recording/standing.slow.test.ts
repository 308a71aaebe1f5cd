/** A match whose clock stood when it was recorded stands when it is played again, however fast that is. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Result } from "effect"
import { decodeSnapshot } from "../../src/domain/decodeSnapshot.ts"
import { MatchFeed } from "../../src/feed/MatchFeed.ts"
import { RecordedFeed } from "../../src/feed/recorded/RecordedFeed.ts"
import { makeRecorder } from "../../src/recording/recordPolls.ts"
import { makeGoing } from "../../src/scan/going.ts"
import { quiet } from "../fixtures/logs.ts"
import { shown } from "../fixtures/pipeline.ts"
import { temporaryDirectory } from "../fixtures/process.ts"

/** Minutes of a match that stands at 20 minutes for 25 polls, a minute after another. */
const minutes = [...Array.from({ length: 45 }, (_, index) => Math.min(index + 1, 20)), 21, 22]

describe("A recording that is played", () => {
  it.effect("stands still where its clock stood for 20 minutes, until it moves", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* Effect.scoped(
        Effect.gen(function* () {
          const write = yield* makeRecorder({ directory, days: 30 })
          for (const [index, minute] of minutes.entries()) {
            yield* write({ at: 1_000_000 + index * 60_000, matches: [shown({ minute })] })
          }
        })
      )
      const feed = Context.get(yield* Layer.build(RecordedFeed.layer({ directories: [directory] })), MatchFeed)
      const going = makeGoing(feed.shownAt)
      const standing: Array<number> = []
      for (const index of minutes.keys()) {
        const snapshots = (yield* feed.poll).map((each) => Result.getOrThrow(decodeSnapshot(each)).snapshot)
        const { stands } = yield* going(snapshots)
        if (stands.length > 0) standing.push(index)
      }
      // The 20th minute was shown first by poll 19: from 39 on it has stood for 20 minutes.
      assert.deepStrictEqual(standing, [39, 40, 41, 42, 43, 44])
    }).pipe(Effect.scoped, Effect.provide(Layer.merge(NodeServices.layer, quiet)))
  )
})
