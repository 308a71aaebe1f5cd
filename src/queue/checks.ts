/** Checks of the queues: what is in them. */
import { Effect } from "effect"
import { holderOf, openTimeout } from "../database/checks.ts"
import type { DatabaseError } from "../database/Database.ts"
import type { DataDirError } from "../database/embedded/DataDirLock.ts"
import { check, type Finding, ok, skipped, warning } from "../doctor/Check.ts"
import type { RedisError } from "../redis/Redis.ts"
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

/** What the backend may fail to open for. Each has a check of its own, which says what to do. */
type OpenError = RedisError | DatabaseError | DataDirError

const whyNot = (error: OpenError): Finding => {
  if (error._tag === "RedisError") return skipped("not checked: Redis cannot be used")
  const pid = holderOf(error)
  return skipped(pid === undefined ? "not checked: the database cannot be used" : `in the hands of process ${pid}`)
}

/** A check for each queue of the backend. Where it cannot be had they are skipped: the check of what it is on says why. */
export const checkQueues = <R>(
  backend: Effect.Effect<QueueBackend["Service"], OpenError, R>,
  { isEmbedded }: { readonly isEmbedded: boolean }
) =>
  queueNames({ exclusive: isEmbedded }).map((name) =>
    check(
      `queue ${name}`,
      Effect.matchEffect(backend, {
        onFailure: (error) => Effect.succeed(whyNot(error)),
        onSuccess: (found) => Effect.provideService(lookAt(name), QueueBackend, found)
      }),
      isEmbedded ? { within: openTimeout } : {}
    )
  )
