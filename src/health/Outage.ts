/**
 * Tells of trouble that lasts: one line when it begins and one when it is over, however often it is met in between. What
 * a person must look at is told again every now and then. Trouble of a part is also kept in Health while it lasts.
 */
import { Duration, Effect } from "effect"
import { Health, type HealthPart } from "./Health.ts"
import { steadyMillis } from "./steady.ts"

export interface Outage {
  /** The trouble was met. Logs it if it was not there before, or was last told of long ago. */
  readonly met: (reason: string) => Effect.Effect<void>
  /** All is well. Logs how long the trouble lasted, and how often it was met, if there was any. */
  readonly over: Effect.Effect<void>
}

/** The messages of an outage, and the fields of both its lines. */
export interface OutageLines {
  readonly begins: string
  readonly ends: string
  /** What has the trouble. Absent: it is none, only worth telling. */
  readonly part?: HealthPart
  readonly fields?: Readonly<Record<string, unknown>>
  /** How loudly it begins. Default: Warn. */
  readonly level?: "Warn" | "Error"
  /** How long after the last line trouble that is still met is told again. Default: never. */
  readonly again?: Duration.Duration
}

const now = Effect.map(steadyMillis, (millis) => millis / 1000)

export const makeOutage = ({ again, begins, ends, fields = {}, level = "Warn", part }: OutageLines): Outage => {
  const repeated = again === undefined ? Number.POSITIVE_INFINITY : Duration.toSeconds(again)
  let current: { readonly since: number; told: number; times: number } | undefined
  const key = {}
  return {
    met: Effect.fnUntraced(function* (reason) {
      const at = yield* now
      if (part !== undefined) {
        yield* (yield* Health).met(key, { part, state: level === "Error" ? "down" : "degraded", what: begins, reason })
      }
      current ??= { since: at, told: Number.NEGATIVE_INFINITY, times: 0 }
      current.times += 1
      const isFirst = current.times === 1
      if (!isFirst && at - current.told < repeated) return
      current.told = at
      const lasting = isFirst ? {} : { seconds: Math.round(at - current.since) }
      yield* Effect.logWithLevel(level)(begins).pipe(Effect.annotateLogs({ ...fields, ...lasting, reason }))
    }),
    over: Effect.gen(function* () {
      if (current === undefined) return
      const { since, times } = current
      current = undefined
      yield* (yield* Health).over(key)
      const seconds = Math.round((yield* now) - since)
      yield* Effect.logInfo(ends).pipe(Effect.annotateLogs({ ...fields, seconds, times }))
    })
  }
}
