/** The pasts of the matches that a process has seen, in its memory. */
import { Clock, Duration, Effect } from "effect"
import { noPast, type Past, remember } from "../domain/Past.ts"
import { compareMatchMinutes, type Figure, type Figures } from "../domain/Snapshot.ts"
import type { Moment, Timeline } from "../domain/Timeline.ts"

/** A match that no snapshot has shown for so long is forgotten. */
export const forgetAfter = Duration.hours(6)

/** A moment of a match. */
export interface MatchMoment extends Moment {
  readonly match_id: string
}

export interface Pasts {
  /** Whether the moment is not known so. */
  readonly isNew: (moment: MatchMoment) => boolean
  /** Whether all was read that was ever recorded of the match. */
  readonly isLoaded: (matchId: string) => boolean
  readonly loaded: (matchIds: ReadonlyArray<string>) => Effect.Effect<void>
  /** Adds the moments, and answers with the timelines of their matches. Matches not seen for long are forgotten. */
  readonly add: (moments: ReadonlyArray<MatchMoment>) => Effect.Effect<ReadonlyMap<string, Timeline>>
}

interface Held {
  past: Past
  seen: number
  isLoaded: boolean
}

const isSame = (one: Figure | undefined, other: Figure | undefined): boolean =>
  one === other ||
  (typeof one === "object" && typeof other === "object" && one.home === other.home && one.away === other.away)

const areSame = (one: Figures, other: Figures): boolean => {
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    (names as ReadonlyArray<keyof Figures>).every((name) => isSame(one[name], other[name]))
  )
}

export const makePasts = (): Pasts => {
  const matches = new Map<string, Held>()

  const heldOf = (id: string, seen: number): Held => {
    const known = matches.get(id)
    if (known !== undefined) return known
    const held = { past: noPast, seen, isLoaded: false }
    matches.set(id, held)
    return held
  }

  const isNew = (next: MatchMoment): boolean => {
    const same = matches.get(next.match_id)?.past.shown.findLast((each) => compareMatchMinutes(each, next) === 0)
    return same === undefined || !areSame(same.figures, next.figures)
  }

  const forget = (oldest: number): void => {
    for (const [id, { seen }] of matches) if (seen < oldest) matches.delete(id)
  }

  return {
    isNew,
    isLoaded: (id) => matches.get(id)?.isLoaded === true,
    loaded: (ids) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const id of ids) heldOf(id, now).isLoaded = true
      }),
    add: (moments) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        forget(now - Duration.toMillis(forgetAfter))
        const timelines = new Map<string, Timeline>()
        for (const each of moments) {
          const held = heldOf(each.match_id, now)
          const { added, figures, minute, period } = each
          if (isNew(each)) held.past = remember(held.past, { period, minute, added, figures })
          held.seen = now
          timelines.set(each.match_id, held.past.timeline)
        }
        return timelines
      })
  }
}
