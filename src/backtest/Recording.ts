/** A recorded match, decoded: what a backtest and an explanation walk through. */
import { Duration, Result } from "effect"
import { noCourse, show } from "../domain/Course.ts"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { matchLabel } from "../domain/Match.ts"
import { correctedWithin } from "../domain/Outcome.ts"
import { noPast, remember } from "../domain/Past.ts"
import { problemText } from "../domain/problems.ts"
import { isCalledOff, isInPlay, isPlayed, type Snapshot } from "../domain/Snapshot.ts"
import { isFrozen, type Standing, stand } from "../domain/Standing.ts"
import type { Condition } from "../domain/Strategy.ts"
import { moment, type Timeline } from "../domain/Timeline.ts"
import type { RecordedMatch } from "../feed/recorded/Wyscout.ts"
import { RecordingError } from "../feed/recorded/WyscoutRecord.ts"
import type { View } from "../rules/evaluate.ts"
import { type JudgedPeriod, judgedPeriod } from "../rules/expect/decide.ts"
import { isOverAt, type Judgement, undecided } from "../rules/expect/judge.ts"
import { judgeAtEnd, lookAt, type MatchLook } from "../rules/expect/MatchLook.ts"

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

/** A match as scans saw it, or would have seen it. */
export interface Seen {
  /** What strategies were evaluated on. */
  readonly views: ReadonlyArray<View>
  /**
   * The match as triggers are judged by it whose end is that of this period: as it stood at the end, with what was corrected
   * within half an hour. Nothing where it was not played to that end, as far as was seen.
   */
  readonly endOf: (period: JudgedPeriod) => MatchLook | undefined
}

/** The number of the last poll that counts of those after the end of a period. */
const lastThatCounts = (snapshots: ReadonlyArray<Snapshot>, at: ReadonlyArray<number>, period: JudgedPeriod) => {
  let endedAt: number | undefined
  let last: number | undefined
  for (const [index, { clock }] of snapshots.entries()) {
    if (!isPlayed(clock) && !isCalledOff(clock)) continue
    const now = at[index] ?? 0
    if (endedAt !== undefined && now - endedAt > Duration.toMillis(correctedWithin)) break
    last = index
    if (!isOverAt(clock, period) && !isCalledOff(clock)) endedAt = undefined
    else endedAt ??= now
  }
  return last
}

const seenInPolls = ({ snapshots }: Recording, at: ReadonlyArray<number>): Seen => {
  const views: Array<View> = []
  const timelines: Array<Timeline> = []
  let course = noCourse
  let standing: Standing | undefined
  for (const [index, snapshot] of snapshots.entries()) {
    standing = stand(standing, snapshot.clock, at[index] ?? 0)
    if (!isPlayed(snapshot.clock)) continue
    const shown = show(course, moment(snapshot))
    course = shown.course
    timelines[index] = shown.timeline
    if (isInPlay(snapshot.clock) && !isFrozen(standing)) views.push({ snapshot, timeline: shown.timeline })
  }
  const lookOf = (period: JudgedPeriod): MatchLook | undefined => {
    const last = lastThatCounts(snapshots, at, period)
    const [snapshot, timeline] = last === undefined ? [] : [snapshots[last], timelines[last]]
    return snapshot !== undefined && timeline !== undefined && isOverAt(snapshot.clock, period)
      ? lookAt(snapshot, timeline)
      : undefined
  }
  const ends = { "2H": lookOf("2H"), E2: lookOf("E2") }
  return { views, endOf: (period) => ends[period] }
}

/** What scans saw of the match, or would have seen. A match that is no record of polls was played to its end. */
export const seenOf = (recording: Recording): Seen => {
  const { at, snapshots } = recording
  if (at !== undefined) return seenInPolls(recording, at)
  const views: Array<View> = []
  let past = noPast
  for (const snapshot of snapshots) {
    past = remember(past, moment(snapshot))
    if (isInPlay(snapshot.clock)) views.push({ snapshot, timeline: past.timeline })
  }
  const last = snapshots.at(-1)
  const end = last && lookAt(last, past.timeline)
  return { views, endOf: () => end }
}

/** What the trigger of a strategy that fired at view number `fired` came to. */
export const judgeSeen = ({ endOf, views }: Seen, expectation: Condition | undefined, fired: number): Judgement => {
  const at = views[fired]
  if (expectation === undefined || at === undefined) return undecided
  const { prematch } = at.snapshot
  const trigger = { expectation, at: moment(at.snapshot), prematch }
  const end = endOf(judgedPeriod({ trigger: trigger.at }))
  return end === undefined ? undecided : judgeAtEnd(trigger, end)
}
