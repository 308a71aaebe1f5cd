/** The check of recorded polls: what there is, and whether more can be written. */
import { Effect, FileSystem, Path } from "effect"
import { check, ok } from "../doctor/Check.ts"
import { dayOf } from "./pollFile.ts"
import type { RecordingOptions } from "./recordPolls.ts"

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

export const checkRecordings = ({ days, directory }: RecordingOptions) =>
  check(
    "recordings",
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      if (!(yield* fs.exists(directory))) return ok(`${directory}: nothing is recorded yet, ${days} days are kept`)
      yield* fs.access(directory, { writable: true })
      const names = (yield* fs.readDirectory(directory)).filter((name) => dayOf(name) !== undefined)
      const sizes = yield* Effect.forEach(names, (name) => fs.stat(path.join(directory, name)))
      const size = sizes.reduce((sum, each) => sum + Number(each.size), 0)
      const [first] = names.map(dayOf).sort()
      const since = first === undefined ? "" : ` since ${first}`
      return ok(`${directory}: ${names.length} files${since}, ${megabytes(size)}, ${days} days are kept`)
    }),
    { todo: "Check RECORD: this process must be able to write there." }
  )
