import { Clock, Console, Duration, Effect, Layer, Schedule } from "effect"
import { FeedMemory } from "../feed/FeedMemory.ts"
import { MatchFeed } from "../feed/MatchFeed.ts"
import type { Extend } from "../Integration.ts"
import { layerLogging } from "../Logging.ts"
import { recordPolls } from "../recording/recordPolls.ts"
import { chosenBy, type Invocation } from "../Touchline.ts"

export interface RecordOptions extends Invocation {
  readonly directory: string
  readonly days: number
}

/** `touchline record`: asks the feed every POLL_INTERVAL and records what it shows, until stopped. Nothing is scanned. */
export const record = Effect.fnUntraced(function* (extend: Extend, { days, directory, ...invocation }: RecordOptions) {
  const { parts, service } = yield* chosenBy(extend, invocation)
  const feed = recordPolls({ directory, days })(parts.feed).pipe(Layer.provide(FeedMemory.layerMemory))
  yield* Effect.gen(function* () {
    const { name, poll } = yield* MatchFeed
    yield* Console.log(`recording ${name} every ${Duration.format(service.pollInterval)} to ${directory}`)
    yield* Effect.gen(function* () {
      const started = yield* Clock.currentTimeMillis
      const matches = yield* poll
      yield* Effect.logInfo("recorded").pipe(
        Effect.annotateLogs({ matches: matches.length, ms: (yield* Clock.currentTimeMillis) - started })
      )
    }).pipe(
      Effect.catch(({ message }) =>
        Effect.logWarning("the feed failed; it is asked again at the next poll").pipe(
          Effect.annotateLogs({ reason: message })
        )
      ),
      Effect.repeat(Schedule.fixed(service.pollInterval))
    )
  }).pipe(Effect.provide(Layer.provideMerge(feed, layerLogging(service, process.stdout))))
})
