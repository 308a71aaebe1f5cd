import { existsSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Effect, Exit, FileSystem, Path, Scope } from "effect"
import { ChildProcess } from "effect/process"
import { lockDataDir } from "../../../src/database/embedded/DataDirLock.ts"
import { quiet } from "../../fixtures/logs.ts"

/** A directory of one test, and the path of the lock in it. */
const directory = Effect.gen(function* () {
  const [fs, paths] = [yield* FileSystem.FileSystem, yield* Path.Path]
  const path = yield* fs.makeTempDirectoryScoped({ prefix: "touchline-lock-" })
  return { path, lock: paths.join(path, "touchline.pid") }
})

/** Another process that runs until the test ends. */
const otherProcess = Effect.gen(function* () {
  const handle = yield* ChildProcess.make(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
    stdout: "ignore",
    stderr: "ignore"
  })
  return Number(handle.pid)
})

/** The pid of a process that has ended. */
const deadProcess = Effect.gen(function* () {
  const handle = yield* ChildProcess.make(process.execPath, ["-e", ""], { stdout: "ignore", stderr: "ignore" })
  yield* handle.exitCode
  return Number(handle.pid)
}).pipe(Effect.scoped)

/** Which process a lock file names. */
const holderIn = (lock: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(fs.readFileString(lock), (text): unknown => JSON.parse(text))
  )

const write = (lock: string, holder: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(lock, holder))

const files = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(path))

const hasProcessTimes = existsSync("/proc/self/stat")

layer(NodeServices.layer)("A data directory", (it) => {
  it.effect("is held by the process that locked it, with nothing else left in it", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* lockDataDir(path)
      expect(yield* holderIn(lock)).toMatchObject({ pid: process.pid })
      expect(yield* files(path)).toEqual(["touchline.pid"])
    })
  )

  it.effect("is made where there is none", () =>
    Effect.gen(function* () {
      const paths = yield* Path.Path
      const { path } = yield* directory
      const below = paths.join(path, "a", "b")
      yield* lockDataDir(below)
      expect(yield* files(below)).toEqual(["touchline.pid"])
    })
  )

  it.effect("is refused to a second holder in the same process, naming its pid, and stays with the first", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* lockDataDir(path)
      const error = yield* Effect.flip(Effect.scoped(lockDataDir(path)))
      expect(error).toMatchObject({ _tag: "DataDirError", dataDir: path, holder: process.pid })
      expect(error.message).toContain(`in use by process ${process.pid}`)
      expect(yield* holderIn(lock)).toMatchObject({ pid: process.pid })
      expect(yield* files(path)).toEqual(["touchline.pid"])
    })
  )

  it.effect("is refused while another process holds it, naming that one's pid", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      const pid = yield* otherProcess
      yield* write(lock, JSON.stringify({ pid }))
      const error = yield* Effect.flip(lockDataDir(path))
      expect(error).toMatchObject({ _tag: "DataDirError", holder: pid })
      expect(error.message).toContain(`in use by process ${pid}`)
      expect(error.message).toContain("Stop that process, or name another directory")
      expect(yield* holderIn(lock)).toEqual({ pid })
    })
  )

  it.effect("is taken over from a process that is gone", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* write(lock, JSON.stringify({ pid: yield* deadProcess }))
      yield* lockDataDir(path).pipe(Effect.provide(quiet))
      expect(yield* holderIn(lock)).toMatchObject({ pid: process.pid })
      expect(yield* files(path)).toEqual(["touchline.pid"])
    })
  )

  it.effect.runIf(hasProcessTimes)("is taken over when its holder's pid belongs to a process that started later", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* write(lock, JSON.stringify({ pid: yield* otherProcess, started: "1" }))
      yield* lockDataDir(path).pipe(Effect.provide(quiet))
      expect(yield* holderIn(lock)).toMatchObject({ pid: process.pid })
    })
  )

  it.effect("is taken over when its pid is ours again, but not of this run", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* write(lock, JSON.stringify({ pid: process.pid, started: "1" }))
      yield* lockDataDir(path).pipe(Effect.provide(quiet))
      expect(yield* files(path)).toEqual(["touchline.pid"])
    })
  )

  it.effect.each(["", "not json", '{"pid":"many"}'])("is taken over when its lock says nothing: %j", (text) =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* write(lock, text)
      yield* lockDataDir(path).pipe(Effect.provide(quiet))
      expect(yield* holderIn(lock)).toMatchObject({ pid: process.pid })
    })
  )

  it.effect("is free again when its holder's scope closes", () =>
    Effect.gen(function* () {
      const { path } = yield* directory
      const scope = yield* Scope.make()
      yield* Scope.provide(lockDataDir(path), scope)
      yield* Scope.close(scope, Exit.void)
      expect(yield* files(path)).toEqual([])
      yield* lockDataDir(path)
      expect(yield* files(path)).toEqual(["touchline.pid"])
    })
  )

  it.effect("goes to exactly one of several that want it at the same time", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* write(lock, JSON.stringify({ pid: yield* deadProcess }))
      const exits = yield* Effect.all(
        Array.from({ length: 5 }, () => Effect.exit(lockDataDir(path))),
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(quiet))
      expect(exits.filter(Exit.isSuccess)).toHaveLength(1)
      expect(yield* holderIn(lock)).toMatchObject({ pid: process.pid })
    })
  )

  it.effect("that cannot be one is refused with the setting's name", () =>
    Effect.gen(function* () {
      const { lock } = yield* directory
      yield* write(lock, "a file")
      const error = yield* Effect.flip(lockDataDir(lock))
      expect(error.holder).toBeUndefined()
      expect(error.message).toContain(`DATA_DIR ${lock} cannot be used`)
    })
  )
})
