/**
 * The first stage of a scan: asks the feed what matches look like now, and decodes its answer snapshot by snapshot.
 *
 * Guarantees: a feed that does not answer in time, or breaks, has failed; one that is unavailable is asked again within the
 * tick, and one that keeps to its provider's limits has not failed. A snapshot that does not decode is told and stops no other.
 */
import { Duration, Effect, Option, Result, Schedule, Schema } from "effect"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { problemText } from "../domain/problems.ts"
import type { Snapshot } from "../domain/Snapshot.ts"
import { FeedError, MatchFeed } from "../feed/MatchFeed.ts"

/** What the feed showed. */
export interface Observation {
  readonly snapshots: ReadonlyArray<Snapshot>
  /** How many more did not decode. */
  readonly dropped?: number
  /** The feed asked nobody, for its provider's limits: nothing is known that was not known before, and no match is gone. */
  readonly isPaused?: boolean
}

/** How long the feed may take over one answer. */
export const pollTimeout = Duration.seconds(10)

/** How a feed that does not answer is asked again within the tick: after about 0.2, 0.4 and 0.8 seconds. */
export const feedRetryPolicy = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

const decodeId = Schema.decodeUnknownResult(Schema.Struct({ match: Schema.Struct({ id: Schema.Unknown }) }))

const idOf = (answer: unknown): unknown => {
  const decoded = decodeId(answer)
  return Result.isSuccess(decoded) ? decoded.success.match.id : "unknown"
}

export const makeObserve = Effect.map(MatchFeed, (feed) => {
  const unavailable = (message: string, cause?: unknown) =>
    Effect.fail(
      new FeedError({ feed: feed.name, reason: "unavailable", message, ...(cause === undefined ? {} : { cause }) })
    )

  const poll = feed.poll.pipe(
    Effect.timeoutOrElse({
      duration: pollTimeout,
      orElse: () => unavailable(`the feed ${feed.name} did not answer within ${Duration.format(pollTimeout)}`)
    }),
    Effect.catchDefect((cause) =>
      unavailable(`the feed ${feed.name} broke: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
    ),
    Effect.tapError(({ message, reason }) =>
      reason === "paused"
        ? Effect.void
        : Effect.logWarning("the feed failed").pipe(Effect.annotateLogs({ feed: feed.name, reason: message }))
    ),
    Effect.retry({ schedule: feedRetryPolicy, while: ({ reason }) => reason === "unavailable" })
  )

  const answered = Effect.asSome(poll).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "paused",
      () => Effect.succeedNone
    )
  )

  return Effect.fn("Scanner.observe")(function* (): Effect.fn.Return<Observation, FeedError> {
    const shown = yield* answered
    if (Option.isNone(shown)) return { snapshots: [], isPaused: true }
    const answers = shown.value
    const snapshots: Array<Snapshot> = []
    for (const answer of answers) {
      const decoded = decodeSnapshot(answer)
      if (Result.isSuccess(decoded)) {
        snapshots.push(decoded.success)
      } else {
        yield* Effect.logWarning("a snapshot does not decode and is dropped").pipe(
          Effect.annotateLogs({ match: idOf(answer), reason: problemText(decoded.failure.issue) })
        )
      }
    }
    return { snapshots, dropped: answers.length - snapshots.length }
  })
})
