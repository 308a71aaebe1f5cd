import { Effect, Schedule } from "effect"
import { AlertQueue } from "./AlertQueue.ts"
import { sweepOutbox } from "./AlertWorker.ts"

/** How often the queue is looked at. */
const lookEvery = "50 millis"

/**
 * Waits until every alert was sent or has failed for good: nothing is under way in the queue, and nothing pending in
 * the outbox. For commands that run once; something must be working the queue meanwhile.
 */
export const drainAlerts = Effect.gen(function* () {
  const { active, delayed, waiting } = yield* (yield* AlertQueue).counts
  return active + delayed + waiting > 0 ? false : (yield* sweepOutbox()) === 0
}).pipe(Effect.repeat({ schedule: Schedule.spaced(lookEvery), until: (isDrained) => isDrained }), Effect.asVoid)
