/**
 * Holds a data directory for one process. PGlite does not guard its directory, and two processes that write one would
 * destroy it. The holder's pid stands in `touchline.pid`; the file of a holder that is gone is taken over.
 */
import { Effect, FileSystem, Option, Path, Schema, type Scope } from "effect"

/** The data directory cannot be used: another process holds it, or it cannot be written. */
export class DataDirError extends Schema.TaggedError<DataDirError>()("DataDirError", {
  dataDir: Schema.String,
  /** The process that holds the directory, if that is the reason. */
  holder: Schema.optionalKey(Schema.Int),
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

const lockFile = "touchline.pid"

const Holder = Schema.fromJsonString(Schema.Struct({ pid: Schema.Int, started: Schema.optionalKey(Schema.String) }))
type Holder = typeof Holder.Type

const heldHere = new Set<string>()

/**
 * When a process started, where the system tells (Linux: field 22 of /proc/<pid>/stat, see proc_pid_stat(5)): pids are
 * used again, so a pid alone does not tell that the holder still runs.
 */
const startOf = Effect.fnUntraced(function* (pid: number) {
  const fs = yield* FileSystem.FileSystem
  const stat = yield* fs.readFileString(`/proc/${pid}/stat`).pipe(Effect.option)
  return Option.getOrUndefined(Option.map(stat, (text) => text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? ""))
})

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

const isAlive = Effect.fnUntraced(function* (holder: Holder, path: string) {
  if (holder.pid === process.pid) return heldHere.has(path)
  if (!isRunning(holder.pid)) return false
  const started = yield* startOf(holder.pid)
  return holder.started === undefined || started === undefined || holder.started === started
})

/**
 * Takes the directory (made if absent) until the scope closes.
 *
 * Fails with a DataDirError that names the holder's pid while another process, or another part of this one, has it. Of
 * several processes that find a stale file at the same time exactly one gets the directory.
 */
export const lockDataDir = Effect.fn("lockDataDir")(function* (
  dataDir: string
): Effect.fn.Return<void, DataDirError, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const path = paths.resolve(dataDir, lockFile)
  const started = yield* startOf(process.pid)
  const self = yield* Effect.orDie(
    Schema.encodeEffect(Holder)({ pid: process.pid, ...(started === undefined ? {} : { started }) })
  )
  const unusable = (cause: unknown) =>
    new DataDirError({
      dataDir,
      message: `DATA_DIR ${dataDir} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. Name a directory that this user may write.`,
      cause
    })
  const mine = `${path}.${process.pid}`

  const take: Effect.Effect<void, DataDirError> = Effect.gen(function* () {
    const taken = yield* fs.link(mine, path).pipe(
      Effect.as(true),
      Effect.catchIf(
        (error) => error.reason._tag === "AlreadyExists",
        () => Effect.succeed(false)
      ),
      Effect.mapError(unusable)
    )
    if (taken) return
    const text = yield* fs.readFileString(path).pipe(Effect.option)
    const holder = Option.flatMap(text, Schema.decodeUnknownOption(Holder))
    if (Option.isSome(holder) && (yield* isAlive(holder.value, path))) {
      return yield* new DataDirError({
        dataDir,
        holder: holder.value.pid,
        message: `DATA_DIR ${dataDir} is in use by process ${holder.value.pid}. Stop that process, or name another directory in DATA_DIR.`
      })
    }
    yield* Effect.logInfo("taking over the data directory of a process that is gone").pipe(
      Effect.annotateLogs({ dataDir, pid: Option.getOrUndefined(Option.map(holder, ({ pid }) => pid)) })
    )
    // Renamed under a name made of what was read: of two that read the same holder only one finds the file to rename,
    // and neither can rename the file of the other's success.
    yield* fs.rename(path, `${mine}.stale`).pipe(Effect.ignore)
    const moved = yield* fs.readFileString(`${mine}.stale`).pipe(Effect.option)
    if (Option.isSome(moved) && Option.isSome(text) && moved.value !== text.value) {
      yield* fs.rename(`${mine}.stale`, path).pipe(Effect.mapError(unusable))
    } else {
      yield* fs.remove(`${mine}.stale`, { force: true }).pipe(Effect.mapError(unusable))
    }
    return yield* take
  }).pipe(Effect.provide(yield* Effect.context<FileSystem.FileSystem>()))

  yield* Effect.acquireRelease(
    Effect.gen(function* () {
      yield* fs.makeDirectory(dataDir, { recursive: true }).pipe(Effect.mapError(unusable))
      yield* fs.writeFileString(mine, self).pipe(Effect.mapError(unusable))
      yield* take.pipe(Effect.ensuring(fs.remove(mine, { force: true }).pipe(Effect.ignore)))
      heldHere.add(path)
    }),
    () =>
      Effect.suspend(() => {
        heldHere.delete(path)
        return fs.remove(path, { force: true }).pipe(Effect.ignore)
      })
  )
})
