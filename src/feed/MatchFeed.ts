/**
 * The live feed of matches: what every match looks like now.
 *
 * A feed is asked once a tick and answers with the state of each match that it knows, live or not, as it came from
 * outside. The Scanner decodes each snapshot by itself, so that one that is malformed costs that match this tick and
 * nothing else. To add a feed, write a layer of this service: `examples/custom-feed.ts` is a complete one.
 */
import { Context, type Effect, Schema } from "effect"
import type { SnapshotInput } from "../domain/Snapshot.ts"

/** A feed that could not answer. `message` names what was asked and what to do next, and never holds a secret. */
export class FeedError extends Schema.TaggedError<FeedError>()("FeedError", {
  /** The name of the feed. */
  feed: Schema.String,
  /**
   * `unavailable` may pass (network, overload) and is retried within the tick; `refused` will not (key, input). `paused` is
   * no failure: the provider's limits ask for fewer polls, nothing new is known, and the next tick asks again.
   */
  reason: Schema.Literals(["unavailable", "refused", "paused"]),
  message: Schema.String,
  /** Asking again within the tick would spend what the provider's limits have left: the next tick may ask. */
  isFinal: Schema.optionalKey(Schema.Boolean),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** Whether it is the feed that failed. */
export const isFeedError = Schema.is(FeedError)

export class MatchFeed extends Context.Service<
  MatchFeed,
  {
    /** What the banner calls it, such as `simulated (12 matches, seed 1, speed 1)`. */
    readonly name: string
    /**
     * Every match as it stands now, in the encoded form of `Snapshot`; in any order, each match at most once. A match
     * stays in the answer for at least one poll after it finished, so that its end is seen.
     */
    readonly poll: Effect.Effect<ReadonlyArray<SnapshotInput>, FeedError>
    /**
     * These matches as they stand now, for those whose end no poll has shown: some minutes or days later. Ids that the feed
     * does not know (any more) are left out. Absent where a feed has no way to ask for a match that is over.
     */
    readonly finished?: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<SnapshotInput>, FeedError>
    /**
     * When the match was shown as the last poll showed it, in milliseconds by any one clock: by it the match is known to stand
     * still. Absent, or undefined: when it was polled.
     */
    readonly shownAt?: (matchId: string) => number | undefined
    /** How many requests this process has sent to the feed's provider. Absent where a feed asks nobody who counts. */
    readonly requests?: Effect.Effect<number>
  }
>()("touchline/feed/MatchFeed") {}
