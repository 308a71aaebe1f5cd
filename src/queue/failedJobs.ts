/** Jobs that have failed for good, as BullMQ keeps them. */
import type { Job } from "bullmq"
import { Equal } from "effect"
import type { BullQueue } from "./QueueBackend.ts"

/** Ids that are asked for at a time. */
const idsPerCall = 10_000

/** Those of the ids whose jobs have failed for good. Reads the ids of failed jobs and nothing else of them. */
export const failedOf = async (queue: BullQueue, ids: ReadonlySet<string>): Promise<ReadonlySet<string>> => {
  const failed = new Set<string>()
  for (let start = 0; ; start += idsPerCall) {
    const page = await queue.getRanges(["failed"], start, start + idsPerCall - 1)
    for (const id of page) if (ids.has(id)) failed.add(id)
    if (page.length < idsPerCall) return failed
  }
}

/** Makes a failed job wait again with this payload, its attempts counted anew. Harmless where somebody else just did. */
export const beginAnew = async (job: Job<unknown>, payload: unknown): Promise<void> => {
  // Left alone where it is the same: a process that has begun the job by now notes in it what it did.
  if (!Equal.equals(payload, job.data)) await job.updateData(payload)
  try {
    await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true })
  } catch (cause) {
    if (await job.isFailed()) throw cause
  }
}
