import { Clock, Console, Context, Duration, Effect, Layer, Option, Ref, Schedule } from "effect"
import { counted } from "../domain/counted.ts"
import { FeedMemory } from "../feed/FeedMemory.ts"
import { isFeedError, MatchFeed } from "../feed/MatchFeed.ts"
import { steadyMillis } from "../health/steady.ts"
import type { Extend } from "../Integration.ts"
import { layerLogging } from "../Logging.ts"
import { lastPoll } from "../recording/lastPoll.ts"
import type { Poll } from "../recording/pollFile.ts"
import { makeRecorder } from "../recording/recordPolls.ts"
import { chosenBy, feedId, type Invocation } from "../Touchline.ts"
import { untilStopped } from "./untilStopped.ts"

export interface RecordOptions extends Invocation {
  readonly directory: string
  readonly days: number
}

/**
 * `touchline record`: records what the feed shows, until stopped; nothing is scanned. Beside a running service it takes that
 * service's polls, looking twice as often as they come, and asks the feed itself while there is none.
 */
export const record = Effect.fnUntraced(function* (extend: Extend, { days, directory, ...invocation }: RecordOptions) {
  const chosen = yield* chosenBy(extend, invocation)
  const { parts, service } = chosen
  const logging = layerLogging(service, process.stdout)
  const interval = Duration.toMillis(service.pollInterval)
  const recorder = yield* makeRecorder({ directory, days })
  const recorded = yield* Ref.make(0)
  const write = (poll: Poll) =>
    Effect.flatMap(recorder(poll), (isWritten) => Ref.update(recorded, (count) => count + (isWritten ? 1 : 0)))
  const summary = Effect.flatMap(Ref.get(recorded), (polls) =>
    Console.log(`stopped: ${counted(polls, "poll")} recorded to ${directory}`)
  )
  const own = yield* Effect.cached(Layer.build(Layer.provide(parts.feed, FeedMemory.layerMemory)))
  /** When the last poll of the service was answered, and when this process last asked, by a clock that nobody sets. */
  const last = yield* Ref.make({ at: Number.NEGATIVE_INFINITY, asked: Number.NEGATIVE_INFINITY, from: "" })
  const from = Effect.fnUntraced(function* (source: string) {
    if ((yield* Ref.get(last)).from === source) return
    yield* Ref.update(last, (known) => ({ ...known, from: source }))
    yield* Effect.logInfo("recording").pipe(Effect.annotateLogs({ from: source, directory }))
  })

  const ask = Effect.gen(function* () {
    const feed = Context.get(yield* own, MatchFeed)
    yield* from(feed.name)
    const started = yield* steadyMillis
    yield* Ref.update(last, (known) => ({ ...known, asked: started }))
    const matches = yield* feed.poll
    yield* write({ at: yield* Clock.currentTimeMillis, matches })
    const ms = Math.round((yield* steadyMillis) - started)
    yield* Effect.logInfo("recorded").pipe(Effect.annotateLogs({ matches: matches.length, ms }))
  })

  const look = Effect.gen(function* () {
    const found = yield* lastPoll(feedId(chosen), parts.database)
    const { asked, at } = yield* Ref.get(last)
    if (Option.isNone(found)) return (yield* steadyMillis) - asked < interval * 0.75 ? undefined : yield* ask
    yield* from(`the running service: ${found.value.feed}`)
    if (found.value.at === at) return
    yield* write(found.value)
    yield* Ref.update(last, (known) => ({ ...known, at: found.value.at }))
    yield* Effect.logInfo("recorded").pipe(Effect.annotateLogs({ matches: found.value.matches.length }))
  })

  yield* Console.log(`recording to ${directory} every ${Duration.format(service.pollInterval)}`)
  yield* look.pipe(
    Effect.catchIf(isFeedError, ({ message, reason }) =>
      Effect.logWithLevel(reason === "paused" ? "Debug" : "Warn")("the feed shows nothing; it is asked again").pipe(
        Effect.annotateLogs({ reason: message })
      )
    ),
    Effect.repeat(Schedule.fixed(Duration.millis(interval / 2))),
    Effect.provide(logging),
    untilStopped(summary)
  )
}, Effect.scoped)
