/**
 * What work beside scans may take of the processor: so much for each scan, however much there is to do. What is begun is ended, and
 * what it took too much is saved by the work of later scans: over an evening no scan costs more. A few scans are the most that
 * are waited for: what else ran while work waited for the database counts as its own, such as that of many who come at once.
 */
import { Context, Effect } from "effect"

/** The time of the processor that this thread has had so far, in milliseconds. */
export const ProcessorTime = Context.Reference<() => number>("touchline/http/dashboard/ProcessorTime", {
  defaultValue: () => {
    // Versions of Node.js before 23.9 tell that of the whole process only.
    const usage: () => NodeJS.CpuUsage = process.threadCpuUsage ?? process.cpuUsage
    return () => {
      const { system, user } = usage.call(process)
      return (system + user) / 1000
    }
  }
})

export interface Allowance {
  /** A scan was made: there is so much more to spend. */
  readonly grant: () => void
  /** Whether anything is left. */
  readonly isLeft: () => boolean
  /** Runs work at the expense of what is left, of which it may take more than there is. */
  readonly spend: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * Milliseconds for each scan. What is not spent is kept, up to `most`; that much there is at first. What is spent beyond that is
 * owed, up to `mostOwed`.
 */
export const makeAllowance = ({
  most,
  mostOwed,
  perScan
}: {
  readonly perScan: number
  readonly most: number
  readonly mostOwed: number
}) =>
  Effect.map(ProcessorTime, (now): Allowance => {
    let left = most
    return {
      grant: () => {
        left = Math.min(most, left + perScan)
      },
      isLeft: () => left > 0,
      spend: (work) =>
        Effect.suspend(() => {
          const began = now()
          return Effect.ensuring(
            work,
            Effect.sync(() => {
              left = Math.max(-mostOwed, left - (now() - began))
            })
          )
        })
    }
  })
