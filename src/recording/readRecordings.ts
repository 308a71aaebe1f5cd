/**
 * Recorded polls as matches: the files of all instances of a service put together in the order in which the polls were
 * answered, and told apart by match.
 */
import { Array as Arr, Effect, FileSystem, Path, Result, Schema } from "effect"
import { decodeSnapshot } from "../domain/decodeSnapshot.ts"
import { onePerMatch } from "../domain/onePerMatch.ts"
import { Snapshot, type SnapshotInput } from "../domain/Snapshot.ts"
import { type SkippedFile, unlisted, warn } from "../feed/recorded/RecordedFiles.ts"
import type { RecordedMatch } from "../feed/recorded/Wyscout.ts"
import { RecordingError } from "../feed/recorded/WyscoutRecord.ts"
import { readWholeFile } from "../readWholeFile.ts"
import { dayOf, type Poll, placeOf, readPolls } from "./pollFile.ts"

/** The files of polls in a directory, as paths in order. Fails when it is missing or cannot be listed. */
export const pollFiles = Effect.fn("pollFiles")(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* fs.readDirectory(directory).pipe(Effect.mapError(unlisted(directory)))
  return names
    .filter((name) => dayOf(name) !== undefined)
    .sort()
    .map((name) => path.join(directory, name))
})

/** The polls of a file; how many were lost is told, once. */
const readFile = Effect.fnUntraced(function* (file: string) {
  const { lost, polls } = readPolls(yield* readWholeFile(file))
  if (polls.length === 0 && lost > 0) {
    return yield* new RecordingError({ message: "cannot be read: none of the polls in it" })
  }
  if (lost > 0) {
    yield* Effect.logWarning("a part of a recording cannot be read and is left out; the rest of it is read").pipe(
      Effect.annotateLogs({ path: file, lost, read: polls.length })
    )
  }
  return polls
})

/**
 * The polls of one process in the order in which they were made, with times that never go back: where the clock was set back, what
 * came before is of as long before as it was.
 */
const inOrder = (polls: ReadonlyArray<Poll>): ReadonlyArray<Poll> => {
  const ordered: Array<Poll> = []
  let next: Poll | undefined
  for (const poll of polls.toReversed()) {
    next = next === undefined || poll.at <= next.at ? poll : { ...poll, at: next.at - (next.after ?? 0) }
    ordered.push(next)
  }
  return ordered.toReversed()
}

const encode = Schema.encodeSync(Snapshot)

/** What was shown of a match, poll by poll. */
interface Course {
  readonly frames: Array<SnapshotInput>
  readonly at: Array<number>
  last: Snapshot
}

/** The polls told apart by match, in the order in which matches were first shown. What cannot be read is left out, as live. */
export const matchesOf = (polls: ReadonlyArray<Poll>): ReadonlyArray<RecordedMatch> => {
  const courses = new Map<string, Course>()
  // What a poll shows unchanged is the same object as before.
  const read = new Map<unknown, { readonly snapshot: Snapshot; readonly frame: SnapshotInput } | undefined>()
  for (const { at, matches } of polls.toSorted((a, b) => a.at - b.at)) {
    const ofPoll = matches.flatMap((shown) => {
      if (!read.has(shown)) {
        const decoded = decodeSnapshot(shown)
        const snapshot = Result.isSuccess(decoded) ? decoded.success.snapshot : undefined
        read.set(shown, snapshot && { snapshot, frame: encode(snapshot) })
      }
      return read.get(shown) ?? []
    })
    for (const { frame, snapshot } of onePerMatch(ofPoll).kept) {
      const course = courses.get(snapshot.match.id) ?? { frames: [], at: [], last: snapshot }
      courses.set(snapshot.match.id, course)
      course.frames.push(frame)
      course.at.push(at)
      course.last = snapshot
    }
  }
  return Array.from(courses.values(), ({ at, frames, last }) => ({
    match: last.match,
    frames,
    at,
    final: last.score,
    official: undefined
  }))
}

/** Files by the process that wrote them, each in the order in which it did. */
const byProcess = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  const path = yield* Path.Path
  const placed = files.flatMap((file) => {
    const place = placeOf(path.basename(file))
    return place === undefined ? [] : [{ ...place, file, process: path.join(path.dirname(file), place.instance) }]
  })
  // An older version went on with a part from day to day.
  const sorted = placed.toSorted((a, b) => a.part - b.part || (a.day < b.day ? -1 : 1))
  return Object.values(Arr.groupBy(sorted, ({ process }) => process))
})

/**
 * The matches of files of polls. A file that cannot be read is logged, listed in `skipped` and left out; a poll that cannot be
 * read is counted, logged once a file, and left out.
 */
export const readRecordings = Effect.fn("readRecordings")(function* (files: ReadonlyArray<string>) {
  const skipped: Array<SkippedFile> = []
  const polls = yield* Effect.forEach(yield* byProcess(files), (ofProcess) =>
    Effect.forEach(ofProcess, ({ file }) =>
      readFile(file).pipe(
        Effect.mapError((error): SkippedFile => ({ path: file, reason: error.message })),
        Effect.tapError(warn),
        Effect.catch((failed) =>
          Effect.as(
            Effect.sync(() => skipped.push(failed)),
            []
          )
        )
      )
    ).pipe(Effect.map((read) => inOrder(read.flat())))
  )
  return { matches: matchesOf(polls.flat()), skipped }
})

/** The matches of all files of polls in these directories. */
export const recordingsIn = Effect.fn("recordingsIn")(function* (directories: ReadonlyArray<string>) {
  const path = yield* Path.Path
  const files = yield* Effect.forEach(directories, (directory) => pollFiles(path.resolve(directory)))
  return yield* readRecordings([...new Set(files.flat())])
})
