/** Matches through the whole pipeline, with data of its own. */

import { Clock, Console, DateTime, Duration, Effect, Layer, Option, Schedule, Schema } from "effect"
import { AlertChannel } from "../alert/AlertChannel.ts"
import { drainAlerts } from "../alert/drain.ts"
import { alertLines } from "../alert/message.ts"
import { type DataDir, embedded } from "../database/embedded/integration.ts"
import { TriggerStore } from "../database/TriggerStore.ts"
import { counted } from "../domain/counted.ts"
import { followed, type Progress, untilEnded } from "../feed/followed.ts"
import { recorded } from "../feed/recorded/integration.ts"
import { RecordedFeed } from "../feed/recorded/RecordedFeed.ts"
import type { Extend, Integration } from "../Integration.ts"
import { layerLogging } from "../Logging.ts"
import { Outcomes } from "../outcome/Outcomes.ts"
import { Scanner } from "../scan/Scanner.ts"
import { layerTicker } from "../scan/Ticker.ts"
import { alerting, chooseFrom, chosenBy, type Invocation, pipeline } from "../Touchline.ts"
import { firedWithResult, judgedTable, resultsOf, resultsText } from "./report.ts"

/** Takes every alert and shows it to nobody: a replay must not wake anyone about a match of years ago. */
const layerSilentChannel = Layer.succeed(
  AlertChannel,
  AlertChannel.of({
    name: "silent",
    send: (alert) => Effect.succeed({ channel: "silent", text: alertLines(alert).join("\n") })
  })
)

/**
 * The least time between two polls, in milliseconds: that of a speed of 6,000. Ticks come no faster than they are worked
 * anyway, and below a few milliseconds each the queue has more to do with them than with the matches.
 */
const shortestInterval = 10

/** More triggers than a replay creates. */
const mostTriggers = 1_000_000

const showProgress = Effect.fnUntraced(function* ({ finished, polls, pollsInAll, total }: Progress) {
  const { triggers } = yield* (yield* Scanner).totals
  const minute = pollsInAll === undefined ? `poll ${polls}` : `minute ${polls} of ${pollsInAll}`
  const text = `${minute}, ${finished} of ${counted(total, "match", "matches")} finished, ${counted(triggers, "trigger")}`
  yield* Effect.sync(() => process.stderr.write(process.stderr.isTTY ? `\r\x1b[2K${text}` : `${text}\n`))
})

const clearProgress = Effect.sync(() => process.stderr.isTTY && process.stderr.write("\r\x1b[2K"))

/** Runs the pipeline until every match has ended and every alert is settled. */
const run = Effect.fnUntraced(function* (played: Effect.Effect<Progress>, interval: Duration.Duration, json: boolean) {
  const store = yield* TriggerStore
  const began = yield* DateTime.now
  const started = yield* Clock.currentTimeMillis
  const progress = Effect.flatMap(played, showProgress).pipe(
    Effect.repeat(Schedule.spaced(process.stderr.isTTY ? "250 millis" : "5 seconds")),
    Effect.ensuring(clearProgress)
  )
  yield* Effect.gen(function* () {
    if (!json) yield* Effect.forkScoped(progress)
    // The ticker is gone when this scope closes, its last scan ended: what follows sees all triggers.
    yield* Effect.scoped(Effect.andThen(Layer.build(layerTicker({ interval })), untilEnded(played)))
    yield* (yield* Outcomes).drain
    yield* drainAlerts
  }).pipe(Effect.scoped, Effect.provide(alerting))

  const { duplicates, failures, scans, snapshots, triggers: created } = yield* (yield* Scanner).totals
  const triggers = yield* store.since(began, mostTriggers)
  return {
    triggers,
    failures,
    counts: {
      matches: (yield* played).total,
      scans,
      snapshots,
      triggers: created,
      duplicates,
      alertsSent: triggers.filter(({ alertState }) => alertState === "sent").length,
      alertsFailed: triggers.filter(({ alertState }) => alertState === "failed").length,
      results: resultsOf(triggers),
      alertsExpired: triggers.filter(({ alertState }) => alertState === "expired").length,
      elapsedMs: (yield* Clock.currentTimeMillis) - started
    }
  }
})

/** No matches were named, and the program has no feed of its own. */
class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { message: Schema.String }) {}

/** What is said at the end of a replay of recorded matches, or of a feed's own. */
const report = Effect.fnUntraced(function* (
  played: Effect.Effect<Progress>,
  { json, speed }: Pick<ReplayOptions, "json" | "speed">,
  { official, skipped }: Pick<RecordedFeed["Service"], "official" | "skipped">
) {
  const interval = Duration.millis(Math.max(shortestInterval, Math.round(60_000 / speed)))
  const { counts, failures, triggers } = yield* run(played, interval, json)
  const known = official.filter((each) => each.official !== undefined)
  const equal = known.filter(({ final, official }) => final.home === official?.home && final.away === official.away)
  if (json) {
    const officialScores = { known: known.length, equal: equal.length }
    return yield* Console.log(JSON.stringify({ ...counts, officialScores, fired: triggers.map(firedWithResult) }))
  }
  if (triggers.length > 0) yield* Console.log(`${judgedTable(triggers)}\n`)
  yield* Console.log(
    [
      `${counted(counts.matches, "match", "matches")}, ${counted(counts.scans, "scan")}, ${counted(counts.snapshots, "snapshot")} in ${(counts.elapsedMs / 1000).toFixed(1)} s`,
      `${counted(counts.triggers, "trigger")}, ${counted(counts.alertsSent, "alert")} sent, ${counts.alertsFailed} failed, ${counted(counts.duplicates, "duplicate")}`,
      resultsText(counts.results),
      ...(counts.alertsExpired > 0 ? [`${counted(counts.alertsExpired, "alert")} expired`] : []),
      ...(official.length > 0
        ? [`${equal.length} of ${counted(known.length, "final score")} equal to the official record`]
        : []),
      ...(skipped.length > 0 ? [`${counted(skipped.length, "file")} skipped`] : []),
      ...(failures > 0 ? [`${counted(failures, "scan")} failed`] : [])
    ].join("\n")
  )
})

export interface ReplayOptions extends Invocation {
  /** Where recorded matches are. None: those of the program's own feed are played. */
  readonly directories: ReadonlyArray<string>
  /** Match time over clock time. */
  readonly speed: number
  /** Where data is kept. None: in memory. */
  readonly dataDir: Option.Option<string>
  readonly json: boolean
}

/** `touchline replay`: matches through the whole pipeline, then the end. */
export const replay = Effect.fnUntraced(function* (extend: Extend, options: ReplayOptions) {
  const { isOwn, parts, service } = yield* chosenBy(extend, options)
  // Nothing of a replay may reach the data of the service, or anybody.
  const place = Option.match(options.dataDir, {
    onNone: (): DataDir => "memory",
    onSome: (directory) => ({ directory })
  })
  const pipelineOf = (feed: Integration) =>
    Effect.map(
      chooseFrom([feed, embedded(place)], () => ({ channel: layerSilentChannel, strategies: parts.strategies })),
      (chosen) => pipeline(chosen.parts, { settleAfter: Duration.zero, results: "off" })
    )
  // A line for each of thousands of scans would bury what matters; LOG_LEVEL=debug shows them.
  const logging = layerLogging(
    { ...service, logLevel: service.logLevel === "info" ? "warn" : service.logLevel },
    process.stderr
  )
  if (options.directories.length > 0) {
    const feed = RecordedFeed.layer({ directories: options.directories })
    return yield* Effect.flatMap(RecordedFeed, (all) => report(all.progress, options, all)).pipe(
      // One layer, built once: what is told of the matches is told of those that are played.
      Effect.provide(Layer.merge(feed, yield* pipelineOf(recorded(feed))).pipe(Layer.provideMerge(logging)))
    )
  }
  if (!isOwn("feed")) {
    return yield* new UsageError({ message: "name the directories whose matches are to be played" })
  }
  const { feed, progress } = yield* followed(parts.feed)
  yield* report(progress, options, { official: [], skipped: [] }).pipe(
    Effect.provide((yield* pipelineOf(recorded(feed))).pipe(Layer.provideMerge(logging)))
  )
})
