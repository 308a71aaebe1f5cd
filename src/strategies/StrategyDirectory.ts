/** Strategies kept in files: one strategy a file, the file's name its identity. */
import { createHash } from "node:crypto"
import { Effect, FileSystem, Path, Result, Schema } from "effect"
import type { StrategyList } from "../database/StrategyStore.ts"
import { type Strategy, StrategyId } from "../domain/Strategy.ts"
import { decodeStrategyFile, isStrategyFile } from "../rules/StrategyFile.ts"
import { StrategyProblem } from "../rules/StrategyProblem.ts"

/** The directory cannot be used at all: it is not there, or holds no strategy file. */
export class StrategyDirectoryError extends Schema.TaggedError<StrategyDirectoryError>()("StrategyDirectoryError", {
  directory: Schema.String,
  message: Schema.String
}) {}

/** The name space of strategy files: a version 5 UUID (RFC 9562) of a file's name in it is the strategy's id. */
const fileNamespace = "5f0c1a52-7d1e-4a6a-9c35-4b1a8f6f2f10"

/**
 * The id of the strategy in a file of this name, extension aside. The same name gives the same id wherever it lies, so
 * a strategy keeps its triggers and record when its file is edited or moved.
 */
export const strategyFileId = (fileName: string): StrategyId => {
  const bytes = createHash("sha1")
    .update(Buffer.from(fileNamespace.replaceAll("-", ""), "hex"))
    .update(fileName.replace(/\.[^.]+$/, ""))
    .digest()
    .subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return StrategyId.make(bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"))
}

/**
 * Reads every strategy file (.yaml, .yml, .json) of a directory, in the order of their names. A file that does not
 * decode is among the problems, and stops no other.
 */
export const readStrategyDirectory = Effect.fn("readStrategyDirectory")(function* (
  directory: string
): Effect.fn.Return<StrategyList, StrategyDirectoryError, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const names = yield* fs.readDirectory(directory).pipe(
    Effect.mapError(
      ({ reason }) =>
        new StrategyDirectoryError({
          directory,
          message: `the strategies in ${directory} cannot be read (${reason._tag}). Name a directory with strategy files.`
        })
    )
  )
  const files = names.filter(isStrategyFile).sort()
  if (files.length === 0) {
    return yield* new StrategyDirectoryError({
      directory,
      message: `${directory} holds no strategy file. Put one .yaml or .json file for each strategy there.`
    })
  }
  const strategies: Array<Strategy> = []
  const problems: Array<StrategyProblem> = []
  const seen = new Map<string, string>()
  for (const file of files) {
    const source = paths.join(directory, file)
    const id = strategyFileId(file)
    const decoded = yield* fs.readFileString(source).pipe(
      Effect.mapError(({ message }) => new StrategyProblem({ source, message: `cannot be read: ${message}` })),
      Effect.flatMap((text) => Effect.fromResult(decodeStrategyFile(source, text))),
      Effect.filterOrFail(
        () => !seen.has(id),
        () => new StrategyProblem({ source, message: `has the same name as ${seen.get(id)}: the name is its identity` })
      ),
      Effect.result
    )
    if (Result.isSuccess(decoded)) strategies.push({ ...decoded.success, id })
    else problems.push(decoded.failure)
    seen.set(id, file)
  }
  return { strategies, problems }
})
