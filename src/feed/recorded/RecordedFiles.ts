/**
 * The files of recorded matches: which there are, what they hold, and the official records that lie with them. Used by
 * everything that reads recorded matches, so that all of it reads them alike.
 */
import { gunzip } from "node:zlib"
import { Effect, FileSystem, Path, type PlatformError } from "effect"
import { readWholeFile } from "../../readWholeFile.ts"
import { FeedError } from "../MatchFeed.ts"
import { type RecordedMatch, readMatch } from "./Wyscout.ts"
import { type OfficialRecord, RecordingError, readRecords } from "./WyscoutRecord.ts"

/** A file that could not be read, and why. */
export interface SkippedFile {
  readonly path: string
  readonly reason: string
}

/** Official records by match id. */
export type OfficialRecords = ReadonlyMap<string, OfficialRecord>

/** No recorded match can be had, and asking again would not help. */
export const refused = (message: string, cause?: unknown): FeedError =>
  new FeedError({ feed: "recorded", reason: "refused", message, ...(cause === undefined ? {} : { cause }) })

/** Why a directory cannot be listed, for whoever named it. */
export const unlisted = (directory: string) => (error: PlatformError.PlatformError) =>
  refused(
    error.reason._tag === "NotFound"
      ? `There is no directory ${directory}. Name the directory that holds the recorded matches.`
      : error.reason._tag === "BadResource"
        ? `${directory} is no directory. Name the one that holds the recorded matches.`
        : `${directory} cannot be listed: ${error.message}`,
    error
  )

const isMatchFile = (name: string): boolean => /^\d+\.json(\.gz)?$/.test(name)
const isRecordFile = (name: string): boolean => /^matches_.+\.json$/.test(name)

/**
 * The match files (`<id>.json`, `<id>.json.gz`) of a directory, as paths in order: those in it, else in its folder
 * `files`, else anywhere below it. Fails when the directory is missing or cannot be listed.
 */
const filesIn = Effect.fn("RecordedFiles.filesIn")(function* (directory: string) {
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

/** The match files of several directories, each once. See `filesIn`. */
export const matchFiles = Effect.fn("RecordedFiles.matchFiles")(function* (directories: ReadonlyArray<string>) {
  const path = yield* Path.Path
  const found = yield* Effect.forEach(directories, (directory) => filesIn(path.resolve(directory)))
  return [...new Set(found.flat())]
})

/** The text of a file, unpacked if it is a gzip archive, whatever its name. */
const readText = Effect.fnUntraced(function* (file: string) {
  const bytes = yield* readWholeFile(file)
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
export const readEach = <A, R>(
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

/** Says of a file that it is left out, and why. */
export const warn = (skipped: SkippedFile) => Effect.logWarning("Recorded match file skipped", skipped)

/** Every official record beside the files or one folder up, and the record files that cannot be read (which is logged). */
export const officialRecords = Effect.fn("RecordedFiles.officialRecords")(function* (files: ReadonlyArray<string>) {
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

/** Reads the file of one match, with its official record if there is one. Fails when it holds no match. */
export const readRecordedMatch = Effect.fnUntraced(function* (
  file: string,
  records: OfficialRecords
): Effect.fn.Return<RecordedMatch, PlatformError.PlatformError | RecordingError, FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  const name = path.basename(file).replace(/\.json(\.gz)?$/, "")
  const text = yield* readText(file)
  return yield* Effect.fromResult(readMatch(text, name, (id) => records.get(id)))
})
