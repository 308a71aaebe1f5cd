import { Console, DateTime, Effect, Layer } from "effect"
import { layerAlertTimes } from "../alert/AlertTimes.ts"
import { drainAlerts } from "../alert/drain.ts"
import { SharesDataDir } from "../database/embedded/EmbeddedPostgres.ts"
import { TriggerStore } from "../database/TriggerStore.ts"
import { counted } from "../domain/counted.ts"
import type { Candidate } from "../domain/Trigger.ts"
import type { Extend } from "../Integration.ts"
import { layerLogging } from "../Logging.ts"
import { Outcomes } from "../outcome/Outcomes.ts"
import { layerOwnerLimits } from "../rules/rows/limits.ts"
import { Scanner } from "../scan/Scanner.ts"
import { alerting, chosenBy, type Invocation, pipeline, previewing } from "../Touchline.ts"
import { fired, firedTable } from "./report.ts"

/** More triggers than one scan creates. */
const mostTriggers = 1_000_000

const firedWithEvidence = (candidates: ReadonlyArray<Candidate>) =>
  candidates.map((candidate) => ({ ...fired(candidate), evidence: candidate.evidence }))

const preview = Effect.fnUntraced(function* (json: boolean) {
  const { candidates, dropped, leftOut, snapshots, strategies, triggered } = yield* (yield* Scanner).preview
  if (json) {
    const counts = { matches: snapshots, dropped, strategies, leftOut, alreadyTriggered: triggered }
    return yield* Console.log(JSON.stringify({ dryRun: true, ...counts, fired: firedWithEvidence(candidates) }))
  }
  if (candidates.length > 0) yield* Console.log(`${firedTable(candidates)}\n`)
  yield* Console.log(
    `Dry run: matches ${snapshots}, strategies ${strategies}: ${candidates.length} would fire, ${triggered} fired before. Nothing was created or sent.`
  )
})

const once = Effect.fnUntraced(function* (json: boolean) {
  const store = yield* TriggerStore
  const before = yield* DateTime.now
  const report = yield* (yield* Scanner).scan
  const outcomes = yield* Outcomes
  yield* outcomes.catchUp
  yield* drainAlerts.pipe(Effect.provide(alerting))
  const created = yield* store.since(before, mostTriggers)
  const triggers = created.filter(({ triggeredAt }) => DateTime.isGreaterThanOrEqualTo(triggeredAt, before))
  const alertsSent = triggers.filter(({ alertState }) => alertState === "sent").length
  const alertsFailed = triggers.filter(({ alertState }) => alertState === "failed").length
  const alertsPending = triggers.filter(({ alertState }) => alertState === "pending").length
  const { hits, misses, voids } = yield* outcomes.totals
  if (json) {
    const { dropped, duplicates, snapshots } = report
    const results = { hits, misses, voids }
    const counts = {
      matches: snapshots,
      dropped,
      triggers: report.triggers,
      duplicates,
      alertsSent,
      alertsFailed,
      alertsPending,
      results
    }
    return yield* Console.log(JSON.stringify({ dryRun: false, ...counts, fired: firedWithEvidence(triggers) }))
  }
  if (triggers.length > 0) yield* Console.log(`${firedTable(triggers)}\n`)
  yield* Console.log(
    `${counted(report.snapshots, "match", "matches")}: ${counted(report.triggers, "trigger")}, ${counted(alertsSent, "alert")} sent, ${alertsFailed} failed${alertsPending === 0 ? "" : `, ${alertsPending} pending`}. Results: ${hits + misses + voids}.`
  )
})

/** `touchline scan`: one cycle, its alerts included, then the end. */
export const scan = Effect.fnUntraced(function* (
  extend: Extend,
  { json, ...invocation }: Invocation & { readonly json: boolean }
) {
  const { parts, service } = yield* chosenBy(extend, invocation)
  const logging = layerLogging(service, process.stderr)
  const command =
    invocation.dryRun === true
      ? preview(json).pipe(Effect.provide(Layer.provideMerge(previewing(parts), logging)))
      : once(json).pipe(
          Effect.provide(
            Layer.provideMerge(
              pipeline(parts, service),
              Layer.mergeAll(logging, layerAlertTimes(service), layerOwnerLimits(service))
            )
          )
        )
  yield* Effect.provideService(command, SharesDataDir, true)
})
