/** Strategies kept in files: one strategy a file, the file's name its identity. */
import { createHash } from "node:crypto"
import { hostname } from "node:os"
import { Effect, FileSystem, Path, type PlatformError, Result, Schema } from "effect"
import { type Strategy, StrategyId } from "../domain/Strategy.ts"
import { readWholeFile } from "../readWholeFile.ts"
import { decodeStrategyFile, isStrategyFile } from "../rules/files/StrategyFile.ts"
import { StrategyProblem } from "../rules/language/StrategyProblem.ts"

/** The directory cannot be used at all: it is not there, or holds no strategy file. */
export class StrategyDirectoryError extends Schema.TaggedError<StrategyDirectoryError>()("StrategyDirectoryError", {
  directory: Schema.String,
  message: Schema.String
}) {}

/** Strategies that can be watched, and what is wrong with those that cannot. */
export interface StrategyList {
  readonly strategies: ReadonlyArray<Strategy>
  readonly problems: ReadonlyArray<StrategyProblem>
}

/** The name space of strategy files: a version 5 UUID (RFC 9562) of a file's name in it is the strategy's id. */
const fileNamespace = "5f0c1a52-7d1e-4a6a-9c35-4b1a8f6f2f10"

/** What identifies a file among those of its directory: its name without the extension. */
export const nameOfFile = (fileName: string): string => fileName.replace(/\.[^.]+$/, "")

/**
 * The id of the strategy in a file of this name, extension aside. The same name gives the same id wherever it lies, so
 * a strategy keeps its triggers and record when its file is edited or moved. (One whose file was renamed keeps the id that
 * it had: the database remembers it, see `StrategyStore.saveFiles`.)
 */
export const strategyFileId = (fileName: string): StrategyId => {
  const bytes = createHash("sha1")
    .update(Buffer.from(fileNamespace.replaceAll("-", ""), "hex"))
    .update(nameOfFile(fileName))
    .digest()
    .subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return StrategyId.make(bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"))
}

/** Whether an id may be that of a file: a version 5 UUID. */
export const isIdOfFile = (id: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab]/.test(id)

/**
 * What names the set of a directory's strategies: the machine and the path, as ten characters. It is the path as it was named,
 * for what a link leads to may change while the service runs, and whoever watches that by another name watches something else then.
 */
export const directorySet = (directory: string) =>
  Effect.map(Path.Path, (paths) =>
    createHash("sha1")
      .update(`${hostname()}\0${paths.resolve(directory)}`)
      .digest("hex")
      .slice(0, 10)
  )

const unreadable =
  (place: string) =>
  ({ reason }: PlatformError.PlatformError) =>
    new StrategyDirectoryError({
      directory: place,
      message: `the strategies in ${place} cannot be read (${reason._tag}). Name a directory with strategy files, or one of them.`
    })

/** Where strategy files are looked for: all of a directory, or one. */
export interface StrategyPlace {
  /** The directory, as it was named. */
  readonly directory: string
  /** The one file of it that is meant. */
  readonly only: string | undefined
}

/** The place that a path names. Fails with StrategyDirectoryError when nothing is there. */
export const placeOf = Effect.fnUntraced(function* (path: string) {
  const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
  const { type } = yield* Effect.mapError(fs.stat(path), unreadable(path))
  const place: StrategyPlace =
    type === "Directory"
      ? { directory: path, only: undefined }
      : { directory: paths.dirname(path), only: paths.basename(path) }
  return place
})

/** The strategy files (.yaml, .yml, .json) at a place, in the order of their names, and the names of all in its directory. */
export const filesAt = Effect.fnUntraced(function* ({ directory, only }: StrategyPlace) {
  const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
  const all = yield* Effect.mapError(fs.readDirectory(directory), unreadable(directory))
  const isMeant = only === undefined ? isStrategyFile : (file: string) => file === only
  return {
    files: all
      .filter(isMeant)
      .sort()
      .map((file) => paths.join(directory, file)),
    names: all.filter((file) => file === only || isStrategyFile(file)).map(nameOfFile)
  }
})

/** What is said of a directory that holds no strategy file. */
export const noStrategyFile = (place: string) =>
  new StrategyDirectoryError({
    directory: place,
    message: `${place} holds no strategy file. Put one .yaml or .json file for each strategy there.`
  })

/** The text of a strategy file. Fails with StrategyProblem where it cannot be had, or is no text. */
export const readStrategyText = Effect.fnUntraced(function* (source: string) {
  const bytes = yield* readWholeFile(source).pipe(
    Effect.mapError(({ message }) => new StrategyProblem({ source, message: `cannot be read: ${message}` }))
  )
  return yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => new StrategyProblem({ source, message: "is not text in UTF-8: save it in that encoding" })
  })
})

/** What one strategy file says, or what is wrong with it. */
export const readStrategyFile = (source: string) =>
  readStrategyText(source).pipe(
    Effect.flatMap((text) => Effect.fromResult(decodeStrategyFile(source, text))),
    Effect.result
  )

/** What is wrong with a file that has the name of another, extension aside. */
export const sameName = (source: string, first: string) =>
  new StrategyProblem({ source, message: `has the same name as ${first}: the name is its identity` })

/**
 * Every strategy file of a directory, or one such file: the strategy in it with its path and its id, or what is wrong with
 * it, which stops no other. Of two files that differ in their extension only, the second is a problem.
 */
export const readStrategyFiles = Effect.fnUntraced(function* (path: string) {
  const paths = yield* Path.Path
  const { files } = yield* Effect.flatMap(placeOf(path), filesAt)
  if (files.length === 0) return yield* noStrategyFile(path)
  const seen = new Map<string, string>()
  return yield* Effect.forEach(files, (source) => {
    const file = paths.basename(source)
    const id = strategyFileId(file)
    const first = seen.get(id)
    seen.set(id, first ?? file)
    return Effect.map(readStrategyFile(source), (read) =>
      first === undefined
        ? Result.map(read, (definition) => ({ source, id, definition }))
        : Result.fail(Result.getOrElse(Result.flip(read), () => sameName(source, first)))
    )
  })
})

/** Reads every strategy file of a directory, or one such file. One that does not decode is among the problems. */
export const readStrategyDirectory = Effect.fn("readStrategyDirectory")(function* (
  directory: string
): Effect.fn.Return<StrategyList, StrategyDirectoryError, FileSystem.FileSystem | Path.Path> {
  const results = yield* readStrategyFiles(directory)
  const strategies: Array<Strategy> = []
  const problems: Array<StrategyProblem> = []
  for (const result of results) {
    if (Result.isFailure(result)) problems.push(result.failure)
    else strategies.push({ ...result.success.definition, id: result.success.id })
  }
  return { strategies, problems }
})
