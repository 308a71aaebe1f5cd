/**
 * The first stage of a scan: asks the feed what matches look like now, and decodes its answer snapshot by snapshot.
 *
 * Guarantees: a feed that does not answer in time, or breaks, has failed; one that is unavailable is asked again within the
 * tick, and one that keeps to its provider's limits has not failed. What cannot be read, be it a part or a whole snapshot, is
 * told once a match and stops nothing else; so is a match that comes twice in one answer, of which one is scanned.
 */
import { Duration, Effect, Option, Result, Schedule, Schema } from "effect"
import { type Decoded, decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { onePerMatch } from "../domain/onePerMatch.ts"
import { brief, problemsOf, problemText } from "../domain/problems.ts"
import type { Snapshot } from "../domain/Snapshot.ts"
import { FeedError, MatchFeed } from "../feed/MatchFeed.ts"
import { makeUnread } from "./Unread.ts"

/** What the feed showed. */
export interface Observation {
  readonly snapshots: ReadonlyArray<Snapshot>
  /** How many more could not be read. */
  readonly dropped?: number
  /** The feed asked nobody, for its provider's limits: nothing is known that was not known before, and no match is gone. */
  readonly isPaused?: boolean
  /** How many parts of these could not be read and were left out. */
  readonly partsLeftOut?: number
}

/** How long the feed may take over one answer. */
export const pollTimeout = Duration.seconds(10)

/** How a feed that does not answer is asked again within the tick: after about 0.2, 0.4 and 0.8 seconds. */
export const feedRetryPolicy = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

const decodeId = Schema.decodeUnknownResult(Schema.Struct({ match: Schema.Struct({ id: Schema.Unknown }) }))

const idOf = (answer: unknown): string =>
  Result.match(decodeId(answer), {
    onFailure: () => "unknown",
    onSuccess: ({ match }) => brief(String(match.id))
  })

export const makeObserve = Effect.map(MatchFeed, (feed) => {
  const unavailable = (message: string, cause?: unknown) =>
    Effect.fail(
      new FeedError({ feed: feed.name, reason: "unavailable", message, ...(cause === undefined ? {} : { cause }) })
    )

  const poll = feed.poll.pipe(
    Effect.filterOrElse(Array.isArray, () =>
      unavailable(`the feed ${feed.name} answered with something else than a list`)
    ),
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
    Effect.retry({
      schedule: feedRetryPolicy,
      while: ({ isFinal, reason }) => reason === "unavailable" && isFinal !== true
    })
  )

  const answered = Effect.asSome(poll).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "paused",
      () => Effect.succeedNone
    )
  )

  const parts = makeUnread()
  const wholes = makeUnread()
  const twice = makeUnread()

  return Effect.fn("Scanner.observe")(function* (): Effect.fn.Return<Observation, FeedError> {
    const shown = yield* answered
    if (Option.isNone(shown)) return { snapshots: [], isPaused: true }
    const answers = shown.value
    const read: Array<Decoded> = []
    for (const answer of answers) {
      const decoded = decodeSnapshot(answer)
      if (Result.isSuccess(decoded)) {
        read.push(decoded.success)
      } else {
        const problems = problemsOf(decoded.failure.issue)
        const part = problems.map(({ path }) => path).join(", ")
        wholes.note(idOf(answer), [{ part, reason: problemText(decoded.failure.issue) }])
      }
    }
    const { kept, others } = onePerMatch(read)
    let partsLeftOut = 0
    for (const { faults, snapshot } of kept) {
      partsLeftOut += faults.length
      if (faults.length > 0) parts.note(snapshot.match.id, faults)
    }
    for (const { snapshot } of others) {
      const reason = "one answer of the feed shows the match more than once"
      twice.note(snapshot.match.id, [{ part: "match.id", reason }])
    }
    const snapshots = kept.map(({ snapshot }) => snapshot)
    yield* parts.tell("a part of a match cannot be read and is left out; the match is scanned without it")
    yield* wholes.tell("a match cannot be read and is left out")
    yield* twice.tell("a match comes twice: what is further on of it is scanned, and the other left out")
    return { snapshots, dropped: answers.length - snapshots.length, partsLeftOut }
  })
})
