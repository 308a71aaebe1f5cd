import { Duration, Effect, Schedule } from "effect"
import { Alerter } from "./Alerter.ts"
import { AlertQueue } from "./AlertQueue.ts"
import { sweepOutbox } from "./AlertWorker.ts"

/** How often the queue is looked at. */
const lookEvery = "50 millis"

/** How long an outage of the channel is waited for. */
const patience = Duration.seconds(10)

/**
 * Waits until every alert is settled (sent, failed for good or expired): nothing is under way in the queue, and nothing
 * pending in the outbox. While the channel takes nothing that is waited for ten seconds: what is pending then is left to the
 * next process, which a line says. For commands that run once; something must be working the queue meanwhile.
 */
export const drainAlerts = Effect.gen(function* () {
  const { active, delayed, waiting } = yield* (yield* AlertQueue).counts
  if (active + delayed + waiting === 0) return (yield* sweepOutbox()) === 0
  if (Duration.isLessThan(yield* (yield* Alerter).outage, patience)) return false
  yield* Effect.logWarning("the channel takes no alerts: those that are pending are left to the next process").pipe(
    Effect.annotateLogs({ alerts: active + delayed + waiting })
  )
  return true
}).pipe(Effect.repeat({ schedule: Schedule.spaced(lookEvery), until: (isDrained) => isDrained }), Effect.asVoid)
