/**
 * The last poll of a running service, for commands beside it: they see what it was shown, and ask no feed.
 *
 * Guarantees: a poll waits for nothing here and fails for nothing here. What is kept is one note of the feed, packed, in the
 * place of the one before it; while one is being written no other is begun. A service that is gone is forgotten soon.
 */
import { Clock, Duration, Effect, Layer, Option, Ref, Schema, Semaphore } from "effect"
import type { Database } from "../database/Database.ts"
import { DataDirError } from "../database/embedded/DataDirLock.ts"
import { SharesDataDir } from "../database/embedded/EmbeddedPostgres.ts"
import { FeedMemory } from "../feed/FeedMemory.ts"
import { MatchFeed } from "../feed/MatchFeed.ts"
import { steadyMillis } from "../health/steady.ts"
import { makeLines, type Poll, readPolls } from "./pollFile.ts"
import { packed } from "./recordPolls.ts"

/** The note's name. */
export const lastPollNote = "last-poll"

/** What the feed is called, and its poll as a file of one. */
const Kept = Schema.Struct({ feed: Schema.String, poll: Schema.Uint8ArrayFromBase64 })
const encodeKept = Schema.encodeSync(Kept)
const decodeKept = Schema.decodeUnknownOption(Kept)

/** A poll, and what the feed that showed it is called. */
export interface LastPoll extends Poll {
  readonly feed: string
}

/** The poll that a note holds; none of anything else. */
export const pollOf = (note: unknown): Option.Option<LastPoll> =>
  Option.flatMap(decodeKept(note), ({ feed, poll }) =>
    Option.map(Option.fromUndefinedOr(readPolls(poll).polls[0]), (found) => ({ ...found, feed }))
  )

/** How long a service that keeps silent is taken to run. */
const aliveFor = (interval: Duration.Duration) => Duration.max(Duration.times(interval, 4), Duration.minutes(1))

export interface TellingOptions {
  /** The feed's name in the settings: a command asks for the feed that its own settings name. */
  readonly id: string
  /** POLL_INTERVAL. */
  readonly interval: Duration.Duration
}

/** A feed whose last poll is told to commands beside the service. */
export const tellPolls =
  ({ id, interval }: TellingOptions) =>
  <E, R>(feed: Layer.Layer<MatchFeed, E, R>) =>
    Layer.effect(
      MatchFeed,
      Effect.gen(function* () {
        const inner = yield* MatchFeed
        const memory = yield* FeedMemory
        const scope = yield* Effect.scope
        const writing = yield* Semaphore.make(1)
        const last = yield* Ref.make({ at: Number.NEGATIVE_INFINITY, kept: Option.none<typeof Kept.Encoded>() })
        const keepFor = aliveFor(interval)

        const keep = Effect.fnUntraced(function* (kept: typeof Kept.Encoded) {
          yield* memory.keep(id, { [lastPollNote]: kept }, keepFor)
          yield* Ref.set(last, { at: yield* steadyMillis, kept: Option.some(kept) })
        })
        const tell = Effect.fnUntraced(function* (poll: Poll) {
          yield* keep(encodeKept({ feed: inner.name, poll: yield* packed(makeLines()(poll)) }))
        })
        /** The feed waits longer than a poll is kept, for its provider's limits: its last one is kept on. */
        const keepOn = Effect.gen(function* () {
          const { at, kept } = yield* Ref.get(last)
          const isDue = (yield* steadyMillis) - at > Duration.toMillis(keepFor) / 2
          if (isDue && Option.isSome(kept)) yield* keep(kept.value)
        })
        const beside = <E extends { readonly message: string }>(effect: Effect.Effect<void, E>) =>
          effect.pipe(
            Effect.catch(({ message }) =>
              Effect.logDebug("a poll is not told").pipe(Effect.annotateLogs({ reason: message }))
            ),
            writing.withPermitsIfAvailable(1),
            Effect.forkIn(scope)
          )
        return MatchFeed.of({
          ...inner,
          poll: inner.poll.pipe(
            Effect.tap((matches) =>
              Effect.flatMap(Clock.currentTimeMillis, (at) =>
                Array.isArray(matches) ? beside(tell({ at, matches })) : Effect.void
              )
            ),
            Effect.tapError(({ reason }) => (reason === "paused" ? beside(keepOn) : Effect.void))
          )
        })
      })
    ).pipe(Layer.provide(feed))

/**
 * The last poll of a service that runs on this database with this feed, if there is one. An embedded database is asked through the
 * process that holds it, and never opened. Never fails: a database that does not answer is logged.
 */
export const lastPoll = <E extends { readonly message: string }, R>(
  id: string,
  database: Layer.Layer<Database, E, R>
) =>
  Effect.flatMap(FeedMemory, ({ recall }) => recall(id, [lastPollNote])).pipe(
    Effect.provide(FeedMemory.layerPreview.pipe(Layer.provide(database))),
    Effect.provideService(SharesDataDir, "only"),
    Effect.map((notes) => pollOf(notes[lastPollNote])),
    Effect.catch((error) =>
      error instanceof DataDirError
        ? Effect.succeedNone
        : Effect.logWarning("a running service cannot be asked for its last poll").pipe(
            Effect.annotateLogs({ reason: error.message }),
            Effect.andThen(Effect.succeedNone)
          )
    )
  )
