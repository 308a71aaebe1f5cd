/**
 * The lines of alerts before destinations that take no more for now. Each has a place of its own, by its turn: the oldest
 * come first, one after the other and not all at once. An alert that comes late finds its place before those of later turns,
 * which make room when theirs comes. What waits in other processes is not known here.
 */

/** How often a destination takes an alert that does not say, in milliseconds. */
const usual = 1000

/** How long after its place, in milliseconds, an alert counts as gone: another process has it. */
const gone = 60_000

/** How long beyond its place, in milliseconds, an alert waits for its turn. */
const longestWait = 5000

export interface PutOff {
  readonly id: string
  readonly destination: string
  /** The destination takes nothing before, in milliseconds from now. */
  readonly after: number
  /** How often it takes one, in milliseconds. */
  readonly every?: number | undefined
  /** The alert's turn among those of its owner. */
  readonly turn: number
  /** In how many milliseconds its turn comes. */
  readonly due: number
}

export const makeLines = () => {
  const lines = new Map<string, Map<string, { readonly turn: number; readonly place: number }>>()
  /** The destination that each alert waits for. */
  const waiting = new Map<string, string>()

  const leave = (id: string): void => {
    const destination = waiting.get(id)
    if (destination === undefined) return
    waiting.delete(id)
    const line = lines.get(destination)
    line?.delete(id)
    if (line?.size === 0) lines.delete(destination)
  }

  return {
    /**
     * Answers for how many milliseconds an alert is put off: until its turn, if that is yet to come, or its place. `now` is by a
     * clock that nobody sets.
     */
    putOff: ({ after, destination, due, every = usual, id, turn }: PutOff, now: number): number => {
      leave(id)
      const line = lines.get(destination) ?? new Map()
      let before = 0
      for (const [each, other] of line) {
        if (other.place + gone < now) leave(each)
        else if (other.turn <= turn) before += 1
      }
      const soonest = now + after + before * every
      const place = Math.min(Math.max(now + due, soonest), soonest + longestWait)
      lines.set(destination, line)
      line.set(id, { turn, place })
      waiting.set(id, destination)
      return place - now
    },
    /** The alert waits no longer. */
    leave
  }
}
