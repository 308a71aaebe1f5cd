import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { hostname } from "node:os"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import { Effect, Exit, FileSystem, Path, Scope, Stream } from "effect"
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

const files = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.readDirectory(path), (names) => names.sort()))

const holdScript = fileURLToPath(new URL("../../fixtures/holdDataDir.ts", import.meta.url))

/** Where each command has process ids of its own, as in a container: the first process is number 1 in each. */
const namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] as const
const hasNamespaces = spawnSync(namespace[0], [...namespace.slice(1), "true"]).status === 0

/** A process that is number 1 of its own and locks the directory: what it says first. Killed when the scope closes. */
const contained = (path: string) =>
  Effect.gen(function* () {
    const [command, ...args] = namespace
    const handle = yield* ChildProcess.make(command, [...args, process.execPath, holdScript, path], {
      stderr: "ignore",
      killSignal: "SIGKILL"
    })
    const said = yield* handle.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(1), Stream.mkString)
    return said
  })

const modeOf = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.stat(path), ({ mode }) => mode & 0o777))

const hasProcessTimes = existsSync("/proc/self/stat")

layer(NodeServices.layer)("A data directory", (it) => {
  it.effect("is held by the process that locked it, with nothing else left in it", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* lockDataDir(path)
      expect(yield* holderIn(lock)).toMatchObject({ pid: process.pid })
      expect(yield* files(path)).toEqual(["touchline.lock", "touchline.pid"])
    })
  )

  it.effect("is made where there is none", () =>
    Effect.gen(function* () {
      const paths = yield* Path.Path
      const { path } = yield* directory
      const below = paths.join(path, "a", "b")
      yield* lockDataDir(below)
      expect(yield* files(below)).toEqual(["touchline.lock", "touchline.pid"])
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
      expect(yield* files(path)).toEqual(["touchline.lock", "touchline.pid"])
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
      expect(yield* files(path)).toEqual(["touchline.lock", "touchline.pid"])
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
      expect(yield* files(path)).toEqual(["touchline.lock", "touchline.pid"])
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
      expect(yield* files(path)).toEqual(["touchline.lock"])
      yield* lockDataDir(path)
      expect(yield* files(path)).toEqual(["touchline.lock", "touchline.pid"])
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

  it.effect("is for its user alone where it was made, and so are the files of the lock", () =>
    Effect.gen(function* () {
      const paths = yield* Path.Path
      const { path } = yield* directory
      const below = paths.join(path, "data")
      yield* lockDataDir(below)
      expect(yield* modeOf(below)).toBe(0o700)
      for (const file of yield* files(below)) expect(yield* modeOf(paths.join(below, file))).toBe(0o600)
    })
  )

  it.effect("says who holds it, in the form that earlier versions read", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* lockDataDir(path)
      const started = hasProcessTimes ? { started: expect.stringMatching(/^\d+$/) } : {}
      expect(yield* holderIn(lock)).toEqual({
        pid: process.pid,
        ...started,
        host: hostname(),
        since: expect.stringMatching(/Z$/)
      })
    })
  )

  it.effect("is refused in the words of another container to those outside of it", () =>
    Effect.gen(function* () {
      const { lock, path } = yield* directory
      yield* lockDataDir(path)
      yield* write(lock, JSON.stringify({ pid: 1, started: "1", host: "elsewhere", since: "2026-01-01T00:00:00.000Z" }))
      const error = yield* Effect.flip(lockDataDir(path))
      expect(error.message).toContain("is in use by process 1 on host elsewhere, since 2026-01-01T00:00:00.000Z.")
    })
  )

  it.effect.runIf(hasNamespaces)(
    "is refused to a process of the same pid in another container, until the first is dead",
    () =>
      Effect.gen(function* () {
        const { lock, path } = yield* directory
        yield* Effect.gen(function* () {
          expect(yield* contained(path)).toBe("held by 1")
          const holder = yield* holderIn(lock)
          const second = yield* Effect.scoped(contained(path))
          expect(second).toContain(`refused: DATA_DIR ${path} is in use by process 1`)
          const error = yield* Effect.flip(lockDataDir(path))
          expect(error).toMatchObject({ _tag: "DataDirError", holder: 1 })
          expect(yield* holderIn(lock)).toEqual(holder)
        }).pipe(Effect.scoped)
        yield* lockDataDir(path).pipe(Effect.provide(quiet))
        expect(yield* holderIn(lock)).toMatchObject({ pid: process.pid })
      })
  )
})
