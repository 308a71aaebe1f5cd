/** The alerts that failed or expired, and another try. */

import { Console, DateTime, Effect, Layer, Schema } from "effect"
import { AlertQueue, alertJob } from "../alert/AlertQueue.ts"
import { AlertTimes, layerAlertTimes } from "../alert/AlertTimes.ts"
import { SharesDataDir } from "../database/embedded/EmbeddedPostgres.ts"
import { TriggerStore } from "../database/TriggerStore.ts"
import { askedUntil } from "../domain/alertExpiry.ts"
import { counted } from "../domain/counted.ts"
import { matchLabel } from "../domain/Match.ts"
import { matchMinuteLabel } from "../domain/Snapshot.ts"
import { TriggerId } from "../domain/Trigger.ts"
import type { Extend } from "../Integration.ts"
import { layerLogging } from "../Logging.ts"
import { chosenBy, storing } from "../Touchline.ts"
import { fired, table } from "./report.ts"

/** The command was not given what it needs. */
class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { message: Schema.String }) {}

/** Runs a command on the stores and the alert queue of the configuration, beside a service that may run. */
const onStores = <A, E>(extend: Extend, command: Effect.Effect<A, E, TriggerStore | AlertQueue>) =>
  Effect.flatMap(chosenBy(extend), ({ parts, service }) =>
    Effect.provide(
      command,
      storing(parts).pipe(
        Layer.provideMerge(Layer.mergeAll(layerLogging(service, process.stderr), layerAlertTimes(service)))
      )
    ).pipe(Effect.provideService(SharesDataDir, true))
  )

/** `touchline alerts failed`. */
export const failed = Effect.fnUntraced(function* (
  extend: Extend,
  { json, limit }: { readonly json: boolean; readonly limit: number }
) {
  const alerts = yield* onStores(
    extend,
    Effect.flatMap(TriggerStore, (store) => store.failedAlerts(limit))
  )
  if (json) {
    const list = alerts.map(({ attempts, reason, trigger }) => ({
      id: trigger.id,
      ...fired(trigger),
      state: trigger.alertState,
      attempts,
      reason
    }))
    return yield* Console.log(JSON.stringify({ failed: list }))
  }
  if (alerts.length === 0) return yield* Console.log("No alert has failed or expired.")
  yield* Console.log(
    table(
      ["id", "strategy", "match", "minute", "attempts", "reason"],
      alerts.map(({ attempts, reason, trigger }) => [
        trigger.id,
        trigger.strategyName,
        matchLabel(trigger.snapshot.match),
        `${matchMinuteLabel(trigger.snapshot.clock)}'`,
        `${attempts}`,
        reason
      ])
    )
  )
})

/** `touchline alerts retry`. */
export const retry = Effect.fnUntraced(function* (
  extend: Extend,
  { all, ids }: { readonly all: boolean; readonly ids: ReadonlyArray<string> }
) {
  if (all === ids.length > 0) {
    return yield* new UsageError({
      message: "name the alerts to retry (`alerts failed` lists them), or all with --all"
    })
  }
  const { expired, pending: again } = yield* onStores(
    extend,
    Effect.gen(function* () {
      const store = yield* TriggerStore
      const now = yield* DateTime.now
      const until = askedUntil(now, (yield* AlertTimes).expires)
      const pending = yield* store.retry(all ? "all" : ids.map((id) => TriggerId.make(id)), until)
      yield* (yield* AlertQueue).offerAgain(pending.map((id) => alertJob(id, now.epochMilliseconds)))
      const { expired } = yield* store.counts
      return { pending, expired }
    })
  )
  if (all || again.length > 0) {
    yield* Console.log(
      `${counted(again.length, "alert")} ${again.length === 1 ? "is" : "are"} pending again: the running service sends what is pending, or the next one started.`
    )
  }
  if (all && expired > 0) {
    yield* Console.log(
      `${counted(expired, "expired alert")} ${expired === 1 ? "is" : "are"} left alone: name those that are to be sent all the same.`
    )
  }
  const unknown = ids.filter((id) => !again.includes(TriggerId.make(id)))
  if (unknown.length > 0) {
    return yield* new UsageError({
      message: `no failed or expired alert has the id ${unknown.join(", ")}: \`alerts failed\` lists those there are`
    })
  }
})
