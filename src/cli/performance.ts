/** How strategies have done. */

import { Console, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SharesDataDir } from "../database/embedded/EmbeddedPostgres.ts"
import { counted } from "../domain/counted.ts"
import type { Extend } from "../Integration.ts"
import { layerLogging } from "../Logging.ts"
import { OutcomeStore } from "../outcome/OutcomeStore.ts"
import { performance as read, recount, unreadableTriggers } from "../outcome/Performance.ts"
import { chosenBy } from "../Touchline.ts"
import { performanceCsv, performanceJson, performanceTable } from "./performanceReport.ts"

/** The command was not given what it needs. */
class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { message: Schema.String }) {}

export interface PerformanceCommand {
  readonly strategy: Option.Option<string>
  readonly since: Option.Option<string>
  readonly by: Option.Option<"competition">
  readonly recount: boolean
  readonly json: boolean
  readonly csv: boolean
}

/** A date, and what may follow it: what is less is read as some year by one machine and as another by the next. */
const dated = /^\d{4}-\d\d-\d\d(?:[T ]|$)/

/** The years that every database knows. */
const isKnown = ({ year }: { readonly year: number }): boolean => year >= 1 && year <= 9999

/** The time that a text such as 2026-11-01 or 2026-11-01T15:00:00Z names. Fails as `UsageError` where it names none. */
export const timeOf = (text: string) =>
  Effect.fromOption(dated.test(text) ? DateTime.make(text) : Option.none()).pipe(
    Effect.map(DateTime.toUtc),
    Effect.filterOrFail((time) => isKnown(DateTime.toPartsUtc(time))),
    Effect.mapError(
      () =>
        new UsageError({ message: `--since takes a date or time such as 2026-11-01, and got ${JSON.stringify(text)}` })
    )
  )

/** `touchline performance`: from the database, beside a service that may run. */
export const performance = Effect.fnUntraced(function* (extend: Extend, options: PerformanceCommand) {
  const { by, csv, json, strategy } = options
  if (csv && json) return yield* new UsageError({ message: "--json and --csv are two forms of one answer: take one" })
  const since = yield* Option.match(options.since, {
    onNone: () => Effect.undefined,
    onSome: (text) => Effect.map(timeOf(text), (time): DateTime.Utc | undefined => time)
  })
  const { parts, service } = yield* chosenBy(extend)
  const logging = layerLogging(service, process.stderr)
  yield* Effect.gen(function* () {
    if (options.recount) {
      const mended = yield* recount
      yield* Console.error(
        `The counters were counted anew: ${mended} of them ${mended === 1 ? "was" : "were"} not what the triggers say.`
      )
    }
    const all = yield* read({ strategy: Option.getOrUndefined(strategy), since, byCompetition: Option.isSome(by) })
    if (Option.isSome(strategy) && all.length === 0) {
      return yield* new UsageError({ message: `no strategy has the id or name ${strategy.value}` })
    }
    const unreadable = yield* Effect.provide(unreadableTriggers(), OutcomeStore.layer({ amend: false }))
    if (json) return yield* Console.log(JSON.stringify(performanceJson(all, unreadable)))
    if (csv) return yield* Console.log((yield* performanceCsv(all)).trimEnd())
    yield* Console.log(all.length === 0 ? "No strategy is known yet." : performanceTable(all))
    if (unreadable > 0) {
      yield* Console.log(
        `${counted(unreadable, "trigger")} cannot be read and ${unreadable === 1 ? "stays" : "stay"} open: the log says which, and why.`
      )
    }
  }).pipe(Effect.provide(Layer.provideMerge(parts.database, logging)), Effect.provideService(SharesDataDir, true))
})
