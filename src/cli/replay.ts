import { Clock, Console, DateTime, Duration, Effect, Layer, Option, Schedule } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { AlertChannel } from "../alert/AlertChannel.ts"
import { drainAlerts } from "../alert/drain.ts"
import { alertLines } from "../alert/message.ts"
import { config } from "../Config.ts"
import { TriggerStore } from "../database/TriggerStore.ts"
import { RecordedFeed } from "../feed/recorded/RecordedFeed.ts"
import { layerLogging } from "../Logging.ts"
import { Scanner } from "../scan/Scanner.ts"
import { layerTicker } from "../scan/Ticker.ts"
import { alerting, type DataDir, pipeline } from "../Touchline.ts"
import * as flags from "./flags.ts"
import { fired, firedTable } from "./report.ts"

/** Takes every alert and shows it to nobody: a replay must not wake anyone about a match of years ago. */
const layerSilentChannel = Layer.succeed(
  AlertChannel,
  AlertChannel.of({
    name: "silent",
    send: (alert) => Effect.succeed({ channel: "silent", text: alertLines(alert).join("\n") })
  })
)

/** More triggers than a replay creates. */
const mostTriggers = 1_000_000

const showProgress = Effect.gen(function* () {
  const { finished, polls, pollsInAll, total } = yield* (yield* RecordedFeed).progress
  const { triggers } = yield* (yield* Scanner).totals
  const text = `minute ${polls} of ${pollsInAll}, ${finished} of ${total} matches finished, ${triggers} triggers`
  yield* Effect.sync(() => process.stderr.write(process.stderr.isTTY ? `\r\x1b[2K${text}` : `${text}\n`))
})

const clearProgress = Effect.sync(() => process.stderr.isTTY && process.stderr.write("\r\x1b[2K"))

/** Runs the pipeline until every match has ended and every alert is settled. */
const run = Effect.fnUntraced(function* (interval: Duration.Duration, json: boolean) {
  const recorded = yield* RecordedFeed
  const store = yield* TriggerStore
  const began = yield* DateTime.now
  const started = yield* Clock.currentTimeMillis
  const ended = Effect.map(recorded.progress, (progress) => progress.ended).pipe(
    Effect.repeat({ schedule: Schedule.spaced("20 millis"), until: (isEnded) => isEnded })
  )
  const progress = showProgress.pipe(
    Effect.repeat(Schedule.spaced(process.stderr.isTTY ? "250 millis" : "5 seconds")),
    Effect.ensuring(clearProgress)
  )
  yield* Effect.gen(function* () {
    if (!json) yield* Effect.forkScoped(progress)
    // The ticker is gone when this scope closes, its last scan ended: what follows sees all triggers.
    yield* Effect.scoped(Effect.andThen(Layer.build(layerTicker({ interval })), ended))
    yield* drainAlerts
  }).pipe(Effect.scoped, Effect.provide(alerting))

  const { duplicates, failures, scans, snapshots, triggers: created } = yield* (yield* Scanner).totals
  const triggers = yield* store.since(began, mostTriggers)
  return {
    triggers,
    failures,
    counts: {
      matches: recorded.matches,
      scans,
      snapshots,
      triggers: created,
      duplicates,
      alertsSent: triggers.filter(({ alertState }) => alertState === "sent").length,
      alertsFailed: triggers.filter(({ alertState }) => alertState === "failed").length,
      elapsedMs: (yield* Clock.currentTimeMillis) - started
    }
  }
})

/** `touchline replay`: recorded matches through the whole pipeline, then the end. */
export const replay = Command.make(
  "replay",
  {
    directories: Argument.String("DIR").pipe(
      Argument.variadic({ min: 1 }),
      Argument.withDescription("Directories of match files in the Wyscout event format (.json or .json.gz)")
    ),
    speed: flags.speed(600),
    strategies: flags.strategies,
    dataDir: Flag.String("data-dir").pipe(
      Flag.withMetavar("DIR"),
      Flag.optional,
      Flag.withDescription("Keep the data of the run here; without it everything is in memory and gone afterwards")
    ),
    json: flags.json
  },
  Effect.fn(function* ({ dataDir, directories, json, speed, strategies }) {
    const settings = yield* config
    // A line for each of thousands of scans would bury what matters; LOG_LEVEL=debug shows them.
    const logging = { ...settings, logLevel: settings.logLevel === "info" ? ("warn" as const) : settings.logLevel }
    const parts = {
      // Nothing of a replay may reach the data of the service.
      config: { ...settings, redis: Option.none(), supabase: Option.none() },
      feed: RecordedFeed.layer({ directories }),
      channel: layerSilentChannel,
      dataDir: Option.match(dataDir, { onNone: (): DataDir => "memory", onSome: (directory) => ({ directory }) }),
      ...(Option.isSome(strategies) ? { strategies: strategies.value } : {})
    }
    yield* Effect.gen(function* () {
      const { counts, failures, triggers } = yield* run(Duration.millis(Math.max(1, Math.round(60_000 / speed))), json)
      const recorded = yield* RecordedFeed
      const known = recorded.official.filter(({ official }) => official !== undefined)
      const equal = known.filter(({ final, official }) => final.home === official?.home && final.away === official.away)
      if (json) {
        const officialScores = { known: known.length, equal: equal.length }
        return yield* Console.log(JSON.stringify({ ...counts, officialScores, fired: triggers.map(fired) }))
      }
      if (triggers.length > 0) yield* Console.log(`${firedTable(triggers)}\n`)
      yield* Console.log(
        [
          `${counts.matches} matches, ${counts.scans} scans, ${counts.snapshots} snapshots in ${(counts.elapsedMs / 1000).toFixed(1)} s`,
          `${counts.triggers} triggers, ${counts.alertsSent} alerts sent, ${counts.alertsFailed} failed, ${counts.duplicates} duplicates`,
          `${equal.length} of ${known.length} final scores equal to the official record`,
          ...(recorded.skipped.length > 0 ? [`${recorded.skipped.length} files skipped`] : []),
          ...(failures > 0 ? [`${failures} scans failed`] : [])
        ].join("\n")
      )
    }).pipe(Effect.provide(pipeline(parts).pipe(Layer.provideMerge(layerLogging(logging, process.stderr)))))
  })
).pipe(
  Command.withDescription("Run recorded matches through the whole pipeline, then exit"),
  Command.withExamples([
    { command: "touchline replay matches/ --speed 1200", description: "Play every match of a directory, fast" }
  ])
)
