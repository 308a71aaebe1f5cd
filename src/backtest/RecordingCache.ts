/**
 * Recordings that were decoded before, kept in a directory: a file of some tens of kilobytes for each match file.
 *
 * Guarantees: what comes from the cache is what reading the match file would give. An entry counts only while the match
 * file's size and time of change, the official records and the version of the format are those it was made with; a
 * damaged one is made anew. A cache that cannot be written costs time and nothing else. The directory may be deleted at
 * any time, and several processes may share it.
 */
import { createHash } from "node:crypto"
import { Effect, FileSystem, Option, Path, type PlatformError } from "effect"
import { type OfficialRecords, readRecordedMatch } from "../feed/recorded/RecordedFiles.ts"
import type { RecordingError } from "../feed/recorded/WyscoutRecord.ts"
import { pack, unpack } from "./packed.ts"
import { type Recording, recordingOf } from "./Recording.ts"

/** To be raised whenever the same match file comes to be read differently: another metric, another way of counting. */
const version = 1

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32)

/** Where recordings come from. */
export interface RecordingSource {
  readonly records: OfficialRecords
  /** The directory of the cache, made if absent. Without one every file is read. */
  readonly cache: string | undefined
}

const read = Effect.fnUntraced(function* (file: string, records: OfficialRecords) {
  return yield* Effect.fromResult(recordingOf(yield* readRecordedMatch(file, records)))
})

/** Reads recordings from their files, or from the cache where it has them. Fails for a file that holds no match. */
export const makeRecordings = ({
  cache,
  records
}: RecordingSource): ((
  file: string
) => Effect.Effect<Recording, PlatformError.PlatformError | RecordingError, FileSystem.FileSystem | Path.Path>) => {
  if (cache === undefined) return (file) => read(file, records)
  const known = digest(JSON.stringify([...records]))
  return Effect.fnUntraced(function* (file) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { mtime, size } = yield* fs.stat(file)
    const changed = Option.match(mtime, { onNone: () => "", onSome: (date) => date.toISOString() })
    const key = `${version} ${file} ${size} ${changed} ${known}`
    const entry = path.join(cache, `${digest(file)}.match`)
    const found = yield* fs.readFile(entry).pipe(
      Effect.map((bytes) => unpack(bytes, key)),
      Effect.orElseSucceed(() => undefined)
    )
    if (found !== undefined) return found
    const recording = yield* read(file, records)
    const bytes = pack(recording, key)
    if (bytes !== undefined) yield* Effect.ignore(write(entry, bytes))
    return recording
  })
}

/** Writes a file at once: nobody sees half of it. */
const write = Effect.fnUntraced(function* (file: string, bytes: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fs.makeDirectory(path.dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}.draft`
  yield* fs.writeFile(draft, bytes).pipe(
    Effect.andThen(fs.rename(draft, file)),
    Effect.onError(() => Effect.ignore(fs.remove(draft, { force: true })))
  )
})
