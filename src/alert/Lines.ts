/**
 * The lines of alerts before destinations that take no more for now: each alert has a place of its own, so that they come
 * one after the other and not all at once.
 */

/** How often a destination takes an alert that does not say, in milliseconds. */
const usual = 1000

/** Lines that are remembered before those are forgotten that have an end. */
const manyLines = 10_000

export interface PutOff {
  readonly destination: string
  /** The destination takes nothing before, in milliseconds from now. */
  readonly after: number
  /** How often it takes one, in milliseconds. */
  readonly every?: number | undefined
  /** The alert's turn among those of its owner. */
  readonly turn?: number | undefined
}

/** Answers for how many milliseconds an alert is put off: until its own turn, if that is yet to come, or to the end of the line. */
export const makeLines = () => {
  /** The last place in each line. */
  const ends = new Map<string, number>()
  return ({ after, destination, every = usual, turn = 0 }: PutOff, now: number): number => {
    const soonest = now + after
    if (turn > soonest) return turn - now
    if (ends.size >= manyLines) for (const [each, end] of ends) if (end < now) ends.delete(each)
    const place = Math.max(soonest, (ends.get(destination) ?? 0) + every)
    ends.set(destination, place)
    return place - now
  }
}
