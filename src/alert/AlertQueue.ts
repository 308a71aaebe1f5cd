/** The queue of alerts to be sent: `send-alert`. */
import { Context, Effect, Layer, Schedule, Schema } from "effect"
import { Receipt } from "../domain/Alert.ts"
import { idPart, TriggerId } from "../domain/Trigger.ts"
import { type JobQueue, makeJobQueue } from "../queue/JobQueue.ts"
import { parented, type TraceParent } from "../telemetry/TraceParent.ts"
import { priorityOf } from "./Turns.ts"

/**
 * A job of the queue: which trigger to alert, when it is its turn (in milliseconds since 1970; older versions do not say), and
 * the channel's receipt once it took the alert. `parent`: the trace of the tick that made the trigger.
 */
export const AlertJob = Schema.Struct({
  triggerId: TriggerId,
  turn: Schema.optionalKey(Schema.Finite),
  receipt: Schema.optionalKey(Receipt),
  ...parented
})
export interface AlertJob extends Schema.Schema.Type<typeof AlertJob> {}

/** Three attempts: the second 2 s after the first failed, the third 4 s after the second. */
export const alertRetryPolicy = Schedule.exponential("2 seconds").pipe(Schedule.upTo({ times: 2 }))

/** Alerts that one process sends at the same time. */
export const alertConcurrency = 5

/** Failed jobs that the queue keeps. */
const keptFailed = 10_000

/** Alerts that one process has under way, those that it looks up and records among them. */
export const alertsUnderWay = 100

/** The job that alerts a trigger in its turn. Its id comes from the trigger's, so that offering it twice is harmless. */
export const alertJob = (triggerId: TriggerId, turn: number, traced: { readonly parent?: TraceParent } = {}) => ({
  id: `alert-${idPart(triggerId)}`,
  payload: { triggerId, turn, ...traced },
  priority: priorityOf(turn)
})

export class AlertQueue extends Context.Service<AlertQueue, JobQueue<AlertJob>>()("touchline/alert/AlertQueue") {
  /** On the QueueBackend. The latest `keptFailed` failed jobs are kept; the triggers' rows know of all. */
  static readonly layer = Layer.effect(
    AlertQueue,
    makeJobQueue({
      name: "send-alert",
      payload: AlertJob,
      retry: alertRetryPolicy,
      keepFailed: keptFailed,
      // An alert that was sent is never sent again, whatever became of its job since.
      revive: (had, offered) => (had.receipt === undefined ? offered : { ...offered, receipt: had.receipt })
    }).pipe(Effect.map(AlertQueue.of))
  )
}
