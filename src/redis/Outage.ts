/** Tells of trouble that lasts: one line when it begins and one when it is over, however often it is met in between. */
import { Clock, Effect } from "effect"

export interface Outage {
  /** The trouble was met. Logs a warning if it was not there before. */
  readonly met: (reason: string) => Effect.Effect<void>
  /** All is well. Logs how long the trouble lasted, and how often it was met, if there was any. */
  readonly over: Effect.Effect<void>
}

/** The messages of an outage, and the fields of both its lines. */
export interface OutageLines {
  readonly begins: string
  readonly ends: string
  readonly fields?: Readonly<Record<string, unknown>>
}

export const makeOutage = ({ begins, ends, fields = {} }: OutageLines): Outage => {
  let current: { readonly since: number; times: number } | undefined
  return {
    met: Effect.fnUntraced(function* (reason) {
      if (current !== undefined) {
        current.times += 1
        return
      }
      current = { since: yield* Clock.currentTimeMillis, times: 1 }
      yield* Effect.logWarning(begins).pipe(Effect.annotateLogs({ ...fields, reason }))
    }),
    over: Effect.gen(function* () {
      if (current === undefined) return
      const { since, times } = current
      current = undefined
      const seconds = Math.round(((yield* Clock.currentTimeMillis) - since) / 1000)
      yield* Effect.logInfo(ends).pipe(Effect.annotateLogs({ ...fields, seconds, times }))
    })
  }
}
