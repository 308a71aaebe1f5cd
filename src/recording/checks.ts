/** The check of recorded polls: what there is, and whether more can be written. */

import { Effect, FileSystem, Path } from "effect"
import { check, ok } from "../doctor/Check.ts"
import { counted } from "../domain/counted.ts"
import { dayOf } from "./pollFile.ts"
import type { RecordingOptions } from "./recordPolls.ts"

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

export const checkRecordings = ({ days, directory }: RecordingOptions) =>
  check(
    "recordings",
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      if (!(yield* fs.exists(directory)))
        return ok(`${directory}: nothing is recorded yet, ${counted(days, "day")} ${days === 1 ? "is" : "are"} kept`)
      yield* fs.access(directory, { writable: true })
      const names = (yield* fs.readDirectory(directory)).filter((name) => dayOf(name) !== undefined)
      const sizes = yield* Effect.forEach(names, (name) => fs.stat(path.join(directory, name)))
      const size = sizes.reduce((sum, each) => sum + Number(each.size), 0)
      const [first] = names.map(dayOf).sort()
      const since = first === undefined ? "" : ` since ${first}`
      return ok(
        `${directory}: ${counted(names.length, "file")}${since}, ${megabytes(size)}, ${counted(days, "day")} ${days === 1 ? "is" : "are"} kept`
      )
    }),
    { todo: "Check RECORD: this process must be able to write there." }
  )
