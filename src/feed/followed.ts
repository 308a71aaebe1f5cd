/** How far the matches of a feed have come, for a run that is to end with them. */
import { Duration, Effect, Layer, Ref, Schedule, Schema } from "effect"
import { isOver } from "../domain/Snapshot.ts"
import { steadyMillis } from "../health/steady.ts"
import { MatchFeed } from "./MatchFeed.ts"

/** How far a run has come. */
export interface Progress {
  /** Polls answered so far. */
  readonly polls: number
  /** How many there will be, where that is known. */
  readonly pollsInAll?: number
  /** Matches that a poll has shown as finished. */
  readonly finished: number
  /** Matches in all, as far as they are known. */
  readonly total: number
  /** Whether every match has been shown as finished. */
  readonly ended: boolean
}

/** How long a run waits for its first match. */
export const firstMatchWithin = Duration.minutes(1)

/** A feed that shows no match has none whose end a run could wait for. */
export class NothingPlayed extends Schema.TaggedError<NothingPlayed>()("NothingPlayed", { message: Schema.String }) {}

/** Waits until every match has ended. Fails with NothingPlayed when there is none within `firstMatchWithin`. */
export const untilEnded = Effect.fnUntraced(function* (progress: Effect.Effect<Progress>) {
  const started = yield* steadyMillis
  const look = Effect.gen(function* () {
    const { ended, polls, total } = yield* progress
    const waited = (yield* steadyMillis) - started
    if (total > 0 || waited < Duration.toMillis(firstMatchWithin)) return ended
    const did = polls === 0 ? "has not answered" : "has shown no match"
    return yield* new NothingPlayed({
      message: `the feed ${did} within ${Duration.format(firstMatchWithin)}: there is nothing to play`
    })
  })
  yield* Effect.repeat(look, { schedule: Schedule.spaced("20 millis"), until: (isEnded) => isEnded })
})

/**
 * A feed as it is, and its progress: it has ended when every match that it has ever shown is over, or is shown no
 * more. A feed that goes on with new matches for ever does not end.
 */
export const followed = <E, R>(feed: Layer.Layer<MatchFeed, E, R>) =>
  Effect.map(
    Ref.make<Progress & { readonly over: ReadonlyMap<string | number, boolean> }>({
      polls: 0,
      finished: 0,
      total: 0,
      ended: false,
      over: new Map()
    }),
    (state) => ({
      progress: Ref.get(state),
      feed: Layer.effect(
        MatchFeed,
        Effect.map(MatchFeed, ({ poll, ...feed }) =>
          MatchFeed.of({
            ...feed,
            poll: Effect.tap(poll, (shown) =>
              Ref.update(state, ({ over: before, polls }) => {
                const over = new Map<string | number, boolean>([...before.keys()].map((id) => [id, true]))
                for (const { clock, match } of shown) over.set(match.id, isOver(clock))
                const finished = [...over.values()].filter((each) => each).length
                return {
                  over,
                  polls: polls + 1,
                  finished,
                  total: over.size,
                  ended: over.size > 0 && finished === over.size
                }
              })
            )
          })
        )
      ).pipe(Layer.provide(feed))
    })
  )
