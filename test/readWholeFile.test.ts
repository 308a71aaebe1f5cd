import { execFileSync } from "node:child_process"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path } from "effect"
import { readWholeFile } from "../src/readWholeFile.ts"

describe("A file read whole", () => {
  it.effect("is a file, or a link to one: pipes, devices and directories fail at once", () =>
    Effect.gen(function* () {
      const [fs, path] = [yield* FileSystem.FileSystem, yield* Path.Path]
      const directory = yield* fs.makeTempDirectoryScoped()
      const at = (name: string) => path.join(directory, name)
      yield* fs.writeFileString(at("file"), "text")
      yield* fs.symlink(at("file"), at("link"))
      yield* fs.symlink("/dev/zero", at("zeros"))
      execFileSync("mkfifo", [at("pipe")])
      for (const name of ["file", "link"]) {
        assert.strictEqual(new TextDecoder().decode(yield* readWholeFile(at(name))), "text", name)
      }
      for (const name of ["pipe", "zeros"]) {
        assert.include((yield* Effect.flip(readWholeFile(at(name)))).message, "it is no file", name)
      }
      yield* Effect.flip(readWholeFile(directory))
      yield* Effect.flip(readWholeFile(at("nothing")))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
