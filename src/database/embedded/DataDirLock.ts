/**
 * Holds a data directory for one process. PGlite does not guard its directory, and two processes that write one would
 * destroy it.
 *
 * Guarantees: what holds the directory is a lock of the operating system on the file `touchline.lock`, which is gone with
 * the process however it ends, and which processes of other containers meet as well. Beside it `touchline.pid` says who
 * the holder is. That file alone was the lock of versions before: a directory that one of them holds is refused, and one
 * that this version holds is refused to them.
 */
import { hostname } from "node:os"
import { DateTime, Effect, FileSystem, Option, Path, Schema, type Scope } from "effect"

/** The data directory cannot be used: another process holds it, or it cannot be written. */
export class DataDirError extends Schema.TaggedError<DataDirError>()("DataDirError", {
  dataDir: Schema.String,
  /** The process that holds the directory, if that is the reason. In another container the pid is one of that container. */
  holder: Schema.optionalKey(Schema.Int),
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

const lockFile = "touchline.lock"
const holderFile = "touchline.pid"

/** Who holds a directory. Versions that had no other lock than this file wrote neither `host` nor `since`. */
const Holder = Schema.fromJsonString(
  Schema.Struct({
    pid: Schema.Int,
    started: Schema.optionalKey(Schema.String),
    host: Schema.optionalKey(Schema.String),
    since: Schema.optionalKey(Schema.String)
  })
)
type Holder = typeof Holder.Type

const decodeHolder = Schema.decodeUnknownOption(Holder)

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

/** Whether a version whose only lock was the file holds the directory. The lock that this version has is ours by now. */
const isHeldByEarlierVersion = Effect.fnUntraced(function* ({ host, pid, started }: Holder) {
  if (host !== undefined || pid === process.pid || !isRunning(pid)) return false
  const now = yield* startOf(pid)
  return started === undefined || now === undefined || started === now
})

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const unusable = (dataDir: string) => (cause: unknown) =>
  new DataDirError({
    dataDir,
    message: `DATA_DIR ${dataDir} cannot be used: ${textOf(cause)}. Name a directory that this user may write.`,
    cause
  })

const inUse = (dataDir: string, holder: Option.Option<Holder>) => {
  const { host, pid, since } = Option.getOrElse(holder, (): Partial<Holder> => ({}))
  const where = host === undefined || host === hostname() ? "" : ` on host ${host}, since ${since}`
  return new DataDirError({
    dataDir,
    ...(pid === undefined ? {} : { holder: pid }),
    message: `DATA_DIR ${dataDir} is in use by ${pid === undefined ? "another process" : `process ${pid}`}${where}. Stop that process, or name another directory in DATA_DIR.`
  })
}

/** What SQLite answers when another process, or another part of this one, has the lock (sqlite.org/rescode.html). */
const busy = 5

/**
 * Locks a file as the operating system does. Node has no call for it; SQLite, which is in Node, locks its files so, on
 * every system that Node runs on. The file stays empty, and stays: to remove it would let two processes lock two files
 * of the same name.
 */
const lock = Effect.fnUntraced(function* (dataDir: string, path: string) {
  const { DatabaseSync } = yield* Effect.promise(() => import("node:sqlite"))
  return yield* Effect.acquireRelease(
    Effect.try({
      try: () => {
        const file = new DatabaseSync(path, { timeout: 0 })
        try {
          file.exec("pragma journal_mode = memory")
          file.exec("begin exclusive")
          return Option.some(file)
        } catch (error) {
          file.close()
          if (error instanceof Error && "errcode" in error && error.errcode === busy) return Option.none()
          throw error
        }
      },
      catch: (cause) =>
        new DataDirError({
          dataDir,
          message: `DATA_DIR ${dataDir} cannot be used: ${path} cannot be locked (${textOf(cause)}). Name a directory that this user may write, on a file system that has locks.`,
          cause
        })
    }),
    (file) => Effect.sync(() => Option.getOrUndefined(file)?.close())
  )
})

/** A link would have another file locked, or written, than the one in the directory. */
const isNoLink = Effect.fnUntraced(function* (dataDir: string, file: string) {
  const fs = yield* FileSystem.FileSystem
  if (Option.isNone(yield* Effect.option(fs.readLink(file)))) return
  return yield* new DataDirError({
    dataDir,
    message: `DATA_DIR ${dataDir} cannot be used: ${file} is a link. Remove it, and see who may write there.`
  })
})

/**
 * Takes the directory (made if absent, for this user alone) until the scope closes.
 *
 * Fails with a DataDirError that names the holder's pid while another process, or another part of this one, has it. Of
 * several processes that want it at the same time exactly one gets it.
 */
export const lockDataDir = Effect.fn("lockDataDir")(function* (
  dataDir: string
): Effect.fn.Return<void, DataDirError, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const failed = unusable(dataDir)
  const path = paths.resolve(dataDir, holderFile)
  const started = yield* startOf(process.pid)
  const self = yield* Effect.orDie(
    Schema.encodeEffect(Holder)({
      pid: process.pid,
      ...(started === undefined ? {} : { started }),
      host: hostname(),
      since: DateTime.formatIso(yield* DateTime.now)
    })
  )
  const mine = `${path}.${process.pid}`

  yield* fs.makeDirectory(dataDir, { recursive: true, mode: 0o700 }).pipe(Effect.mapError(failed))
  yield* Effect.forEach([paths.resolve(dataDir, lockFile), path], (file) => isNoLink(dataDir, file))
  const locked = yield* lock(dataDir, paths.resolve(dataDir, lockFile))
  if (Option.isNone(locked)) {
    const text = yield* fs.readFileString(path).pipe(Effect.option)
    return yield* inUse(dataDir, Option.flatMap(text, decodeHolder))
  }
  yield* fs.chmod(paths.resolve(dataDir, lockFile), 0o600).pipe(Effect.mapError(failed))

  const sign: Effect.Effect<void, DataDirError> = Effect.gen(function* () {
    const signed = yield* fs.link(mine, path).pipe(
      Effect.as(true),
      Effect.catchIf(
        (error) => error.reason._tag === "AlreadyExists",
        () => Effect.succeed(false)
      ),
      Effect.mapError(failed)
    )
    if (signed) return
    const text = yield* fs.readFileString(path).pipe(Effect.option)
    const holder = Option.flatMap(text, decodeHolder)
    if (Option.isSome(holder) && (yield* isHeldByEarlierVersion(holder.value))) return yield* inUse(dataDir, holder)
    yield* Effect.logInfo("taking over the data directory of a process that is gone").pipe(
      Effect.annotateLogs({ dataDir, pid: Option.getOrUndefined(Option.map(holder, ({ pid }) => pid)) })
    )
    // An earlier version may find the same file at the same time. Renamed under a name of ours, the file that was read
    // is gone for one of the two, and what that version wrote meanwhile is put back.
    yield* fs.rename(path, `${mine}.stale`).pipe(Effect.ignore)
    const moved = yield* fs.readFileString(`${mine}.stale`).pipe(Effect.option)
    if (Option.isSome(moved) && Option.isSome(text) && moved.value !== text.value) {
      yield* fs.rename(`${mine}.stale`, path).pipe(Effect.mapError(failed))
    } else {
      yield* fs.remove(`${mine}.stale`, { force: true }).pipe(Effect.mapError(failed))
    }
    return yield* sign
  }).pipe(Effect.provide(yield* Effect.context<FileSystem.FileSystem>()))

  yield* Effect.acquireRelease(
    Effect.gen(function* () {
      // Made anew: a link that somebody has put there would be written through.
      yield* Effect.mapError(fs.remove(mine, { force: true }), failed)
      yield* Effect.mapError(fs.writeFileString(mine, self, { mode: 0o600, flag: "wx" }), failed)
      yield* sign.pipe(Effect.ensuring(fs.remove(mine, { force: true }).pipe(Effect.ignore)))
    }),
    () => fs.remove(path, { force: true }).pipe(Effect.ignore)
  )
})
