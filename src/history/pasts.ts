/** The pasts of the matches that a process has seen, in its memory. */
import { Clock, Duration, Effect } from "effect"
import { type Course, noCourse, recall, show } from "../domain/Course.ts"
import type { Moment, Timeline } from "../domain/Timeline.ts"

/** A moment of a match. */
export interface MatchMoment extends Moment {
  readonly match_id: string
}

/** A moment of a match as it is recorded: the former plays of a match that is played again are none of its past. */
export interface PlayMoment extends MatchMoment {
  /** How often the match's past had begun anew by then. */
  readonly play: number
}

/** What is in doubt of a match: the moment after a step back of its clock, or null once it is settled. */
export interface Doubt {
  readonly match_id: string
  readonly play: number
  readonly moment: Moment | null
}

export interface Pasts {
  /** Whether all was read that was ever recorded of the match. */
  readonly isLoaded: (matchId: string) => boolean
  readonly loaded: (matchIds: ReadonlyArray<string>) => Effect.Effect<void>
  /** Adds moments that were recorded, and what is in doubt since them. */
  readonly add: (moments: ReadonlyArray<PlayMoment>, doubts: ReadonlyArray<Doubt>) => Effect.Effect<void>
  /** What a poll shows, a moment a match. Those that it does not show, and that were not seen for long, are forgotten. */
  readonly show: (moments: ReadonlyArray<MatchMoment>) => Effect.Effect<{
    /** The past of each, up to and including what is shown. */
    readonly timelines: ReadonlyMap<string, Timeline>
    /** What is part of their pasts by now and was not known so. */
    readonly fresh: ReadonlyArray<PlayMoment>
    /** What is in doubt by now and was not, and what no longer is. */
    readonly doubts: ReadonlyArray<Doubt>
  }>
}

interface Held {
  course: Course
  seen: number
  isLoaded: boolean
}

/**
 * A match that no snapshot has shown for `forgetAfter` is forgotten, but for those of which something is still needed: their
 * ids are asked for when there is a match to forget.
 */
export const makePasts = (
  forgetAfter: Duration.Duration,
  needed: () => ReadonlySet<string> = () => new Set()
): Pasts => {
  const matches = new Map<string, Held>()

  const heldOf = (id: string, seen: number): Held => {
    const known = matches.get(id)
    if (known !== undefined) return known
    const held = { course: noCourse, seen, isLoaded: false }
    matches.set(id, held)
    return held
  }

  const forget = (oldest: number): void => {
    let kept: ReadonlySet<string> | undefined
    for (const [id, { seen }] of matches) {
      if (seen >= oldest) continue
      kept ??= needed()
      if (!kept.has(id)) matches.delete(id)
    }
  }

  return {
    isLoaded: (id) => matches.get(id)?.isLoaded === true,
    loaded: (ids) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const id of ids) heldOf(id, now).isLoaded = true
      }),
    add: (moments, doubts) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const { added, figures, match_id, minute, period, play } of moments) {
          const held = heldOf(match_id, now)
          held.course = recall(held.course, play, { period, minute, added, figures })
          held.seen = now
        }
        for (const { match_id, moment, play } of doubts) {
          const held = heldOf(match_id, now)
          if (held.course.play === play) held.course = { ...held.course, doubted: moment ?? undefined }
        }
      }),
    show: (moments) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const timelines = new Map<string, Timeline>()
        const fresh: Array<PlayMoment> = []
        const doubts: Array<Doubt> = []
        for (const { added, figures, match_id, minute, period } of moments) {
          const held = heldOf(match_id, now)
          const { course, settled, timeline } = show(held.course, { period, minute, added, figures })
          const { doubted, play } = course
          for (const each of settled) fresh.push({ match_id, ...each, play })
          if (doubted !== held.course.doubted) doubts.push({ match_id, play, moment: doubted ?? null })
          held.course = course
          held.seen = now
          timelines.set(match_id, timeline)
        }
        forget(now - Duration.toMillis(forgetAfter))
        return { timelines, fresh, doubts }
      })
  }
}
