/** What happened in a chaos run, by one clock: what was shown, what was delivered, and what went wrong with whom. */

export interface Delivery {
  readonly at: number
  /** See `pairOfText`. */
  readonly pair: string
  readonly process: string
  readonly message: string
  /** Whether the channel answered that it took it. */
  readonly isAnswered: boolean
}

/** Something that was wrong for a while, with one process or, without one, with all. */
export interface Trouble {
  readonly what: "kill" | "pause" | "stop" | "redis" | "redis lost" | "database" | "channel"
  readonly process?: string
  readonly from: number
  to: number
}

export interface Poll {
  readonly at: number
  readonly process: string
  /** The brief match that it showed, if any. */
  readonly brief?: number
}

/** The seconds of this process. No clock step of those under test changes it. */
const now = () => performance.now()

export const makeHistory = () => {
  const deliveries: Array<Delivery> = []
  const troubles: Array<Trouble> = []
  const polls: Array<Poll> = []
  const unexpectedExits: Array<string> = []
  const unhandled: Array<string> = []
  /** When each process ran, from its banner on. */
  const runs: Array<{ readonly process: string; readonly from: number; to: number }> = []
  return {
    deliveries,
    troubles,
    polls,
    runs,
    unexpectedExits,
    unhandledLines: unhandled,
    now,
    delivered: (delivery: Omit<Delivery, "at">) => void deliveries.push({ at: now(), ...delivery }),
    polled: (poll: Omit<Poll, "at">) => void polls.push({ at: now(), ...poll }),
    unexpected: (what: string) => void unexpectedExits.push(what),
    unhandled: (line: string) => void unhandled.push(line.slice(0, 500)),
    began: (process: string) => void runs.push({ process, from: now(), to: Number.POSITIVE_INFINITY }),
    ended: (process: string) => {
      const run = runs.findLast((each) => each.process === process)
      if (run?.to === Number.POSITIVE_INFINITY) run.to = now()
    },
    /** Whether a process has told its banner, and has not ended since. */
    isServing: (process: string) => runs.findLast((each) => each.process === process)?.to === Number.POSITIVE_INFINITY,
    /** Whether a process has had trouble of these kinds within the last so many milliseconds. */
    wasTroubled: (process: string, kinds: ReadonlyArray<Trouble["what"]>, within: number) =>
      troubles.some(
        (each) =>
          kinds.includes(each.what) &&
          (each.process ?? process) === process &&
          each.to >= now() - within &&
          each.from <= now()
      ),
    /** Trouble begins. Answers how it ends. */
    trouble: (what: Trouble["what"], process?: string) => {
      const trouble: Trouble = {
        what,
        from: now(),
        to: Number.POSITIVE_INFINITY,
        ...(process === undefined ? {} : { process })
      }
      troubles.push(trouble)
      return () => {
        trouble.to = now()
      }
    }
  }
}

export type History = ReturnType<typeof makeHistory>
