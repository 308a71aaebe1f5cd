/** Files that people put into a directory, read whole. */
import { Effect, FileSystem, PlatformError } from "effect"

/** The bytes of a file. Fails for a pipe or a device, which may never end: nobody waits for one. */
export const readWholeFile = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const { type } = yield* fs.stat(path)
  if (type !== "File" && type !== "Directory")
    return yield* PlatformError.systemError({
      _tag: "BadResource",
      module: "FileSystem",
      method: "readFile",
      description: "it is no file, so move it elsewhere",
      pathOrDescriptor: path
    })
  return yield* fs.readFile(path)
})
