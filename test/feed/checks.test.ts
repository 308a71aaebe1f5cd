import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { SnapshotInput } from "../../src/domain/Snapshot.ts"
import { checkFeed } from "../../src/feed/checks.ts"
import { FeedError, MatchFeed } from "../../src/feed/MatchFeed.ts"
import { shown } from "../fixtures/pipeline.ts"

const asked = (poll: Effect.Effect<ReadonlyArray<SnapshotInput>, FeedError>) =>
  checkFeed(Effect.succeed(MatchFeed.of({ name: "mine", poll })))

/** A match whose clock is none. */
const unreadable: SnapshotInput = {
  ...shown({ id: "2" }),
  clock: { period: "2H", minute: -1, added: 0, status: "live" }
}

describe("The check of the feed", () => {
  it.effect("tells how many matches it shows", () =>
    Effect.gen(function* () {
      expect(yield* asked(Effect.succeed([shown()]))).toMatchObject({ status: "ok", message: "mine: 1 match" })
      expect(yield* asked(Effect.succeed([]))).toMatchObject({ status: "ok", message: "mine: 0 matches" })
    })
  )

  it.effect("warns of matches that no scan can read, and fails when it can read none", () =>
    Effect.gen(function* () {
      expect(yield* asked(Effect.succeed([shown(), unreadable]))).toMatchObject({
        status: "warning",
        message: "mine: 1 of 2 matches cannot be read",
        todo: expect.stringContaining("minute")
      })
      expect(yield* asked(Effect.succeed([unreadable]))).toMatchObject({
        status: "failed",
        message: "mine: 1 of 1 match cannot be read",
        todo: expect.stringContaining("minute")
      })
    })
  )

  it.effect("is a warning while the provider's limits ask for fewer polls", () =>
    Effect.gen(function* () {
      const paused = new FeedError({ feed: "mine", reason: "paused", message: "no requests are left until 18:00" })
      expect(yield* asked(Effect.fail(paused))).toMatchObject({ status: "warning" })
    })
  )
})
