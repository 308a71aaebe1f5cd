/**
 * Lets no job wait longer than it was put off for. BullMQ writes down by the machine's clock when a job is due, so that
 * jobs put off before a clock is set back, or by a process whose clock is ahead, would wait for as long as the step.
 *
 * Guarantees: such a job goes on once its delay has passed twice over since it was put off, and a quarter of a minute; none
 * goes on early. The time that passes is measured with the timer of this process.
 */
import type { Job } from "bullmq"
import { Duration, Effect } from "effect"
import { askBull, type BullQueue } from "./QueueBackend.ts"

/** How often jobs are looked at. */
const lookEvery = Duration.seconds(5)

/** How many jobs are looked at: those due last, where wrong ones are. When they have gone on, others come in sight. */
const inSight = 100

/** One time that a job was put off. */
const occasionOf = ({ id, processedOn, timestamp }: Job<unknown>): string => `${id} ${processedOn ?? timestamp}`

/** Looks after the delayed jobs of a queue until the scope closes. */
export const keepDelays = Effect.fnUntraced(function* (name: string, bull: BullQueue) {
  /** For how many milliseconds each occasion has been seen. */
  let seen = new Map<string, number>()

  const look = Effect.gen(function* () {
    const jobs = yield* askBull(name, "list delayed jobs", () => bull.getJobs(["delayed"], 0, inSight - 1, false))
    const before = seen
    seen = new Map()
    const late: Array<Job<unknown>> = []
    for (const job of jobs) {
      // Ticks have a keeper of their own.
      if (job.repeatJobKey !== undefined) continue
      const waited = before.get(occasionOf(job))
      const now = waited === undefined ? 0 : waited + Duration.toMillis(lookEvery)
      seen.set(occasionOf(job), now)
      if (now > job.delay + Duration.toMillis(lookEvery)) late.push(job)
    }
    if (late.length === 0) return
    yield* Effect.logWarning("jobs are due later than they were put off for and go on now: a clock was set back").pipe(
      Effect.annotateLogs({ queue: name, jobs: late.length })
    )
    yield* Effect.forEach(late, (job) => askBull(name, "promote a job", () => job.promote()), { discard: true })
  })

  yield* Effect.sleep(lookEvery).pipe(
    Effect.andThen(look),
    // A job may have gone on by itself meanwhile, or Redis be away, which its queue tells: there is a next look.
    Effect.catch(({ message }) =>
      Effect.logDebug("delayed jobs cannot be looked after").pipe(Effect.annotateLogs({ queue: name, reason: message }))
    ),
    Effect.forever,
    Effect.forkScoped
  )
})
