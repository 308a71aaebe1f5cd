/**
 * Retention: the details of triggers are kept for so many days, where the settings say so.
 *
 * Guarantees: what is forgotten is what a trigger's message was made of (figures, odds, evidence, its text), once nothing is
 * to be told or judged of it any more. The pair, its result and its times stay: no pair is triggered again, and no counter
 * changes, nor does a recount.
 */
import { DateTime, Duration, Effect, Layer, Option, Schedule, Schema } from "effect"
import { Database, decodeRows } from "./Database.ts"

/** How often it is looked for what is too old. */
export const forgetEvery = Duration.hours(1)

/** Snapshots of one call, each with the triggers of a match: more would keep others waiting. */
const pageSize = 200

const decodeForgotten = decodeRows("forgotten details", Schema.Struct({ snapshots: Schema.Int, triggers: Schema.Int }))

/** Forgets the details of all settled triggers that are older than this. Answers how many triggers lost theirs. */
export const forgetDetails = Effect.fn("forgetDetails")(function* (age: Duration.Duration) {
  const { call } = yield* Database
  const before = DateTime.formatIso(DateTime.subtractDuration(yield* DateTime.now, age))
  let all = 0
  while (true) {
    const [page] = yield* decodeForgotten(yield* call("forget_trigger_details", { before, max_rows: pageSize }))
    all += page?.triggers ?? 0
    if (page === undefined || page.snapshots === 0) return all
    // Whoever waits for the database goes first.
    yield* Effect.sleep("100 millis")
  }
})

/** Forgets what is older than the setting says, from time to time. Without a setting everything is kept. */
export const layerRetention = ({ triggerDays }: { readonly triggerDays: Option.Option<Duration.Duration> }) =>
  Option.match(triggerDays, {
    onNone: () => Layer.empty,
    onSome: (age) =>
      Layer.effectDiscard(
        forgetDetails(age).pipe(
          Effect.tap((triggers) =>
            triggers === 0
              ? Effect.void
              : Effect.logInfo("details of old triggers were forgotten").pipe(Effect.annotateLogs({ triggers }))
          ),
          Effect.catch(({ message }) =>
            Effect.logWarning("details of old triggers could not be forgotten; it is tried again in an hour").pipe(
              Effect.annotateLogs({ reason: message })
            )
          ),
          Effect.schedule(Schedule.spaced(forgetEvery)),
          Effect.delay("1 minute"),
          Effect.forkScoped
        )
      )
  })
