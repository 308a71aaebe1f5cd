/** The pasts of the matches that a process has seen, in its memory. */
import { Clock, Duration, Effect } from "effect"
import { type Course, goOn, noCourse, show } from "../domain/Course.ts"
import type { Moment, Timeline } from "../domain/Timeline.ts"

/** A match that no snapshot has shown for so long is forgotten. */
export const forgetAfter = Duration.hours(6)

/** A moment of a match. */
export interface MatchMoment extends Moment {
  readonly match_id: string
}

export interface Pasts {
  /** Whether all was read that was ever recorded of the match. */
  readonly isLoaded: (matchId: string) => boolean
  readonly loaded: (matchIds: ReadonlyArray<string>) => Effect.Effect<void>
  /** Adds moments that were recorded. */
  readonly add: (moments: ReadonlyArray<MatchMoment>) => Effect.Effect<void>
  /** What a poll shows, a moment a match. Matches not seen for long are forgotten. */
  readonly show: (moments: ReadonlyArray<MatchMoment>) => Effect.Effect<{
    /** The past of each, up to and including what is shown. */
    readonly timelines: ReadonlyMap<string, Timeline>
    /** What is part of their pasts by now and was not known so. */
    readonly fresh: ReadonlyArray<MatchMoment>
  }>
}

interface Held {
  course: Course
  seen: number
  isLoaded: boolean
}

export const makePasts = (): Pasts => {
  const matches = new Map<string, Held>()

  const heldOf = (id: string, seen: number): Held => {
    const known = matches.get(id)
    if (known !== undefined) return known
    const held = { course: noCourse, seen, isLoaded: false }
    matches.set(id, held)
    return held
  }

  const forget = (oldest: number): void => {
    for (const [id, { seen }] of matches) if (seen < oldest) matches.delete(id)
  }

  return {
    isLoaded: (id) => matches.get(id)?.isLoaded === true,
    loaded: (ids) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const id of ids) heldOf(id, now).isLoaded = true
      }),
    add: (moments) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const { added, figures, match_id, minute, period } of moments) {
          const held = heldOf(match_id, now)
          held.course = goOn(held.course, { period, minute, added, figures })
          held.seen = now
        }
      }),
    show: (moments) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        forget(now - Duration.toMillis(forgetAfter))
        const timelines = new Map<string, Timeline>()
        const fresh: Array<MatchMoment> = []
        for (const { added, figures, match_id, minute, period } of moments) {
          const held = heldOf(match_id, now)
          const { course, settled, timeline } = show(held.course, { period, minute, added, figures })
          for (const each of settled) fresh.push({ match_id, ...each })
          held.course = course
          held.seen = now
          timelines.set(match_id, timeline)
        }
        return { timelines, fresh }
      })
  }
}
