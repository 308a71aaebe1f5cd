/**
 * Recorded matches as a live feed: every match of some directories, all kicked off together, a scoreboard minute a poll.
 *
 * What a poll answers depends on nothing but how many came before it, so no minute is ever skipped and a run gives the
 * same triggers on any machine. The speed is the caller's: an interval of 60,000 ms / speed between polls.
 */

import { Context, Duration, Effect, type FileSystem, Layer, type Path, Ref } from "effect"
import { counted } from "../../domain/counted.ts"
import { matchLabel } from "../../domain/Match.ts"
import { correctedWithin } from "../../domain/Outcome.ts"
import { isOver, isPlayed, type Score } from "../../domain/Snapshot.ts"
import { recordingsIn } from "../../recording/readRecordings.ts"
import { type FeedError, MatchFeed } from "../MatchFeed.ts"
import {
  matchFiles,
  officialRecords,
  readEach,
  readRecordedMatch,
  refused,
  type SkippedFile,
  warn
} from "./RecordedFiles.ts"
import type { RecordedMatch } from "./Wyscout.ts"

/** How far a run has come. */
export interface RecordedProgress {
  /** Polls answered so far. The nth showed each match at the end of its nth minute. */
  readonly polls: number
  /** Polls after which every match has been shown as finished. */
  readonly pollsInAll: number
  /** Matches that a poll has shown as finished. */
  readonly finished: number
  /** Matches in all. */
  readonly total: number
  /** Whether every match has been shown as finished. */
  readonly ended: boolean
}

/** How a match ended by its events and by the official record, where there is one. Neither counts a shoot-out. */
export interface RecordedResult {
  readonly matchId: string
  readonly label: string
  readonly final: Score
  readonly official: Score | undefined
}

/** What is known of a run over recorded matches besides the feed itself. */
export class RecordedFeed extends Context.Service<
  RecordedFeed,
  {
    /** How many matches were read. */
    readonly matches: number
    readonly progress: Effect.Effect<RecordedProgress>
    /** Files that were left out: damaged, or a match that another file holds already. */
    readonly skipped: ReadonlyArray<SkippedFile>
    /** Every match's end, for a caller who wants to compare. */
    readonly official: ReadonlyArray<RecordedResult>
  }
>()("touchline/feed/RecordedFeed") {
  /**
   * The feed over every match file (`<id>.json`, `<id>.json.gz`) of the directories: in each of them, else in its folder
   * `files`, else anywhere below it. Official records are looked for beside the files and one folder up.
   *
   * A file that cannot be read is logged, listed in `skipped` and left out. The layer fails with `refused` when a
   * directory is missing or cannot be listed, and when no match is left. Memory is some tens of kilobytes for each match.
   */
  static readonly layer = (options: {
    readonly directories: ReadonlyArray<string>
  }): Layer.Layer<MatchFeed | RecordedFeed, FeedError, FileSystem.FileSystem | Path.Path> =>
    Layer.effectContext(make(options.directories))
}

/** Polls for which a match stays in the answer as finished, so that a failed tick does not miss its end. */
const pollsFinished = 3

/** One file for each match: the first that holds it. */
const distinct = (read: ReadonlyArray<{ readonly path: string; readonly value: RecordedMatch }>) => {
  const first = new Map<string, { readonly path: string; readonly value: RecordedMatch }>()
  const repeated: Array<SkippedFile> = []
  for (const each of read) {
    const known = first.get(each.value.match.id)
    if (known === undefined) first.set(each.value.match.id, each)
    else repeated.push({ path: each.path, reason: `match ${each.value.match.id} was read from ${known.path}` })
  }
  return { matches: [...first.values()].map(({ value }) => value), repeated }
}

/** A match without the polls so long after its end that they correct nothing: here they would come a moment after it. */
const untilCorrected = (match: RecordedMatch): RecordedMatch => {
  const { at, frames } = match
  if (at === undefined) return match
  let endedAt: number | undefined
  const late = frames.findIndex(({ clock }, index) => {
    const now = at[index] ?? 0
    if (endedAt !== undefined && now - endedAt > Duration.toMillis(correctedWithin)) return true
    if (isOver(clock)) endedAt ??= now
    else if (isPlayed(clock)) endedAt = undefined
    return false
  })
  return late < 0 ? match : { ...match, frames: frames.slice(0, late), at: at.slice(0, late) }
}

const load = Effect.fn("RecordedFeed.load")(function* (directories: ReadonlyArray<string>) {
  const files = yield* matchFiles(directories)
  const { failed: badRecords, records } = yield* officialRecords(files)
  const [read, failed] = yield* readEach(files, (file) => readRecordedMatch(file, records))
  const polls = yield* recordingsIn(directories)
  const { matches, repeated } = distinct([
    ...read,
    ...polls.matches.map((value) => ({ path: "recorded polls", value: untilCorrected(value) }))
  ])
  yield* Effect.forEach(repeated, warn)
  const skipped = [...badRecords, ...failed, ...polls.skipped, ...repeated]
  if (matches.length === 0) {
    const first = failed[0]
    return yield* refused(
      `No recorded match in ${directories.join(", ")}: ${
        first === undefined
          ? "no file there is called <id>.json or <id>.json.gz, and no polls were recorded there."
          : `none of ${counted(files.length, "file")} can be read, the first (${first.path}) because: ${first.reason}`
      }`
    )
  }
  return { matches, skipped }
})

const make = Effect.fn("RecordedFeed.make")(function* (directories: ReadonlyArray<string>) {
  const { matches, skipped } = yield* load(directories)
  const polls = yield* Ref.make(0)
  const byId = new Map(matches.map((each) => [String(each.match.id), each]))
  const pollsInAll = Math.max(...matches.map(({ frames }) => frames.length))
  const { length: total } = matches

  const poll = Ref.getAndUpdate(polls, (before) => before + 1).pipe(
    Effect.map((before) =>
      matches.flatMap(({ frames }) => {
        const frame =
          before < frames.length + pollsFinished - 1 ? frames[Math.min(before, frames.length - 1)] : undefined
        return frame === undefined ? [] : [frame]
      })
    ),
    Effect.withSpan("RecordedFeed.poll")
  )

  /** A match as the last poll showed it, or would have. */
  const finished = (matchIds: ReadonlyArray<string>) =>
    Effect.map(Ref.get(polls), (answered) =>
      matches.flatMap(({ frames, match }) => {
        const frame = matchIds.includes(match.id) ? frames[Math.min(answered, frames.length) - 1] : undefined
        return frame === undefined ? [] : [frame]
      })
    )

  /** By the recording's own times, however fast it is played. */
  const shownAt = (matchId: string): number | undefined => {
    const { at = [] } = byId.get(matchId) ?? {}
    return at[Math.min(Ref.getUnsafe(polls), at.length) - 1]
  }

  const progress = Effect.map(Ref.get(polls), (answered): RecordedProgress => {
    const finished = matches.filter(({ frames }) => frames.length <= answered).length
    return { polls: answered, pollsInAll, finished, total, ended: finished === total }
  })

  const official = matches.map(
    ({ final, match, official }): RecordedResult => ({ matchId: match.id, label: matchLabel(match), final, official })
  )
  const of = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`
  const left = skipped.length === 0 ? "" : `, ${of(skipped.length, "file", "files")} skipped`
  const name = `recorded (${of(total, "match", "matches")}${left})`
  return Context.make(MatchFeed, { name, poll, finished, shownAt }).pipe(
    Context.add(RecordedFeed, { matches: total, progress, skipped, official })
  )
})
