import { changes } from "./changes.ts"

export const queue = [
  ...changes(
    "src/queue/JobQueue.ts",
    ["queue/EmbeddedQueue", "alert/AlertWorker", "queue/RedisQueue"],
    [
      ["ticks of several instances may overlap", "await bull.setGlobalConcurrency(1)", ""],
      ["jobs in flight get no grace", "Duration.millis(1500)", "Duration.millis(0)"],
      ["a job has one attempt more", "attempts: delays.length + 1", "attempts: delays.length + 2"],
      ["jobs that are done are kept", "removeOnComplete: true", "removeOnComplete: false"],
      ["jobs that failed are not kept", "keepFailed === undefined ? false :", "keepFailed === undefined ? true :"],
      ["as many failed jobs are kept as there are", "{ count: keepFailed }", "false"],
      [
        "an id that the queue holds is added again",
        "opts: { ...jobOptions, jobId: id, priority }",
        "opts: { ...jobOptions, priority }"
      ],
      ["what is active at the end is not worked again", "await job.moveToWait(token)\n", ""],
      ["what was put off is a failure", 'failure?.reason === "postpone" || ', ""],
      ["what asked to wait waits alone", "await hold(delay)\n", ""],
      ["what was given up is tried again", 'if (failure?.reason === "give-up")', "if (failure === undefined)"],
      ["the schedule of the last process goes on", "await bull.drain(true)\n", ""],
      ["a job that is unreadable is tried again", 'reason: "give-up", message: `job', 'reason: "retry", message: `job'],
      ["attempts count from 0", "attempt: job.attemptsMade + 1,", "attempt: job.attemptsMade,"],
      ["the last attempt does not know that it is", ">= (job.opts.attempts ?? 1)", "> (job.opts.attempts ?? 1)"],
      ["a payload is not replaced", 'attempt("update a job", () => job.updateData(data))', "Effect.void"],
      ["delays are one too late", "delays[attemptsMade - 1]", "delays[attemptsMade]"],
      ["a worker does not close", 'attempt("close a worker", () => worker.close()),', "Effect.void,"]
    ]
  ),
  ...changes(
    "src/queue/failedJobs.ts",
    ["queue/EmbeddedQueue", "alert/AlertWorker", "queue/RedisQueue"],
    [
      [
        "attempts of a job that begins anew are not counted anew",
        "{ resetAttemptsMade: true, resetAttemptsStarted: true }",
        "{}"
      ],
      [
        "a job begins anew with what it had",
        "if (!Equal.equals(payload, job.data)) await job.updateData(payload)\n",
        ""
      ]
    ]
  ),
  ...changes(
    "src/queue/JobQueue.ts",
    ["queue/EmbeddedQueue", "alert/AlertWorker", "queue/RedisQueue"],
    [
      ["a handler that interrupts itself is run for ever", " && (isClosing || inSlots.isHeld())", ""],
      ["what does not end in time is not interrupted", "yield* Fiber.interruptAll([...fibers].toReversed())\n", ""]
    ]
  ),
  ...changes(
    "src/queue/RedisQueue.ts",
    ["queue/RedisQueue"],
    [
      [
        "a worker is never cut off",
        "if (await endsWithin(within, worker.close(!isConnected))) return",
        "await worker.close(!isConnected)"
      ],
      ["a pause of the queue holds one worker only", "limiter: wideLimiter,\n", ""],
      ["an outage is not told", "runLog(outageOf(queue).met(error.message))", ""],
      ["the end of an outage is not told", "for (const { over } of outages.values()) runLog(over)", ""],
      ["adding a job waits for Redis", 'redis.connect({ whenLost: "fail" })', 'redis.connect({ whenLost: "wait" })'],
      ["it has the queues to itself", "exclusive: false", "exclusive: true"]
    ]
  ),
  ...changes(
    "src/queue/EmbeddedQueue.ts",
    ["queue/EmbeddedQueue", "cli/queues.slow"],
    [
      ["jobs of a dead process wait for their lock", "await tx.exec(releaseActiveJobs)\n", ""],
      ["a pause of the queue holds one worker only", "limiter: wideLimiter,\n", ""],
      ["jobs that end are not counted", "metrics: keptMetrics,\n", ""]
    ]
  ),
  ...changes(
    "src/queue/QueueFigures.ts",
    ["cli/queues.slow"],
    [
      ["a rate counts the minute under way", "minuteOf(now) - last - 1", "minuteOf(now) - last"],
      ["a rate is the mean of all minutes", "known.slice(0, rateMinutes)", "known"],
      [
        "a rate is not known before a minute is over",
        "if (points.length === 0) return null",
        "if (points.length === 0) return 0"
      ]
    ]
  )
]
