/** What every feed must do, over a run of polls from the first kick-off to the last end. Time is the TestClock's. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, type Scope } from "effect"
import { decodeSnapshot } from "../../src/domain/decodeSnapshot.ts"
import {
  compareMatchMinutes,
  isInPlay,
  isOver,
  isPlayed,
  type Snapshot,
  type SnapshotInput
} from "../../src/domain/Snapshot.ts"
import type { MatchFeed } from "../../src/feed/MatchFeed.ts"

/** A feed at the beginning of a run. */
export interface FeedRun {
  readonly feed: MatchFeed["Service"]
  /** Goes on to the next poll: the time passes that lies between two. */
  readonly next: (poll: number) => Effect.Effect<void>
  readonly polls: number
}

interface Poll {
  readonly inputs: ReadonlyArray<SnapshotInput>
  readonly snapshots: ReadonlyArray<Snapshot>
  readonly faults: ReadonlyArray<string>
}

const read = (inputs: ReadonlyArray<SnapshotInput>): Poll => {
  const decoded = inputs.map((each) => decodeSnapshot(each))
  return {
    inputs,
    snapshots: decoded.flatMap((each) => (Result.isSuccess(each) ? [each.success.snapshot] : [])),
    faults: decoded.flatMap((each, index) =>
      Result.isSuccess(each)
        ? each.success.faults.map(({ part, reason }) => `${part}: ${reason}`)
        : [`match ${index} does not decode`]
    )
  }
}

export const feedContract = <R = never>(
  name: string,
  run: Effect.Effect<FeedRun, unknown, Scope.Scope | R>,
  provide: <A, E>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E>
) => {
  const whole = Effect.gen(function* () {
    const { feed, next, polls } = yield* run
    const seen: Array<Poll> = []
    for (let poll = 0; poll < polls; poll++) {
      yield* next(poll)
      const answer = yield* Effect.result(feed.poll)
      // One that keeps to its provider's limits has not answered.
      if (Result.isFailure(answer) && answer.failure.reason === "paused") continue
      seen.push(read(Result.getOrThrow(answer)))
    }
    const ids = [...new Set(seen.flatMap(({ snapshots }) => snapshots.map(({ match }) => match.id)))]
    const asked = (them: ReadonlyArray<string>) =>
      feed.finished === undefined ? Effect.undefined : Effect.map(feed.finished(them), read)
    return { name: feed.name, seen, ids, found: yield* asked([...ids, "999999999", "no id"]), none: yield* asked([]) }
  })
  /** Made once: each test looks at another side of it. */
  const watched = Effect.runSync(Effect.cached(whole.pipe(Effect.scoped, provide)))
  /** The snapshots of each match, in the order of the polls. */
  const byMatch = (seen: ReadonlyArray<Poll>) =>
    Map.groupBy(
      seen.flatMap(({ snapshots }) => snapshots),
      ({ match }) => match.id
    )

  describe(`${name} is a MatchFeed`, () => {
    it.effect("whose matches all decode, each at most once a poll, and come to an end that is shown", () =>
      Effect.gen(function* () {
        const { name: called, seen } = yield* watched
        assert.isNotEmpty(called)
        assert.deepStrictEqual(
          seen.flatMap(({ faults }) => faults),
          []
        )
        for (const { snapshots } of seen) {
          assert.lengthOf(new Set(snapshots.map(({ match }) => match.id)), snapshots.length)
        }
        const last = new Set(seen.at(-1)?.snapshots.map(({ match }) => match.id))
        let ended = 0
        for (const [id, snapshots] of byMatch(seen)) {
          // One that is on when the run ends has no end yet.
          const end = snapshots.at(-1)
          if (end === undefined || (last.has(id) && !isOver(end.clock))) continue
          assert.isTrue(isOver(end.clock) || !isInPlay(end.clock), `${id} was last seen ${end.clock.status}`)
          if (isOver(end.clock)) ended += 1
        }
        assert.isAbove(ended, 0)
      })
    )

    it.effect("whose clocks never go back, and whose matches stay what they are", () =>
      Effect.gen(function* () {
        const { seen } = yield* watched
        for (const [id, snapshots] of byMatch(seen)) {
          const played = snapshots.filter(({ clock }) => isPlayed(clock))
          for (const [index, { clock, match }] of played.entries()) {
            const before = played[index - 1]
            if (before === undefined) continue
            assert.isAtMost(
              compareMatchMinutes(before.clock, clock),
              0,
              `${id}: ${JSON.stringify([before.clock, clock])}`
            )
            assert.deepStrictEqual(match, before.match)
          }
        }
      })
    )

    it.effect("that finds by id what it has shown, where it can be asked, and nothing that it has not", () =>
      Effect.gen(function* () {
        const { found, ids, none } = yield* watched
        if (found === undefined) return
        assert.deepStrictEqual(found.faults, [])
        assert.deepStrictEqual(found.snapshots.map(({ match }) => match.id).toSorted(), ids.toSorted())
        assert.deepStrictEqual(none?.snapshots, [])
      })
    )
  })
}
