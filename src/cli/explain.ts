import { Console, Effect, Option, Path, type PlatformError, Result, Schema } from "effect"
import { judgeSeen, recordingOf, type Seen, seenOf } from "../backtest/Recording.ts"
import type { StrategyDefinition } from "../domain/Strategy.ts"
import { officialRecords, readRecordedMatch } from "../feed/recorded/RecordedFiles.ts"
import { layerLogging } from "../Logging.ts"
import { recordingsIn } from "../recording/readRecordings.ts"
import type { View } from "../rules/evaluate.ts"
import { explainMatch } from "../rules/explain/nearMisses.ts"
import { diagnosticText } from "../rules/language/Diagnostic.ts"
import { diagnosticsOf } from "../rules/language/StrategyProblem.ts"
import { serviceSettings } from "../ServiceConfig.ts"
import { readStrategyFiles } from "../strategies/StrategyDirectory.ts"
import { explanationJson, explanationText } from "./explanationReport.ts"

/** There is nothing to explain: a file cannot be used, or the match was not played at that minute. */
class ExplainError extends Schema.TaggedError<ExplainError>()("ExplainError", { message: Schema.String }) {}

/** Why the system does not read a file, in plain words. */
const unreadable = ({ message, reason }: PlatformError.PlatformError): string =>
  reason._tag === "NotFound" ? "there is no such file" : reason._tag === "BadResource" ? "it is a directory" : message

const readStrategy = Effect.fnUntraced(function* (file: string) {
  const [read, ...more] = yield* readStrategyFiles(file)
  if (read === undefined || more.length > 0) {
    return yield* new ExplainError({ message: `${file} is a directory: name one strategy file` })
  }
  if (Result.isSuccess(read)) return read.success.definition
  yield* Console.error(diagnosticsOf(read.failure).map(diagnosticText).join("\n\n"))
  return yield* new ExplainError({ message: `${file} holds no strategy that can be used` })
})

/** A match of recorded polls, which is named by their directory and its id: `recordings/19874789`. */
const recordedMatch = Effect.fnUntraced(function* (file: string) {
  const path = yield* Path.Path
  const { matches } = yield* recordingsIn([path.dirname(file)])
  return matches.find(({ match }) => match.id === path.basename(file))
})

const readMatch = Effect.fnUntraced(function* (name: string) {
  const path = yield* Path.Path
  const file = path.resolve(name)
  const ofPolls = yield* Effect.orElseSucceed(recordedMatch(file), () => undefined)
  if (ofPolls !== undefined) return seenOf(yield* Effect.fromResult(recordingOf(ofPolls)))
  const { records } = yield* officialRecords([file])
  const recording = yield* readRecordedMatch(file, records).pipe(
    Effect.flatMap((match) => Effect.fromResult(recordingOf(match))),
    Effect.mapError(
      (error) =>
        new ExplainError({
          message: `${name} holds no match that can be read: ${error._tag === "PlatformError" ? unreadable(error) : error.message}`
        })
    )
  )
  return seenOf(recording)
})

/** The view of a minute written as `67` or `90+4`, or the last one before it. */
const viewAt = Effect.fnUntraced(function* (views: ReadonlyArray<View>, text: string) {
  if (!/^\d{1,3}(\+\d{1,2})?$/.test(text)) {
    return yield* new ExplainError({ message: `a minute is written as 67 or 90+4, not ${text}` })
  }
  const [minute = 0, added = 0] = text.split("+").map(Number)
  const view = views.findLast(
    ({ snapshot: { clock } }) => clock.minute < minute || (clock.minute === minute && clock.added <= added)
  )
  return view ?? (yield* new ExplainError({ message: `the match has no minute ${text}` }))
})

const explanationOf = Effect.fnUntraced(function* (
  strategy: StrategyDefinition,
  seen: Seen,
  minute: Option.Option<string>
) {
  const { views } = seen
  const { best, minutes } = explainMatch(strategy, views)
  const view = Option.isSome(minute) ? yield* viewAt(views, minute.value) : best[0]?.view
  const shown = minutes.find((each) => each.view === view)
  if (shown === undefined) return yield* new ExplainError({ message: "the match has no minute in play" })
  const fires = best.find(({ explanation }) => explanation.holds)
  return {
    strategy,
    asked: Option.getOrUndefined(minute),
    shown,
    best,
    outcome: fires && judgeSeen(seen, strategy.expect, views.indexOf(fires.view))
  }
})

/** `touchline explain`: why a strategy fired on a recorded match, or why it did not. */
export const explain = Effect.fnUntraced(function* ({
  json,
  match,
  minute,
  strategy
}: {
  readonly json: boolean
  readonly match: string
  readonly minute: Option.Option<string>
  readonly strategy: string
}) {
  yield* Effect.gen(function* () {
    const explained = yield* explanationOf(yield* readStrategy(strategy), yield* readMatch(match), minute)
    yield* Console.log(json ? JSON.stringify(explanationJson(explained)) : explanationText(explained))
  }).pipe(Effect.provide(layerLogging(yield* serviceSettings.read, process.stderr)))
})
