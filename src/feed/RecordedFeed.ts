/**
 * Recorded matches as a live feed: every match of some directories, all kicked off together, a scoreboard minute a poll.
 *
 * What a poll answers depends on nothing but how many came before it, so no minute is ever skipped and a run gives the
 * same triggers on any machine. The speed is the caller's: an interval of 60,000 ms / speed between polls.
 */
import { gunzip } from "node:zlib"
import { Context, Effect, FileSystem, Layer, Path, type PlatformError, Ref } from "effect"
import { matchLabel } from "../domain/Match.ts"
import type { Score } from "../domain/Snapshot.ts"
import { FeedError, MatchFeed } from "./MatchFeed.ts"
import { type RecordedMatch, readMatch } from "./Wyscout.ts"
import { type OfficialRecord, RecordingError, readRecords } from "./WyscoutRecord.ts"

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

/** A file that could not be read, and why. */
export interface SkippedFile {
  readonly path: string
  readonly reason: string
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

const refused = (message: string, cause?: unknown): FeedError =>
  new FeedError({ feed: "recorded", reason: "refused", message, ...(cause === undefined ? {} : { cause }) })

const unlisted = (directory: string) => (error: PlatformError.PlatformError) =>
  refused(
    error.reason._tag === "NotFound"
      ? `There is no directory ${directory}. Name the directory that holds the recorded matches.`
      : `${directory} cannot be listed: ${error.message}`,
    error
  )

const isMatchFile = (name: string): boolean => /^\d+\.json(\.gz)?$/.test(name)
const isRecordFile = (name: string): boolean => /^matches_.+\.json$/.test(name)

/** The match files of a directory, as paths in order. */
const matchFiles = Effect.fn("RecordedFeed.matchFiles")(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const found = (folder: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
    names
      .filter((name) => isMatchFile(path.basename(name)))
      .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
      .map((name) => path.join(folder, name))
  const list = (folder: string, recursive = false) =>
    fs.readDirectory(folder, { recursive }).pipe(Effect.mapError(unlisted(folder)))

  const names = yield* list(directory)
  const direct = found(directory, names)
  if (direct.length > 0) return direct
  const files = path.join(directory, "files")
  const inFiles = names.includes("files") ? found(files, yield* list(files)) : []
  return inFiles.length > 0 ? inFiles : found(directory, yield* list(directory, true))
})

/** The text of a file, unpacked if it is a gzip archive, whatever its name. */
const readText = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* fs.readFile(file)
  const unpacked =
    bytes[0] === 0x1f && bytes[1] === 0x8b
      ? yield* Effect.callback<Uint8Array, RecordingError>((resume) =>
          gunzip(bytes, (error, result) =>
            resume(
              error === null
                ? Effect.succeed(result)
                : Effect.fail(new RecordingError({ message: `cannot be unpacked: ${error.message}` }))
            )
          )
        )
      : bytes
  return new TextDecoder().decode(unpacked)
})

/** Reads what it can: the results in order of the files, and the files that failed. Each failure is logged. */
const readEach = <A, R>(
  files: ReadonlyArray<string>,
  read: (file: string) => Effect.Effect<A, PlatformError.PlatformError | RecordingError, R>
) =>
  Effect.partition(
    files,
    (file) =>
      read(file).pipe(
        Effect.map((value) => ({ path: file, value })),
        Effect.mapError((error): SkippedFile => ({ path: file, reason: error.message })),
        Effect.tapError(warn)
      ),
    // Unpacking runs on other threads; more at a time would only hold more text in memory.
    { concurrency: 4 }
  )

const warn = (skipped: SkippedFile) => Effect.logWarning("Recorded match file skipped", skipped)

/** Every official record beside the files or one folder up, by match id. */
const officialRecords = Effect.fn("RecordedFeed.officialRecords")(function* (files: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folders = new Set(files.map((file) => path.dirname(file)).flatMap((folder) => [folder, path.dirname(folder)]))
  const recordFiles = yield* Effect.forEach(folders, (folder) =>
    fs.readDirectory(folder).pipe(
      Effect.map((names) => names.filter(isRecordFile).map((name) => path.join(folder, name))),
      // The folder up may be none of ours. Matches do without a record.
      Effect.catch((error) => Effect.as(warn({ path: folder, reason: error.message }), []))
    )
  )
  const [read, failed] = yield* readEach(recordFiles.flat(), (file) => {
    const competition = path.basename(file, ".json").replace("matches_", "").replaceAll("_", " ")
    return Effect.flatMap(readText(file), (text) => Effect.fromResult(readRecords(text, competition)))
  })
  const records = new Map<string, OfficialRecord>()
  for (const record of read.flatMap(({ value }) => value)) records.set(record.matchId, record)
  return { records, failed }
})

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

const load = Effect.fn("RecordedFeed.load")(function* (directories: ReadonlyArray<string>) {
  const path = yield* Path.Path
  const found = yield* Effect.forEach(directories, (directory) => matchFiles(path.resolve(directory)))
  const files = [...new Set(found.flat())]
  const { failed: badRecords, records } = yield* officialRecords(files)
  const [read, failed] = yield* readEach(files, (file) => {
    const name = path.basename(file).replace(/\.json(\.gz)?$/, "")
    return Effect.flatMap(readText(file), (text) => Effect.fromResult(readMatch(text, name, (id) => records.get(id))))
  })
  const { matches, repeated } = distinct(read)
  yield* Effect.forEach(repeated, warn)
  const skipped = [...badRecords, ...failed, ...repeated]
  if (matches.length === 0) {
    const first = failed[0]
    return yield* refused(
      `No recorded match in ${directories.join(", ")}: ${
        first === undefined
          ? "no file there is called <id>.json or <id>.json.gz."
          : `none of ${files.length} files can be read, the first (${first.path}) because: ${first.reason}`
      }`
    )
  }
  return { matches, skipped }
})

const make = Effect.fn("RecordedFeed.make")(function* (directories: ReadonlyArray<string>) {
  const { matches, skipped } = yield* load(directories)
  const polls = yield* Ref.make(0)
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
  return Context.make(MatchFeed, { name, poll }).pipe(
    Context.add(RecordedFeed, { matches: total, progress, skipped, official })
  )
})
