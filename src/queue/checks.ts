/** Checks of the queues: what is in them. */
import { Effect, Option } from "effect"
import { holderOf, openTimeout } from "../database/checks.ts"
import { check, type Finding, ok, skipped, warning } from "../doctor/Check.ts"
import type { StartError } from "../Integration.ts"
import { QueueBackend } from "./QueueBackend.ts"
import { queueFigures, queueNames } from "./QueueFigures.ts"

/** What to do about failed jobs, where there is something. */
const aboutFailed: { readonly [queue: string]: string } = {
  "send-alert": "See `touchline alerts failed`, and send them again with `touchline alerts retry`."
}

const lookAt = (name: string) =>
  Effect.map(queueFigures(name), ({ active, delayed, failed, waiting }): Finding => {
    const text = `${waiting} waiting, ${active} active, ${delayed} delayed, ${failed} failed`
    return failed > 0 ? warning(text, aboutFailed[name] ?? "See the log for why scans fail.") : ok(text)
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
  const opened = yield* Effect.option(Effect.timeout(backend, openTimeout))
  const exclusive = Option.isNone(opened) || opened.value.exclusive
  return queueNames({ exclusive }).map((name) =>
    check(
      `queue ${name}`,
      Effect.matchEffect(backend, {
        onFailure: (error) => whyNot(error, on),
        onSuccess: (found) => Effect.provideService(lookAt(name), QueueBackend, found)
      }),
      { within: openTimeout }
    )
  )
})
