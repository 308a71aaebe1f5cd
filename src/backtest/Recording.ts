/** A recorded match, decoded: what a backtest and an explanation walk through. */
import { Result } from "effect"
import { noCourse, show } from "../domain/Course.ts"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { matchLabel } from "../domain/Match.ts"
import { noPast, remember } from "../domain/Past.ts"
import { problemText } from "../domain/problems.ts"
import { isCalledOff, isInPlay, isPlayed, type Period, type Snapshot } from "../domain/Snapshot.ts"
import { isFrozen, type Standing, stand } from "../domain/Standing.ts"
import { moment } from "../domain/Timeline.ts"
import type { RecordedMatch } from "../feed/recorded/Wyscout.ts"
import { RecordingError } from "../feed/recorded/WyscoutRecord.ts"
import type { View } from "../rules/evaluate.ts"
import { isOverAt } from "../rules/expect/judge.ts"

export interface Recording {
  readonly matchId: string
  /** `Brazil v Belgium`. */
  readonly label: string
  /**
   * What a live feed has shown, poll by poll; or would have shown, in the order of play: a snapshot for each scoreboard
   * minute, then the end.
   */
  readonly snapshots: ReadonlyArray<Snapshot>
  /** Where polls were recorded: when each was answered, in milliseconds since the epoch. */
  readonly at?: ReadonlyArray<number>
}

/** Decodes the snapshots of a match, as a scan decodes those of a feed. Fails when one cannot be read. */
export const recordingOf = ({ at, frames, match }: RecordedMatch): Result.Result<Recording, RecordingError> =>
  Result.gen(function* () {
    const snapshots: Array<Snapshot> = []
    for (const [index, frame] of frames.entries()) {
      const before = snapshots.at(-1)
      if (before !== undefined && frame === frames[index - 1]) {
        snapshots.push(before)
        continue
      }
      const { snapshot } = yield* Result.mapError(
        decodeSnapshot(frame),
        ({ issue }) => new RecordingError({ message: problemText(issue) })
      )
      snapshots.push(snapshot)
    }
    return { matchId: match.id, label: matchLabel(match), snapshots, ...(at === undefined ? undefined : { at }) }
  })

/** What scans saw of the match at each poll in play; and, of a match that was played to its end, at the last poll. */
const seenInPolls = ({ snapshots }: Recording, at: ReadonlyArray<number>): Seen => {
  const views: Array<View> = []
  let last: View | undefined
  let course = noCourse
  let standing: Standing | undefined
  for (const [index, snapshot] of snapshots.entries()) {
    standing = stand(standing, snapshot.clock, at[index] ?? 0)
    if (!isPlayed(snapshot.clock)) continue
    const shown = show(course, moment(snapshot))
    course = shown.course
    last = { snapshot, timeline: shown.timeline }
    if (isInPlay(snapshot.clock) && !isFrozen(standing)) views.push(last)
  }
  const isEnded = last?.snapshot.clock.status === "finished"
  const judged = last !== undefined && isEnded ? [...views, last] : views
  // Nothing comes of a match that was called off; of one whose recording stops, only what was over by then.
  const end = snapshots.findLast(({ clock }) => isPlayed(clock) || isCalledOff(clock))
  return { views, judged, isOver: (period) => end !== undefined && isOverAt(end.clock, period) }
}

/** A match as scans saw it. */
export interface Seen {
  /** What strategies were evaluated on. */
  readonly views: ReadonlyArray<View>
  /** What their triggers are judged on: the same and, where it was shown, how the match ended. */
  readonly judged: ReadonlyArray<View>
  /** Whether the match was played to the end of this period. */
  readonly isOver: (period: Period) => boolean
}

/** What scans saw of the match, or would have seen. A match that is no record of polls was played to its end. */
export const seenOf = (recording: Recording): Seen => {
  if (recording.at !== undefined) return seenInPolls(recording, recording.at)
  const views = viewsOf(recording)
  return { views, judged: views, isOver: () => true }
}

/** What a scan would have seen of the match at each minute in play: the snapshot, and the past up to it. */
export const viewsOf = (recording: Recording): ReadonlyArray<View> => {
  const { at, snapshots } = recording
  if (at !== undefined) return seenInPolls(recording, at).views
  const views: Array<View> = []
  let past = noPast
  for (const snapshot of snapshots) {
    past = remember(past, moment(snapshot))
    if (isInPlay(snapshot.clock)) views.push({ snapshot, timeline: past.timeline })
  }
  return views
}
