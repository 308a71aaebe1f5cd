/** Works the queue of alerts, and keeps it filled from the outbox. */
import { Duration, Effect, Layer, Metric, Option, Schedule } from "effect"
import { type PendingAlert, TriggerStore } from "../database/TriggerStore.ts"
import * as metrics from "../health/metrics.ts"
import { within } from "../telemetry/TraceParent.ts"
import { AlertChannel } from "./AlertChannel.ts"
import { Alerter } from "./Alerter.ts"
import { AlertQueue, alertConcurrency, alertJob, alertsUnderWay } from "./AlertQueue.ts"
import { AlertTimes } from "./AlertTimes.ts"
import { makeTurns } from "./Turns.ts"

/** Sends the alerts of the queue, five at a time; more are looked up and recorded meanwhile. */
export const layerAlertWorker = Layer.effectDiscard(
  Effect.gen(function* () {
    const queue = yield* AlertQueue
    const alerter = yield* Alerter
    const { stop } = yield* AlertTimes
    yield* queue.work(
      ({ attempt, inSlot, isLast, payload, update }) =>
        alerter
          .alert({
            triggerId: payload.triggerId,
            turn: payload.turn,
            attempt,
            isLast,
            inSlot,
            receipt: Option.fromUndefinedOr(payload.receipt),
            keep: (receipt) => update({ ...payload, receipt })
          })
          .pipe(within(payload.parent)),
      { concurrency: alertsUnderWay, slots: alertConcurrency, grace: stop }
    )
  })
)

/** How often the outbox is swept. */
export const sweepEvery = Duration.seconds(30)

/** Alerts that are looked at and offered at a time. */
const pageSize = 1000

/**
 * Closes what has expired and offers what is pending in the database: what a crash kept from the queue, or the queue has
 * lost. An alert that the queue holds already is not added twice. Answers how many are pending.
 */
export const sweepOutbox = Effect.fn("sweepOutbox")(function* () {
  const queue = yield* AlertQueue
  const triggers = yield* TriggerStore
  const expired = yield* triggers.expire("all", (yield* AlertTimes).expires)
  if (expired.length > 0) {
    const channel = Option.match(yield* Effect.serviceOption(AlertChannel), {
      onNone: () => "none",
      onSome: ({ name }) => name
    })
    yield* Metric.update(metrics.of(metrics.alerts, { channel, outcome: "expired" }), expired.length)
    yield* Effect.logWarning("alerts have expired: they were too late to be of use").pipe(
      Effect.annotateLogs({ alerts: expired.length })
    )
  }
  let [after, found]: [PendingAlert | undefined, number] = [undefined, 0]
  const turns = makeTurns()
  while (true) {
    const page: ReadonlyArray<PendingAlert> = yield* triggers.outbox(pageSize, after)
    yield* queue.offerAgain(
      page.map(({ id, owner, triggeredAt }) => alertJob(id, turns(owner, Date.parse(triggeredAt))))
    )
    found += page.length
    after = page.at(-1)
    if (page.length < pageSize) return found
  }
})

/** A sweep that says so where it fails: the next one comes in `sweepEvery`. */
const sweep = sweepOutbox().pipe(
  Effect.catch(({ message }) =>
    Effect.as(
      Effect.logWarning("the outbox could not be swept").pipe(Effect.annotateLogs({ reason: message })),
      undefined
    )
  )
)

/** Sweeps the outbox at the start and from then on regularly. A sweep that fails stops no start: it would fail at the next too. */
export const layerOutboxSweep = Layer.effectDiscard(
  Effect.gen(function* () {
    const pending = yield* sweep
    if (pending !== undefined && pending > 0)
      yield* Effect.logInfo("alerts were pending and are sent now").pipe(Effect.annotateLogs({ pending }))
    yield* sweep.pipe(Effect.schedule(Schedule.spaced(sweepEvery)), Effect.forkScoped)
  })
)
