/** Checks of the queues: what is in them, and whether ticks can come. */
import { Effect, Exit, Option } from "effect"
import { holderOf, openTimeout } from "../database/checks.ts"
import { bounded, check, type Finding, failed, ok, skipped, warning } from "../doctor/Check.ts"
import type { StartError } from "../Integration.ts"
import { stoppedSchedule } from "./keepSchedule.ts"
import { askBull, QueueBackend } from "./QueueBackend.ts"
import { queueFigures, queueNames } from "./QueueFigures.ts"

/** What to do about failed jobs, where there is something. */
const aboutFailed: { readonly [queue: string]: string } = {
  "send-alert": "See `touchline alerts failed`, and send them again with `touchline alerts retry`."
}

/** Queues whose jobs are ticks. */
const isOfTicks = (name: string): boolean => name.startsWith("scan-tick")

/** Why no scan will come although a process waits for one. Where we may not ask for workers, only what is there counts. */
const standstill = Effect.fnUntraced(function* (name: string) {
  const backend = yield* QueueBackend
  if (backend.exclusive || !isOfTicks(name)) return undefined
  const bull = yield* backend.queue(name)
  const workers = yield* Effect.option(askBull(name, "count workers", () => bull.getWorkersCount()))
  return Option.getOrElse(workers, () => 0) === 0 ? undefined : yield* stoppedSchedule(name, bull)
}, Effect.scoped)

const lookAt = Effect.fnUntraced(function* (name: string) {
  const { active, delayed, failed: gone, waiting } = yield* queueFigures(name)
  const text = `${waiting} waiting, ${active} active, ${delayed} delayed, ${gone} failed`
  const reason = yield* standstill(name)
  if (reason !== undefined) {
    return failed(
      `no match is scanned: ${reason}`,
      "A running instance mends this within two intervals unless somebody paused the queue; see its log, or restart it."
    )
  }
  return gone > 0 ? warning(text, aboutFailed[name] ?? "See the log for why scans fail.") : ok(text)
})

/** The queue of this name, and those like it of instances with strategies of their own: the worst that is found, or all. */
const lookAtAll = Effect.fnUntraced(function* (name: string) {
  const passing = yield* (yield* QueueBackend).passing
  const first = yield* lookAt(name)
  const others = yield* Effect.forEach(
    passing.filter((each) => each.startsWith(`${name}-`)),
    (each) => Effect.map(lookAt(each), (found) => ({ ...found, message: `${each}: ${found.message}` }))
  )
  const all = [first, ...others]
  const worst = all.find(({ status }) => status === "failed") ?? all.find(({ status }) => status !== "ok")
  return worst ?? ok(all.map(({ message }) => message).join("; "))
})

/** What stands in for the figures of a backend that does not open. */
const whyNot = (error: StartError, on: string | undefined): Effect.Effect<Finding, StartError> => {
  const pid = holderOf(error)
  if (pid !== undefined) return Effect.succeed(skipped(`in the hands of process ${pid}`))
  return on === undefined ? Effect.fail(error) : Effect.succeed(skipped(`not checked: ${on} cannot be used`))
}

/**
 * A check for each queue of the backend. `on` is what the backend stands on, if a check of that says already why the
 * backend does not open: the queues are skipped then.
 */
export const checkQueues = Effect.fnUntraced(function* <R>(
  backend: Effect.Effect<QueueBackend["Service"], StartError, R>,
  on: string | undefined
) {
  const opened = Option.flatMap(yield* bounded(backend, openTimeout), Exit.getSuccess)
  const exclusive = Option.isNone(opened) || opened.value.exclusive
  return queueNames({ exclusive }).map((name) =>
    check(
      `queue ${name}`,
      Effect.matchEffect(backend, {
        onFailure: (error) => whyNot(error, on),
        onSuccess: (found) => Effect.provideService(lookAtAll(name), QueueBackend, found)
      }),
      { within: openTimeout }
    )
  )
})
