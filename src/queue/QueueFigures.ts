/**
 * How the queues are doing: how many jobs are in each state, and how fast they were worked lately.
 *
 * Rates come from BullMQ's own metrics, which count the jobs that ended in each minute. They say nothing of the minute
 * under way. On PostgreSQL BullMQ does not tell which minutes it counted; there the latest ones in which jobs ended count.
 */
import type { Metrics } from "bullmq"
import { Clock, Effect } from "effect"
import { countJobs, type JobState } from "./JobQueue.ts"
import { askBull, QueueBackend } from "./QueueBackend.ts"

/** The queues of the service, and whether one is there only where several processes share the work. */
const queues = [
  { name: "scan-tick", isShared: false },
  { name: "scan-shard", isShared: true },
  { name: "send-alert", isShared: false }
] as const

/** How many minutes a rate is the mean of, at most. */
export const rateMinutes = 15

/** One queue. `completed` counts all that ever completed, though the queue keeps none of them. */
export interface QueueFigures extends Record<JobState, number> {
  readonly queue: string
  /** Jobs a minute over the last quarter of an hour, or as long as there was one; null before the first minute is over. */
  readonly completedPerMinute: number | null
  /** Jobs that failed for good. */
  readonly failedPerMinute: number | null
}

const minuteOf = (millis: number): number => Math.floor(millis / 60_000)

/**
 * The mean of the last minutes. BullMQ has a point for each minute up to the one of `prevTS`, the newest first, and in
 * `count - prevCount` those of that minute itself; it adds points only when a job ends, so the minutes since are empty.
 */
export const ratePerMinute = ({ data, meta }: Metrics, now: number): number | null => {
  const isDated = meta.prevTS > 0
  const last = isDated ? minuteOf(meta.prevTS) : minuteOf(now)
  const idle = Math.min(minuteOf(now) - last - 1, rateMinutes)
  const known = idle < 0 ? data : [...Array.from({ length: idle }, () => 0), meta.count - meta.prevCount, ...data]
  const points = known.slice(0, rateMinutes)
  if (points.length === 0) return null
  return points.reduce((sum, point) => sum + point, 0) / points.length
}

/** The names of the queues: those of several processes that share a backend, or of one that has it to itself. */
export const queueNames = ({ exclusive }: { readonly exclusive: boolean }): ReadonlyArray<string> =>
  queues.filter(({ isShared }) => !(exclusive && isShared)).map(({ name }) => name)

/** The names of all queues that the backend has, those of instances with strategies of their own after the others. */
export const allQueueNames = Effect.flatMap(QueueBackend, (backend) =>
  Effect.map(backend.passing, (passing) => [...queueNames(backend), ...passing])
)

/** The same and the queue of amendments, whose jobs hold no trigger or alert back. */
export const workedQueueNames = Effect.map(allQueueNames, (names) => [...new Set([...names, "amend-alert"])])

/** The figures of a queue as they are now. */
export const queueFigures = Effect.fn("queueFigures")(function* (name: string) {
  const backend = yield* QueueBackend
  const queue = yield* backend.queue(name)
  const now = yield* Clock.currentTimeMillis
  const [counts, completed, failed] = yield* askBull(name, "count jobs", () =>
    Promise.all([countJobs(queue), queue.getMetrics("completed"), queue.getMetrics("failed")])
  )
  const rates = [ratePerMinute(completed, now), ratePerMinute(failed, now)] as const
  // What never ended this way has no metrics; that is a rate of none where the other way has one.
  const isKnown = rates.some((rate) => rate !== null)
  const figures: QueueFigures = {
    queue: name,
    ...counts,
    completed: completed.meta.count,
    completedPerMinute: isKnown ? (rates[0] ?? 0) : null,
    failedPerMinute: isKnown ? (rates[1] ?? 0) : null
  }
  return figures
}, Effect.scoped)
