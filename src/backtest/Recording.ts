/** A recorded match, decoded: what a backtest and an explanation walk through. */
import { Result } from "effect"
import { noCourse, show } from "../domain/Course.ts"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { matchLabel } from "../domain/Match.ts"
import { noPast, remember } from "../domain/Past.ts"
import { problemText } from "../domain/problems.ts"
import { isInPlay, isPlayed, type Snapshot } from "../domain/Snapshot.ts"
import { isFrozen, type Standing, stand } from "../domain/Standing.ts"
import { moment } from "../domain/Timeline.ts"
import type { RecordedMatch } from "../feed/recorded/Wyscout.ts"
import { RecordingError } from "../feed/recorded/WyscoutRecord.ts"
import type { View } from "../rules/evaluate.ts"

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

/** What scans saw of the match at each poll in play. */
const viewsOfPolls = ({ snapshots }: Recording, at: ReadonlyArray<number>): ReadonlyArray<View> => {
  const views: Array<View> = []
  let course = noCourse
  let standing: Standing | undefined
  for (const [index, snapshot] of snapshots.entries()) {
    standing = stand(standing, snapshot.clock, at[index] ?? 0)
    if (!isPlayed(snapshot.clock)) continue
    const shown = show(course, moment(snapshot))
    course = shown.course
    if (isInPlay(snapshot.clock) && !isFrozen(standing)) views.push({ snapshot, timeline: shown.timeline })
  }
  return views
}

/** What a scan would have seen of the match at each minute in play: the snapshot, and the past up to it. */
export const viewsOf = (recording: Recording): ReadonlyArray<View> => {
  const { at, snapshots } = recording
  if (at !== undefined) return viewsOfPolls(recording, at)
  const views: Array<View> = []
  let past = noPast
  for (const snapshot of snapshots) {
    past = remember(past, moment(snapshot))
    if (isInPlay(snapshot.clock)) views.push({ snapshot, timeline: past.timeline })
  }
  return views
}
