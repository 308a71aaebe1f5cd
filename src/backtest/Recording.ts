/** A recorded match, decoded: what a backtest and an explanation walk through. */
import { Result } from "effect"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { matchLabel } from "../domain/Match.ts"
import { noPast, remember } from "../domain/Past.ts"
import { problemText } from "../domain/problems.ts"
import { isInPlay, type Snapshot } from "../domain/Snapshot.ts"
import { moment } from "../domain/Timeline.ts"
import type { RecordedMatch } from "../feed/recorded/Wyscout.ts"
import { RecordingError } from "../feed/recorded/WyscoutRecord.ts"
import type { View } from "../rules/evaluate.ts"

export interface Recording {
  readonly matchId: string
  /** `Brazil v Belgium`. */
  readonly label: string
  /** What a live feed would have shown, in the order of play: a snapshot for each scoreboard minute, then the end. */
  readonly snapshots: ReadonlyArray<Snapshot>
}

/** Decodes the snapshots of a match, as a scan decodes those of a feed. Fails when one cannot be read. */
export const recordingOf = ({ frames, match }: RecordedMatch): Result.Result<Recording, RecordingError> =>
  Result.gen(function* () {
    const snapshots: Array<Snapshot> = []
    for (const frame of frames) {
      const { snapshot } = yield* Result.mapError(
        decodeSnapshot(frame),
        ({ issue }) => new RecordingError({ message: problemText(issue) })
      )
      snapshots.push(snapshot)
    }
    return { matchId: match.id, label: matchLabel(match), snapshots }
  })

/** What a scan would have seen of the match at each minute in play: the snapshot, and the past up to it. */
export const viewsOf = ({ snapshots }: Recording): ReadonlyArray<View> => {
  const views: Array<View> = []
  let past = noPast
  for (const snapshot of snapshots) {
    past = remember(past, moment(snapshot))
    if (isInPlay(snapshot.clock)) views.push({ snapshot, timeline: past.timeline })
  }
  return views
}
